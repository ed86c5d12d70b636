import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { errorClass } from '../../functions/adapters/dynamodb/summary-schema.ts'
import { ISSUE_CODES } from '../../functions/contract/issues.ts'
import { ATTRIBUTE } from '../../functions/contract/messages.ts'
import { METRIC } from '../../functions/contract/metrics.ts'
import { USAGE } from '../../local/settings/variables.ts'
import { templateOf } from '../lib/synthesized-fleet.ts'
import { resultJsonSchema, taskJsonSchema } from './message-schemas.ts'

const page = (name: string) => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8')
const contracts = page('contracts.md')

/** The text below a heading, up to the next one of that level. */
function section(heading: string): string {
  const found = contracts.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))
  if (found === undefined) throw new Error(`docs/contracts.md has no section ${heading}`)
  return found
}
/** The words in code quotes in the first column of the section's tables, without what stands behind `=`. */
function firstColumn(text: string): string[] {
  const cells = [...text.matchAll(/^\| ([^|]*`[^|]*) \|/gm)].map(([, cell = '']) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)[^`]*`/g)].map(([, word = '']) => word))
}
const tableAfter = (text: string, header: string): string => text.slice(text.indexOf(header)).split('\n\n')[0] ?? ''
const sorted = (words: Iterable<string>): string[] => [...new Set(words)].sort()
const namesOf = (schema: Record<string, unknown>): string[] => Object.keys(Object(schema.properties))
const notBuilt = section('Promised, not built yet')

describe('docs/contracts.md names exactly what the code has', () => {
  it('of fields of a task message', () => {
    expect(firstColumn(tableAfter(section('Task message'), '| field |'))).toEqual(namesOf(taskJsonSchema()))
  })

  it('of fields of a result message', () => {
    const documented = firstColumn(tableAfter(section('Result message'), '| field |'))
    expect(sorted(documented)).toEqual(sorted(namesOf(resultJsonSchema())))
  })

  it('of message attributes', () => {
    expect(firstColumn(section('Message attributes'))).toEqual(Object.values(ATTRIBUTE))
  })

  it('of outputs of the stack', () => {
    const { Outputs } = templateOf('prod', { pingback: 'true' })
    const outputs = firstColumn(tableAfter(section('Stack'), '| output |'))
    expect(sorted(outputs)).toEqual(sorted(Object.keys(Object(Outputs))))
  })

  it('of issues and warnings, beside those that are promised and never shown', () => {
    const built = firstColumn(section('Issues and warnings'))
    const promised = ISSUE_CODES.filter((code) => new RegExp(`\`${code}[=\`]`).test(notBuilt))
    expect(promised).toEqual([])
    expect(sorted([...built, ...promised])).toEqual(sorted(ISSUE_CODES))
  })

  it('of CloudWatch metrics', () => {
    expect(sorted(firstColumn(section('CloudWatch')))).toEqual(sorted(Object.values(METRIC)))
  })

  it('of error classes', () => {
    expect(sorted(firstColumn(section('Error classes')))).toEqual(sorted(errorClass.options))
  })

  it('of variables of the local run', () => {
    const variables = USAGE.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []
    expect(variables.length).toBeGreaterThan(10)
    const table = tableAfter(section('Local run'), '| variable |')
    expect(sorted(firstColumn(table))).toEqual(sorted(variables))
  })
})

test('the table of codes of the fleet itself has each code with its class', () => {
  const rows = tableAfter(section('Result message'), '| `error.code` |')
  for (const [code, kind] of [
    ['INVALID_TASK', 'invalid'],
    ['TASK_ID_REUSED', 'invalid'],
    ['SUBMIT_UNKNOWN', 'uncertain'],
    ['DEADLINE_EXCEEDED', 'deadline'],
    ['SOLUTION_NOT_KEPT', 'gone'],
  ])
    expect(rows).toContain(`| \`${code}\` | \`${kind}\` |`)
})
