import { expect, it } from 'vitest'
import { hashOf } from '../../../functions/core/outcome/hash.ts'

it.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('the hash of "%s" is the one that FNV-1a is published with, so a stored item is found again', (text, hash) => {
  expect(hashOf(text)).toBe(hash)
})
