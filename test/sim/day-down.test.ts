import { expect, it } from 'vitest'
import { dayDown } from '../../sim/fleet/scenarios/day-down.ts'

it('everything down for 24 h behind event sources that turn slowly: nothing is lost, the fleet recovers by itself, and the backlog drains at four fifths of the limit within five minutes (row 26, event sources)', async () => {
  const { broken, firstBoughtAfter, shareOfLimit, ...counts } = await dayDown()
  expect(broken).toBeNull()
  expect(counts).toEqual({ tasks: 2288, withoutResult: 0, deadLetters: 0, exhausted: 0, boughtWhileDown: 0 })
  // A sweep finds the account answering, and the event source takes up to a minute to be on.
  expect(firstBoughtAfter).toBeLessThan(180)
  expect(shareOfLimit).toBeGreaterThanOrEqual(0.8)
})
