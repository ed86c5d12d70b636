import { ENV } from '../contract/env.ts'
import { parseSetting, SETTINGS, type SettingName, type Settings, settingVariable } from '../contract/settings.ts'

type Name = keyof typeof ENV
const WHOLE = /^[1-9]\d{0,8}$/
type Env<R extends Name, N extends Name, O extends Name, S extends SettingName> = Record<R, string> &
  Record<N, number> &
  Partial<Record<O, string>> &
  Pick<Settings, S>

/**
 * Parses the environment of one function. `numbers` are whole numbers above 0. An empty value counts as missing. Throws
 * one error that names every problem.
 */
export function parseEnv<
  const R extends Name,
  const O extends Name,
  const S extends SettingName,
  const N extends Name = never,
>(
  env: Record<string, string | undefined>,
  want: { required: readonly R[]; numbers?: readonly N[]; optional: readonly O[]; settings: readonly S[] },
): Env<R, N, O, S> {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  const given = (variable: string) => env[variable] || undefined
  for (const name of want.required) {
    values[name] = given(ENV[name])
    if (values[name] === undefined) problems.push(`${ENV[name]} is missing`)
  }
  for (const name of want.numbers ?? []) {
    const text = given(ENV[name])
    if (text === undefined) problems.push(`${ENV[name]} is missing`)
    else if (!WHOLE.test(text)) problems.push(`${ENV[name]} must be a whole number above 0`)
    else values[name] = Number(text)
  }
  for (const name of want.optional) values[name] = given(ENV[name])
  for (const name of want.settings) {
    const text = given(settingVariable(name))
    const setting = SETTINGS[name]
    if (text === undefined && setting.default === null) values[name] = null
    else if (text === undefined) problems.push(`${settingVariable(name)} is missing`)
    else {
      const parsed = parseSetting(name, text)
      if ('problem' in parsed) problems.push(`${settingVariable(name)}: ${parsed.problem}`)
      else values[name] = parsed.value
    }
  }
  if (problems.length > 0) throw new Error(`environment: ${problems.join('; ')}`)
  return values as Env<R, N, O, S>
}
