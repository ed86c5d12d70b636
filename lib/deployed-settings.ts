import { SETTINGS } from '../functions/contract/settings.ts'
import { ADDRESS_NAMES, type FleetOptions, SETTING_NAMES } from './settings.ts'

/** The outputs that hold the settings: the first has this name, further ones have a number after it. */
const SETTINGS_OUTPUT = 'DeployedSettings'
/**
 * AWS documents no limit for the value of one output. Its other texts may have 1,024 bytes, so each piece stays below
 * that.
 */
const OUTPUT_CHARACTERS = 1000

/** Name and value of every setting that differs from its default. No setting is a secret. */
export type Differing = Record<string, string | number | boolean>

export function differing({ stage: _, like, settings, ...addresses }: FleetOptions): Differing {
  const given = SETTING_NAMES.flatMap((name) => {
    const value = settings[name]
    return value === null || value === SETTINGS[name].default ? [] : [[name, value]]
  })
  const named = ADDRESS_NAMES.flatMap((name) => (addresses[name] === undefined ? [] : [[name, addresses[name]]]))
  return Object.fromEntries([['like', like], ...given, ...named])
}

/** The outputs of a stack that publish its settings: compact JSON, split so that each piece stays below 1,024 bytes. */
export function settingsOutputs(options: FleetOptions): Record<string, string> {
  const text = JSON.stringify(differing(options))
  const pieces = text.match(new RegExp(`.{1,${OUTPUT_CHARACTERS}}`, 'gs')) ?? []
  return Object.fromEntries(pieces.map((piece, n) => [`${SETTINGS_OUTPUT}${n === 0 ? '' : n + 1}`, piece]))
}

/** The settings that a stack's outputs publish. Null: the stack was deployed before this output existed. */
export function settingsFrom(outputs: ReadonlyMap<string, string>): Differing | null {
  let text = ''
  for (let n = 1; ; n++) {
    const piece = outputs.get(`${SETTINGS_OUTPUT}${n === 1 ? '' : n}`)
    if (piece === undefined) break
    text += piece
  }
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? Object.fromEntries(Object.entries(parsed)) : null
  } catch {
    return null
  }
}

/** One line for each setting that a deploy would drop, change or add. */
export function changes(deployed: Differing, next: Differing): string[] {
  const names = [...new Set([...Object.keys(deployed), ...Object.keys(next)])]
  return names.flatMap((name) => {
    const [before, after] = [deployed[name], next[name]]
    if (before === after) return []
    if (after === undefined) return [`${name} is dropped: ${before} is deployed, and then it is ${defaultOf(name)}`]
    if (before === undefined) return [`${name} is new: ${defaultOf(name)} is deployed, and then it is ${after}`]
    return [`${name} is changed: ${before} is deployed, and then it is ${after}`]
  })
}

const defaultOf = (name: string): string => {
  const setting = SETTING_NAMES.find((known) => known === name)
  const byDefault = setting === undefined ? null : SETTINGS[setting].default
  return byDefault === null ? 'unset' : `the default, ${byDefault}`
}
