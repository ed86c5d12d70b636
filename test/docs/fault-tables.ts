/** `npm run faults` writes the tables of faults into docs/simulator.md; a test holds the two equal. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FAULT_KINDS } from '../../sim/provider/fault-kinds.ts'
import { FAULT_PARAMETERS } from '../../sim/provider/fault-parameters.ts'
import { NAMED_FAULTS } from '../../sim/provider/fault-table.ts'
import { parametersOf } from '../../sim/provider/named-fault.ts'

export const SIMULATOR_DOCUMENT = join(import.meta.dirname, '../../docs/simulator.md')
const BEGIN = '<!-- faults: written by `npm run faults` -->'
const END = '<!-- end of faults -->'

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')
const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

function namedTable(): string {
  const rows = Object.entries(NAMED_FAULTS).map(([name, fault]) => {
    const takes = parametersOf(fault).filter((parameter) => !['seconds', 'from', 'rate', 'count'].includes(parameter))
    const withShare = 'rate' in fault.takes ? ['rate', 'count'] : []
    return [`\`${name}\``, fault.does, fault.look, code([...withShare, ...takes])]
  })
  return table(['fault', 'what it does', 'what to look at', 'parameters beside `seconds` and `from`'], rows)
}

const parameterTable = (): string =>
  table(
    ['parameter', 'what it is'],
    FAULT_PARAMETERS.map(({ name, help }) => [`\`${name}\``, help]),
  )

const kindTable = (): string =>
  table(
    ['kind', 'what it does', 'parameters of its own'],
    FAULT_KINDS.map(({ kind, does, parameters }) => [`\`${kind}\``, does, code(parameters)]),
  )

/** The document with the tables of now between its marks. */
export function withFaults(document: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`docs/simulator.md must hold ${BEGIN} and ${END}`)
  const tables = `${namedTable()}\n\n${parameterTable()}\n\n## Kinds of faults\n\n${KINDS_TEXT}\n\n${kindTable()}`
  return `${document.slice(0, begin)}${BEGIN}\n${tables}\n${document.slice(end)}`
}

const KINDS_TEXT =
  'A named fault is made of these kinds, which `POST /_sim/set` takes as they are. All take `rate`, `count`, `after` (how many requests come first), `fromSeconds`, `forSeconds`, `everySeconds` and `untilSeconds` (a window that opens, lasts, repeats, and ends for good); those that strike requests take `on` (`any`, `submit`, `result`, `account`).'

if (process.argv[1] === import.meta.filename)
  writeFileSync(SIMULATOR_DOCUMENT, withFaults(readFileSync(SIMULATOR_DOCUMENT, 'utf8')))
