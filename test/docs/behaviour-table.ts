/** `npm run behaviour` writes into docs/behaviour.md which test files hold each row; a test compares the two. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
export const BEHAVIOUR = join(ROOT, 'docs/behaviour.md')
const NO_TEST = '*no test yet*'

/** Rows whose feature is not built, or not proven by a test that names them: a row leaves this list with its first test. */
export const ROWS_WITHOUT_TEST: readonly number[] = []

const ROW = /^\| (\d+) \| (.+?) \| (.+?) \| (.*?) ?\|$/gm
/** `(row 7)`, `(rows 8, 50)`, `(row 39, as shown)`: the numbers of the rows that a title says it proves. */
export const PROOF = /\(rows? (\d+(?:(?:, | and )\d+)*)(?:, [^)]*)?\)/g

/** The numbers of the rows that the table has, in their order. */
export const rowsOf = (page: string): number[] => [...page.matchAll(ROW)].map(([, number]) => Number(number))

/** Path and text of each test file, but for those about the documents themselves. */
export function testFiles(): { file: string; text: string }[] {
  const names = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' }).sort()
  return names
    .filter((name) => name.endsWith('.ts') && !name.startsWith('docs/'))
    .map((name) => ({ file: `test/${name}`, text: readFileSync(join(ROOT, 'test', name), 'utf8') }))
}

/** Row → the test files with a title that names it, sorted. */
export function proofs(): Map<number, string[]> {
  const found = new Map<number, string[]>()
  for (const { file, text } of testFiles())
    for (const row of new Set(rowsNamedIn(text))) found.set(row, [...(found.get(row) ?? []), file])
  return found
}

export const rowsNamedIn = (text: string): number[] =>
  [...text.matchAll(PROOF)].flatMap(([, numbers = '']) => numbers.match(/\d+/g)?.map(Number) ?? [])

/** The page with the last column as the tests have it now. */
export function withProofs(page: string, found: ReadonlyMap<number, readonly string[]>): string {
  return page.replace(ROW, (_, number: string, when: string, then: string) => {
    const files = found.get(Number(number)) ?? []
    const held = files.length > 0 ? files.map((file) => `\`${file}\``).join(', ') : NO_TEST
    return `| ${number} | ${when} | ${then} | ${held} |`
  })
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(BEHAVIOUR, withProofs(readFileSync(BEHAVIOUR, 'utf8'), proofs()))
