import { expect, it, vi } from 'vitest'
import { type EnvironmentInbox, makeEnvironmentInbox } from '../../local/lambda/environment-inbox.ts'
import type { InvokeResult } from '../../local/lambda/invocation-end.ts'

const DONE: InvokeResult = { kind: 'returned', payload: '1' }

/** As the thread does it. */
const begins = ({ begun }: EnvironmentInbox, order: number): boolean =>
  Atomics.compareExchange(begun, 0, order, (order + 1) | 0) === order

function inboxWith(invocations: string[], now = () => 0) {
  const inbox = makeEnvironmentInbox(now)
  const ends: string[] = []
  const hand = (name: string) => {
    const { order, handled } = inbox.hand()
    void handled.then(({ kind }) => ends.push(`${name} ${kind}`))
    return order
  }
  return { inbox, ends, hand, orders: invocations.map(hand) }
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

it('what the thread has begun stays with it, and what it has not begun is taken back in order and cannot be begun', async () => {
  const { inbox, ends, orders } = inboxWith(['a', 'b', 'c', 'd'])
  expect(orders.slice(0, 2).map((order) => begins(inbox, order))).toEqual([true, true])
  inbox.takeBack()
  expect(orders.slice(2).map((order) => begins(inbox, order))).toEqual([false, false])
  expect(inbox.size).toBe(2)
  await settled()
  expect(ends).toEqual(['c notBegun', 'd notBegun'])
  inbox.end(DONE)
  inbox.end({ kind: 'timedOut' })
  await settled()
  expect(ends.slice(2)).toEqual(['a returned', 'b timedOut'])
})

it('after everything was taken back, the next invocation can be begun, and only once', async () => {
  const { inbox, ends, hand, orders } = inboxWith(['a', 'b'])
  inbox.takeBack()
  inbox.takeBack()
  const next = hand('c')
  expect([...orders, next, next].map((order) => begins(inbox, order))).toEqual([false, false, true, false])
  inbox.end(DONE)
  await settled()
  expect(ends).toEqual(['a notBegun', 'b notBegun', 'c returned'])
})

it('the thread begins in the order of handing over: a later invocation cannot be begun before an earlier one', () => {
  const { inbox, orders } = inboxWith(['a', 'b'])
  const [a = 0, b = 0] = orders
  expect([b, a, b].map((order) => begins(inbox, order))).toEqual([false, true, true])
})

it('the first one has answered as soon as the thread has begun the second one, and not before', () => {
  const { inbox, orders } = inboxWith(['a', 'b', 'c'])
  const [a = 0, b = 0] = orders
  expect(inbox.hasAnswered()).toBe(false)
  begins(inbox, a)
  expect(inbox.hasAnswered()).toBe(false)
  begins(inbox, b)
  expect(inbox.hasAnswered()).toBe(true)
  inbox.end(DONE)
  expect(inbox.hasAnswered()).toBe(false)
})

it('the time of an invocation counts from when it is the first, and not from when it was handed over', () => {
  let now = 1000
  const { inbox } = inboxWith(['a', 'b'], () => now)
  now += 70
  expect(inbox.busyMs()).toBe(70)
  inbox.end(DONE)
  expect(inbox.busyMs()).toBe(0)
  now += 5
  expect(inbox.busyMs()).toBe(5)
  inbox.end(DONE)
  now += 400
  expect([inbox.size, inbox.busyMs()]).toEqual([0, 0])
})

it('the end of an invocation that nobody waits for any more changes nothing', async () => {
  const { inbox, ends, hand } = inboxWith([])
  inbox.end({ kind: 'timedOut' })
  const a = hand('a')
  expect(begins(inbox, a)).toBe(true)
  inbox.end(DONE)
  await settled()
  expect(ends).toEqual(['a returned'])
})

it('an invocation that the thread begins at the very moment of taking back stays with it, and is ended once', async () => {
  const { inbox, ends, orders } = inboxWith(['a', 'b', 'c'])
  const [a = 0, b = 0] = orders
  begins(inbox, a)
  const { load } = Atomics
  const looks = vi.spyOn(Atomics, 'load').mockImplementationOnce((...at) => {
    const open = load(...at)
    begins(inbox, b)
    return open
  })
  inbox.takeBack()
  looks.mockRestore()
  await settled()
  expect([ends, inbox.size]).toEqual([['c notBegun'], 2])
  inbox.end(DONE)
  inbox.end(DONE)
  await settled()
  expect(ends).toEqual(['c notBegun', 'a returned', 'b returned'])
})

it('the numbers go on after they wrapped around: a hundred invocations are begun in order, and the last ones are taken back', async () => {
  const { inbox, ends, orders } = inboxWith(Array.from({ length: 100 }, (_, n) => `${n}`))
  const told = orders.slice(0, 98).map((order) => {
    const isOwn = begins(inbox, order)
    const hasAnswered = inbox.hasAnswered()
    if (hasAnswered) inbox.end(DONE)
    return [isOwn, hasAnswered, inbox.hasAnswered()]
  })
  expect(told).toEqual([[true, false, false], ...Array(97).fill([true, true, false])])
  inbox.takeBack()
  await settled()
  const returned = Array.from({ length: 97 }, (_, n) => `${n} returned`)
  expect([ends, inbox.size]).toEqual([[...returned, '98 notBegun', '99 notBegun'], 1])
})
