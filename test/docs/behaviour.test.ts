import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  BEHAVIOUR,
  PROOF,
  proofs,
  ROWS_WITHOUT_TEST,
  rowsNamedIn,
  rowsOf,
  testFiles,
  withProofs,
} from './behaviour-table.ts'

const page = readFileSync(BEHAVIOUR, 'utf8')
const found = proofs()

test('every row of docs/behaviour.md has a test that names it, but for a list of rows, and none of those has one', () => {
  const rows = rowsOf(page)
  expect(rows).toEqual(Array.from({ length: 69 }, (_, i) => i + 1))
  expect(rows.filter((row) => !found.has(row))).toEqual(ROWS_WITHOUT_TEST)
})

test('no test names a row that the page does not have', () => {
  expect([...found.keys()].filter((row) => !rowsOf(page).includes(row))).toEqual([])
})

test('docs/behaviour.md names the test files of each row (`npm run behaviour` writes them)', () => {
  expect(withProofs(page, found)).toBe(page)
})

test('a title names one row or several, with or without a remark', () => {
  expect(rowsNamedIn("it('x (row 7)') it('y (rows 8, 50)') it('z (row 39, as shown)') it('no row 9')")).toEqual([
    7, 8, 50, 39,
  ])
})

test('no title names a row in another form', () => {
  const others = testFiles().filter(({ text }) => /\(rows? \d/.test(text.replace(PROOF, '')))
  expect(others.map(({ file }) => file)).toEqual([])
})
