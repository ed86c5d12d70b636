import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSetting, SETTINGS, type SettingName } from '../functions/contract/settings.ts'
import { ADDRESS_NAMES, isSetting, parseAddress, type Raw } from './settings.ts'

/** The content of `config/<stage>.json`. Each of `values` was checked alone, not yet together with the others. */
export type ConfigFile =
  | { kind: 'absent' }
  | { kind: 'read'; like: string | undefined; values: Raw }
  | { kind: 'wrong'; problems: string[] }

/** The path as it appears in messages. */
export const configPath = (stage: string): string => `config/${stage}.json`

/** Reads a stage's settings from `folder`. Every problem names the file, the entry and the allowed values. */
export function readConfigFile(folder: string, stage: string): ConfigFile {
  const wrong = (problems: string[]): ConfigFile => ({
    kind: 'wrong',
    problems: problems.map((problem) => `${configPath(stage)}: ${problem}`),
  })
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(join(folder, `${stage}.json`), 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'absent' }
    return wrong([`it cannot be read as JSON (${error instanceof Error ? error.message.split('\n')[0] : error})`])
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return wrong(['it must hold one JSON object, setting to value'])
  const { like, ...entries } = Object.fromEntries(Object.entries(parsed))
  const problems = Object.entries(entries).flatMap(([name, value]) => problemOf(name, value))
  if (like !== undefined && typeof like !== 'string') problems.push(`like ${LIKE}`)
  if (problems.length > 0) return wrong(problems)
  // Null in the file means that the setting is unset.
  const values = Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== null))
  return { kind: 'read', like: typeof like === 'string' ? like : undefined, values }
}

export const LIKE = 'must be "dev" or "prod"'

function problemOf(name: string, value: unknown): string[] {
  const said = JSON.stringify(value)
  const address = ADDRESS_NAMES.find((known) => known === name)
  if (address !== undefined) {
    const parsed = parseAddress(address, typeof value === 'string' ? value : '')
    return 'problem' in parsed ? [`${name} ${parsed.problem}, not ${said}`] : []
  }
  if (!isSetting(name)) return [`unknown setting ${name}`]
  if (value === null && SETTINGS[name].default === null) return []
  const parsed = parseSetting(name, hasType(name, value) ? `${value}` : '')
  return 'problem' in parsed ? [`${parsed.problem}, not ${said}`] : []
}

/** JSON has its own numbers and booleans, so a number in quotes is a mistake. */
const TYPES = { number: 'number', boolean: 'boolean', choice: 'string' } as const
const hasType = (name: SettingName, value: unknown): boolean => typeof value === TYPES[SETTINGS[name].kind]
