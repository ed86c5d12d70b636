import { expect, it } from 'vitest'
import { problemText } from '../../../functions/core/message/problem-text.ts'

const many = (count: number) => Array.from({ length: count }, (_, i) => `problem ${i}`)

it('names up to 20 problems, and of more the number of the others', () => {
  expect(problemText([])).toBe('')
  expect(problemText(['one'])).toBe('one')
  expect(problemText(many(20)).split('; ')).toEqual(many(20))
  expect(problemText(many(21)).split('; ')).toEqual([...many(20), 'and 1 more'])
  expect(problemText(many(90_000)).split('; ').at(-1)).toBe('and 89,980 more')
  expect(problemText(many(1_234_587)).split('; ').at(-1)).toBe('and 1,234,567 more')
})

it('names fewer where there is no room, so that the number of the others is never cut off', () => {
  for (const characters of [20, 50, 100, 150, 228]) {
    const text = problemText(many(90_000), characters)
    expect(text.length).toBeLessThanOrEqual(characters)
    if (characters > 20) expect(text).toMatch(/^problem 0; .*and 89,9\d\d more$/)
  }
  expect(problemText(['a'.repeat(30)], 10)).toBe(`${'a'.repeat(9)}…`)
  expect(problemText(['a'.repeat(10)], 10)).toBe('a'.repeat(10))
  expect(problemText(['one', 'two'], 8)).toBe('one; two')
  expect(problemText(['one', 'two'], 7)).toBe('one; a…')
})
