import { expect, it } from 'vitest'
import { preferredType } from '../../functions/health/accept.ts'

const OFFERED = ['application/json', 'application/health+json', 'text/plain'] as const
const [JSON_TYPE, HEALTH, TEXT] = OFFERED

it.each([
  [undefined, null],
  ['', null],
  ['*/*', JSON_TYPE],
  ['application/*', JSON_TYPE],
  ['text/*', TEXT],
  ['text/plain', TEXT],
  ['TEXT/Plain; charset=utf-8', TEXT],
  ['application/health+json', HEALTH],
  ['application/health+json;q=0.5, text/plain;q=0.4', HEALTH],
  ['application/health+json;q=0.4, text/plain;q=0.5', TEXT],
  ['application/health+json, application/json', HEALTH],
  ['application/json, application/health+json', JSON_TYPE],
  ['application/json, text/plain, */*', JSON_TYPE],
  ['text/plain, */*', TEXT],
  ['text/plain;q=0.1, */*', JSON_TYPE],
  ['*/*, text/plain;q=0', JSON_TYPE],
  ['application/json;q=0, */*', HEALTH],
  ['application/*;q=0, */*;q=0.1', TEXT],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8', JSON_TYPE],
  ['text/plain;q=0.000', null],
  ['application/json;q=0', null],
  ['image/png, */*;q=0', null],
  ['text/plain ; Q = 0.5 , application/json ; q=0.4', TEXT],
  ['text/plain;q=nonsense, application/json;q=0.9', TEXT],
  ['text/plain;q=, application/json;q=0.9', TEXT],
  ['text/plain;q=9, application/json', TEXT],
  ['application/json, text/plain;q=9', JSON_TYPE],
  ['text/plain;q=-1, application/json;q=0.9', TEXT],
  ['application/json;q=0.9, text/plain;q=0.5x', TEXT],
  ['*/*;q=0.5, text/plain', TEXT],
  ['*/*;q=0, text/*', TEXT],
  ['text/plain;seq=0', TEXT],
  ['text/plain;quality=0', TEXT],
  ['text/plain;q =0', null],
  ['text/plain;q= 0', null],
  ['a/*, app/*, /*, text/', null],
  ['plain, /, */, text/, ,,;;;q=1, text/plain/x', null],
  ['application/jsonp, application/json5', null],
])('Accept %j prefers %j', (accept, type) => {
  expect(preferredType(accept, OFFERED)).toBe(type)
})

it('a header is read to its 2,000th character', () => {
  expect(preferredType(`${'a/bc,'.repeat(398)}text/plain`, OFFERED)).toBe(TEXT)
  expect(preferredType(`${'a/bc,'.repeat(398)} text/plain`, OFFERED)).toBe(null)
})

it('a header of a megabyte is answered as fast as one of 2,000 characters', () => {
  const header = `${'a/b;q=0.1,'.repeat(100_000)}text/plain`
  const began = process.cpuUsage()
  expect(preferredType(header, OFFERED)).toBe(null)
  expect(process.cpuUsage(began).user).toBeLessThan(50_000)
})
