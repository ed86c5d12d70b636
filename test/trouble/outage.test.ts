import { afterEach, describe, expect, it, test } from 'vitest'
import { NOON } from '../../sim/memory/clock.ts'
import type { SubmitFate } from '../../sim/memory/provider.ts'
import { BAD_GATEWAY, type TroubledFleet, troubledFleet } from './troubled-fleet.ts'

const REFUSED: SubmitFate = {
  kind: 'refused',
  failure: { class: 'transient', code: 'REFUSED', message: 'connection refused' },
}
const HANGS: SubmitFate = { kind: 'lose' }
const WORKERS = 6
const DOWN = { from: 20, until: 200 }
let stop = () => {}
afterEach(() => stop())

/** The provider is down from one second to another, under so many tasks a second. */
async function outage(fate: SubmitFate, perSecond: number, seconds = 400): Promise<TroubledFleet> {
  const submit = (second: number) => (second >= DOWN.from && second < DOWN.until ? fate : null)
  const fleet = troubledFleet({ providers: [{ submit }], workers: WORKERS, maxInFlight: 200, sweeps: false })
  stop = fleet.stop
  await fleet.run(seconds, perSecond)
  return fleet
}
const breakerChanges = (fleet: TroubledFleet, to: string): number[] =>
  fleet
    .changes()
    .flatMap((change) => (change.what === 'breaker' && change.to === to ? [(change.at - NOON) / 1000] : []))

describe('5xx burst, refused connections, accept-and-hang under 5 tasks a second', () => {
  test.each([
    ['5xx burst', BAD_GATEWAY],
    ['refused connections', REFUSED],
    ['accept-and-hang', HANGS],
  ])(
    '%s: breaker opens within its threshold; open means 0 submits; exactly one probe at a time across all workers; ramped close (row 19)',
    async (_, fate) => {
      const fleet = await outage(fate, 5)
      const { submits } = fleet
      const [openedAt = 0] = breakerChanges(fleet, 'open')
      const [closedAt = 0] = breakerChanges(fleet, 'closed')
      // 20 failures open it at once. The rest is what the other workers had in the air: a batch of 10 each.
      const failedBefore = submits.filter(({ at, accepted }) => !accepted && at < openedAt)
      expect(failedBefore.length).toBeGreaterThanOrEqual(20)
      expect(failedBefore.length).toBeLessThanOrEqual(fate === HANGS ? 20 + 10 * WORKERS : 20)
      expect(openedAt).toBeLessThan(DOWN.from + (fate === HANGS ? 15 : 5))

      const during = submits.filter(({ at }) => at > openedAt && at < closedAt)
      expect(during.filter(({ breaker }) => breaker === 'open')).toEqual([])
      for (const [n, probe] of during.entries())
        expect(probe.at).toBeGreaterThanOrEqual(during[n - 1]?.answeredAt ?? openedAt)
      const failedProbes = during.filter(({ accepted }) => !accepted)
      expect(failedProbes.length).toBeLessThanOrEqual(5)
      expect(during.length - failedProbes.length).toBe(3)

      // The longest open period is 60 s, and a probe that hangs is answered after 10 s.
      expect(closedAt - DOWN.until).toBeLessThan(60 + 10)
      // 5 a second, twice as many every 5 s; the share of the first second may be used at once.
      for (const [seconds, most] of [
        [1, 10],
        [5, 30],
        [10, 80],
        [15, 180],
      ] as const)
        expect(submits.filter(({ at }) => at > closedAt && at <= closedAt + seconds).length).toBeLessThanOrEqual(most)
      expect(fleet.depth('deadLetters')).toBe(0)
    },
  )
})

it('a submit that is met by 5xx for minutes waits behind the open breaker and does not end as SUBMIT_UNKNOWN', async () => {
  const fleet = await outage(BAD_GATEWAY, 0.2, 500)
  const [openedAt = 0] = breakerChanges(fleet, 'open')
  const failed = fleet.submits.filter(({ accepted }) => !accepted)
  expect(openedAt - DOWN.from).toBeGreaterThanOrEqual(15)
  expect(openedAt - DOWN.from).toBeLessThan(35)
  expect(failed.length).toBeLessThanOrEqual(10 + 5)
  expect(fleet.ended('failed')).toEqual([])
  expect(fleet.ended('expired')).toEqual([])
  expect(fleet.ended('solved').length).toBeGreaterThanOrEqual(90)
})

it('polls that fail open the breaker although submits are accepted, and a poll that is answered lets it close', async () => {
  const fails = (second: number) => second >= DOWN.from && second < DOWN.until
  const fleet = troubledFleet({ providers: [{ look: (second) => (fails(second) ? 'fails' : null) }], sweeps: false })
  stop = fleet.stop
  await fleet.run(400, 2)
  const [openedAt = 0] = breakerChanges(fleet, 'open')
  const [first] = fleet.changes()
  expect(first).toMatchObject({ what: 'breaker', from: 'closed', to: 'open' })
  expect(first?.cause).toMatch(/^\d+ polls: HTTP_502$/)
  expect(openedAt - DOWN.from).toBeLessThan(25)
  const during = fleet.submits.filter(({ at }) => at > openedAt && at < DOWN.until)
  expect(during.length).toBeLessThanOrEqual(6)
  const closed = breakerChanges(fleet, 'closed')
  expect(closed.at(-1)).toBeLessThan(DOWN.until + 80)
  expect(fleet.ended('failed')).toEqual([])
})

it('while all is well the item gets one write for each batch and each settling invocation, and no breaker changes', async () => {
  const fleet = troubledFleet({ sweeps: false })
  stop = fleet.stop
  await fleet.run(120, 3)
  expect(fleet.changes()).toEqual([])
  const settling = fleet.outcomes.all().filter((item) => item.function === 'collect' && item.solved > 0)
  const batches = fleet.outcomes.all().filter((item) => item.function === 'submit' && item.received > 0)
  expect(fleet.admissionWrites() - settling.length - batches.length).toBeLessThanOrEqual(0.02 * batches.length)
})
