import { describe, expect, it } from 'vitest'
import { byTime, foldPages, NOTHING_FOLDED } from '../../../functions/core/outcome/fold.ts'
import { MINUTE, NOON, SECOND } from '../../build/evidence.ts'
import { outcome, received } from '../../build/outcomes.ts'

describe('outcomes in order of time', () => {
  it('of one moment are in the order of their invocations, in every sweep', () => {
    const items = ['b', 'c', 'a', 'a'].map((invocation, n) => outcome(n === 3 ? NOON - 1 : NOON, [], { invocation }))
    const order = [...items].sort(byTime).map(({ at, invocation }) => [at - NOON, invocation])
    expect(order).toEqual([
      [-1, 'a'],
      [0, 'a'],
      [0, 'b'],
      [0, 'c'],
    ])
    const [b, c] = items
    if (b === undefined || c === undefined) throw new Error('four')
    expect([byTime(b, c), byTime(c, b), byTime(b, b)]).toEqual([-1, 1, 0])
  })

  it('are folded up to the settling lag, to the millisecond, and those of a clock that is ahead are shown', () => {
    const items = [NOON - 10_000, NOON - 9999, NOON + 5].map((at) => outcome(at, [received(at)]))
    const step = foldPages(NOTHING_FOLDED, [{ items: items.toReversed(), more: false }], NOON, 10)
    expect(step).toMatchObject({ watermark: NOON, folded: { cursor: NOON - 10_000, summary: { received: 1 } } })
    expect(step.final).toEqual(items.slice(0, 1))
    expect(step.provisional).toEqual(items.slice(1))
  })

  it('behind an unread page are neither folded nor shown', () => {
    const [first, second, third] = [3, 2, 1].map((ago) => outcome(NOON - ago * MINUTE, [received(NOON)]))
    if (first === undefined || second === undefined || third === undefined) throw new Error('three')
    const pages = [
      { items: [first], more: true },
      { items: [second, third], more: true },
      { items: [], more: false },
    ]
    const step = foldPages(NOTHING_FOLDED, pages, NOON, 10)
    expect(step).toMatchObject({ watermark: first.at, folded: { cursor: first.at }, final: [first], provisional: [] })
  })

  it('that are younger than the lag are shown as far as every shard was read', () => {
    const [first, second, third] = [5, 4, 3].map((ago) => outcome(NOON - ago * SECOND, [received(NOON)]))
    if (first === undefined || second === undefined || third === undefined) throw new Error('three')
    const pages = [
      { items: [first, second], more: true },
      { items: [third], more: false },
    ]
    const step = foldPages(NOTHING_FOLDED, pages, NOON, 10)
    expect(step).toMatchObject({ watermark: second.at, folded: { cursor: NOON - 10 * SECOND }, final: [] })
    expect(step.provisional).toEqual([first, second])
  })

  it('are not passed by the cursor where a shard has some and gave none', () => {
    const step = foldPages(NOTHING_FOLDED, [{ items: [], more: true }], NOON, 10)
    expect(step).toMatchObject({ watermark: 0, folded: { cursor: 0 } })
  })
})
