import { expect, test } from 'vitest'
import { keyAges } from '../../bin/commands/keys/key-ages.ts'
import type { Version } from '../../bin/commands/keys/key-store.ts'

async function* versions(...all: [writtenAt: number, entries: Record<string, unknown>][]): AsyncIterable<Version> {
  for (const [writtenAt, entries] of all) yield { writtenAt, entries }
}

test('a key is as old as the oldest version in a row that has its present value', async () => {
  const history = versions(
    [50, { a: 'a2', b: 'b1', c: 'c1' }],
    [40, { a: 'a2', b: 'b1' }],
    [30, { a: 'a1', b: 'b1' }],
    [20, { a: 'a2', b: 'b1' }],
  )
  expect(await keyAges(history)).toEqual([
    { name: 'a', setAt: 40, exact: true },
    { name: 'b', setAt: 20, exact: false },
    { name: 'c', setAt: 50, exact: true },
  ])
})

test('a key that was removed is not listed, and no older version is read than is needed', async () => {
  let read = 0
  async function* counted(): AsyncIterable<Version> {
    for await (const version of versions([30, { a: 'a2' }], [20, { a: 'a1', gone: 'g' }], [10, { a: 'a0' }])) {
      read += 1
      yield version
    }
  }
  expect(await keyAges(counted())).toEqual([{ name: 'a', setAt: 30, exact: true }])
  expect(read).toBe(2)
  expect(await keyAges(versions())).toEqual([])
})
