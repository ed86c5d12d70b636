import { expect, test } from 'vitest'
import { makeHeap } from '../../sim/support/heap.ts'
import { labelledRandom, seededRandom } from '../../sim/support/random.ts'

test('a heap gives its entries in the order of their times, and those of one time in the order they were added', () => {
  const random = seededRandom(4)
  const heap = makeHeap<{ at: number; added: number }>()
  const left: { at: number; added: number }[] = []
  for (let added = 0; added < 3000; added++) {
    const entry = { at: random.between(0, 40), added }
    heap.add(entry)
    left.push(entry)
    if (!random.chance(0.4)) continue
    left.sort((a, b) => a.at - b.at || a.added - b.added)
    expect(heap.first()).toEqual(left[0])
    expect(heap.take()).toEqual(left.shift())
  }
  left.sort((a, b) => a.at - b.at || a.added - b.added)
  expect(left.map(() => heap.take())).toEqual(left)
  expect([heap.first(), heap.take()]).toEqual([undefined, undefined])
})

test('a random stream is told by its seed and its label: another label is another stream, the same is the same', () => {
  const draws = (seed: number, label: string) => {
    const random = labelledRandom(seed, label)
    return Array.from({ length: 5 }, () => random.next())
  }
  expect(draws(1, 'charge 1')).toEqual(draws(1, 'charge 1'))
  expect(draws(1, 'charge 2')).not.toEqual(draws(1, 'charge 1'))
  expect(draws(2, 'charge 1')).not.toEqual(draws(1, 'charge 1'))
})
