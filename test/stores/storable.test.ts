import { expect, it } from 'vitest'
import { isStorable, storable } from '../../functions/adapters/dynamodb/storable.ts'

const nested = (levels: number): unknown =>
  levels === 0 ? 'x' : levels % 2 === 0 ? [nested(levels - 1)] : { a: nested(levels - 1) }

it.each<[string, unknown, boolean]>([
  ['zero', 0, true],
  ['the smallest number', -1e-100, true],
  ['a smaller one', 9.9e-101, false],
  ['the greatest number', -Number.MAX_SAFE_INTEGER, true],
  ['a greater one', Number.MAX_SAFE_INTEGER + 1, false],
  ['no number', Number.NaN, false],
  ['text', 'a🙂', true],
  ['text with half a pair', 'a\uD83D', false],
  ['nothing', null, true],
  ['what is not there', { a: undefined }, false],
  ['an empty name', { a: [{ '': 1 }] }, false],
  ['a name with half a pair', { '\uD83D': 1 }, false],
  ['the name of the prototype', JSON.parse('{"__proto__":1}'), false],
  ['28 levels', nested(28), true],
  ['29 levels', nested(29), false],
])('%s is read back unchanged, or known not to be', (_, value, expected) => {
  expect(isStorable(value)).toBe(expected)
})

it('half pairs are replaced and what is undefined is left out, at every depth', () => {
  const value = { gone: undefined, kept: null, list: ['\uD83D', { text: 'a\uDE42', gone: undefined, n: 1 }] }
  expect(Object.entries(storable(value))).toEqual([
    ['kept', null],
    ['list', ['\uFFFD', { text: 'a\uFFFD', n: 1 }]],
  ])
  expect(storable({ a: { gone: undefined } })).toStrictEqual({ a: {} })
})
