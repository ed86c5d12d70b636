/** `npm run settings` writes the settings table into docs/settings.md; a test holds the two equal. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FUNCTION_SETTINGS } from '../../functions/contract/function-settings.ts'
import { SETTINGS, type Setting } from '../../functions/contract/settings.ts'

export const ROOT = join(import.meta.dirname, '../..')
const PAGE = join(ROOT, 'docs/settings.md')
const BEGIN = '<!-- settings: written by `npm run settings` -->'
const END = '<!-- end of settings -->'

export function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(([name, setting]) => row(name, setting))
  return ['| setting | default | allowed | what it is | read by |', '|---|---|---|---|---|', ...rows].join('\n')
}

/** Read by the stack itself, and by no function. */
const OF_THE_STACK = ['pingback', 'reservedConcurrency']

function readers(name: string): string {
  const functions = Object.entries(FUNCTION_SETTINGS).flatMap(([reader, names]) => {
    const all: readonly string[] = names
    return all.includes(name) ? [reader] : []
  })
  if (OF_THE_STACK.includes(name)) functions.push('stack')
  return functions.length > 0 ? functions.join(', ') : 'nothing yet'
}

function row(name: string, setting: Setting): string {
  const whenUnset = setting.kind === 'number' ? setting.whenUnset : undefined
  const byDefault = setting.default ?? whenUnset ?? 'unset'
  return `| \`${name}\` | ${byDefault} | ${allowed(setting)} | ${setting.help} | ${readers(name)} |`
}

function allowed(setting: Setting): string {
  if (setting.kind === 'boolean') return '`true`, `false`'
  if (setting.kind === 'choice') return setting.choices.map((choice) => `\`${choice}\``).join(', ')
  const { min, max, integer, unit } = setting
  const plain = (value: number) => value.toLocaleString('en-US')
  return `${plain(min)} to ${plain(max)}${unit === 'count' || unit === 'ratio' ? '' : ` ${unit}`}${integer ? ', whole' : ''}`
}

/** The page with the table of now between its marks. */
export function withSettings(page: string): string {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`docs/settings.md must hold ${BEGIN} and ${END}`)
  return `${page.slice(0, begin)}${BEGIN}\n${settingsTable()}\n${page.slice(end)}`
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, withSettings(readFileSync(PAGE, 'utf8')))
