import { ENV, parseSetting, SETTINGS, type SettingName, type Settings, settingVariable } from '../contract.ts'

type Name = keyof typeof ENV
export type Env<R extends Name, O extends Name, S extends SettingName> = Record<R, string> &
  Partial<Record<O, string>> &
  Pick<Settings, S>

/** The environment of one function, parsed. Empty text is missing. Throws one error that names every problem. */
export function parseEnv<const R extends Name, const O extends Name, const S extends SettingName>(
  env: Record<string, string | undefined>,
  want: { required: readonly R[]; optional: readonly O[]; settings: readonly S[] },
): Env<R, O, S> {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  const given = (variable: string) => env[variable] || undefined
  for (const name of want.required) {
    values[name] = given(ENV[name])
    if (values[name] === undefined) problems.push(`${ENV[name]} is missing`)
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
  return values as Env<R, O, S>
}
