import { START } from '../../sim/fleet/world.ts'

/** Seconds of the scenario, with milliseconds: `15.300`. */
export const secondsOf = (at: number): string => ((at - START) / 1000).toFixed(3)

const ISO_TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g
const HEX = /\b(?:[0-9a-f]{64}|[0-9a-f]{32})\b/g
const MILLISECONDS_FROM = 1e12
const SECONDS_FROM = 1e9

/**
 * Writes values as short text. Times become seconds of the scenario (`@15.300`); secrets and digests are numbered in the
 * order in which they come (`hex1`).
 */
export function makeAsText(): (value: unknown) => string {
  const numbered = new Map<string, string>()
  const name = (hex: string): string => {
    const known = numbered.get(hex) ?? `hex${numbered.size + 1}`
    numbered.set(hex, known)
    return known
  }
  const inText = (text: string): string =>
    text.replace(ISO_TIME, (time) => `@${secondsOf(Date.parse(time))}`).replace(HEX, name)
  const asText = (value: unknown): string => {
    if (typeof value === 'string') return inText(value)
    if (typeof value === 'number') return inNumber(value)
    if (Array.isArray(value)) return `[${value.map(asText).join(', ')}]`
    if (typeof value !== 'object' || value === null) return String(value)
    const fields = Object.entries(value).filter(([, field]) => field !== undefined)
    return `{${fields.map(([key, field]) => `${key}: ${asText(field)}`).join(', ')}}`
  }
  return asText
}

function inNumber(value: number): string {
  if (value >= MILLISECONDS_FROM) return `@${secondsOf(value)}`
  if (value >= SECONDS_FROM) return `@${value - START / 1000}`
  return Number.isInteger(value) ? String(value) : value.toFixed(3)
}

/** More than this many go into lines of their own. */
const IN_ONE_LINE = 24

/** What differs between two values, field by field: `state: claimed → submitted, charges: 0 → 1`. */
export function differences(before: unknown, after: unknown, asText: (value: unknown) => string): string {
  const [was, is] = [flat(before), flat(after)]
  const found = [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => JSON.stringify(was.get(path)) !== JSON.stringify(is.get(path)))
    .map((path) => {
      if (!was.has(path)) return `${path}: ${asText(is.get(path))}`
      return `${path}: ${asText(was.get(path))} → ${is.has(path) ? asText(is.get(path)) : 'absent'}`
    })
  return found.length > IN_ONE_LINE ? found.map((line) => `\n${' '.repeat(25)}${line}`).join('') : found.join(', ')
}

/** The leaves of a value by their path; a list is a leaf. */
function flat(value: unknown, path = '', into = new Map<string, unknown>()): Map<string, unknown> {
  const isBranch = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isBranch && path === '') return into
  if (!isBranch) return into.set(path, value)
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) flat(field, path === '' ? key : `${path}.${key}`, into)
  }
  return into
}

/** What a line says without its time, which is its first column. */
const said = (line: string): string => line.slice(9)

/** Lines that say the same, one after the other, become one, with their number and the time of the last. */
export function withoutRepeats(lines: readonly string[]): string[] {
  const kept: string[] = []
  for (let n = 0; n < lines.length; ) {
    const [line = ''] = lines.slice(n)
    const differs = lines.findIndex((other, m) => m > n && said(other) !== said(line))
    const next = differs < 0 ? lines.length : differs
    const last = lines[next - 1]?.slice(0, 9).trim()
    kept.push(next - n === 1 ? line : `${line} (${next - n} times, the last at ${last})`)
    n = next
  }
  return kept
}

/** What a sweep says of single calls, and the numbers behind its verdict. */
const DETAIL = /^ {25}(evidence|folded|foldedMinutes|drift|history|cursor|countedAt)\b|(\.read|depths)$|depths:/

/** The lines of sweeps, and what workers change in the admission item's control. */
export const aboutSweeps = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => / {2}sweep-/.test(line) || / admission\.write: .*control\./.test(line))
    .map((line) =>
      line
        .split('\n')
        .filter((part) => !DETAIL.test(part))
        .join('\n'),
    )
    .filter((line) => line !== '')
