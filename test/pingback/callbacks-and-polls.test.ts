import { expect, it } from 'vitest'
import { readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

const FLEET: SmallFleetOptions = { pingback: true, script: { submit: () => ({ kind: 'accept', afterSeconds: 20 }) } }

/** Sends so many tasks; answers how the provider calls back about each. */
async function paidTasks(count: number) {
  const fleet = smallFleet(FLEET)
  const ids = Array.from({ length: count }, () => fleet.send(recaptcha()))
  await fleet.submit()
  const calls = fleet.provider.ledger.map(({ pingbackUrl, captchaId }) => {
    const called = readPingbackPath(new URL(pingbackUrl ?? '').pathname)
    return () => fleet.pingback(called, captchaId, fleet.run())
  })
  return { fleet, ids, calls }
}

it('callbacks come twice, early, late and out of order: one outcome for each task (row 30)', async () => {
  const { fleet, ids, calls } = await paidTasks(3)
  const [first, second, third] = calls
  if (first === undefined || second === undefined || third === undefined) throw new Error('three tasks were paid for')
  await first() // early: the provider is not ready
  expect(fleet.results()).toEqual([])
  await fleet.clock.advance(20_000)
  await Promise.all([third(), third()])
  await second()
  await fleet.collect()
  await first()
  await fleet.drain()
  await Promise.all(calls.map((call) => call())) // late: all is settled
  await fleet.drain()
  expect(fleet.provider.ledger).toHaveLength(3)
  expect(fleet.total(({ solved }) => solved)).toBe(3)
  expect(fleet.total((one) => one.failed + one.expiredSubmitted + one.expiredWaiting)).toBe(0)
  for (const id of ids) {
    const results = fleet.resultsOf(id)
    expect(results.map(({ status, attempts }) => ({ status, attempts }))).toContainEqual({
      status: 'solved',
      attempts: 1,
    })
    for (const copy of results) expect(copy).toEqual(results[0])
  }
})

it('a callback never comes: polling settles the task, at the first poll after the provider is ready (row 31)', async () => {
  const { fleet, ids } = await paidTasks(1)
  await fleet.drain()
  const [result, ...others] = fleet.resultsOf(ids[0] ?? '')
  expect([result?.status, others]).toEqual(['solved', []])
  const seconds = (Date.parse(result?.settledAt ?? '') - Date.parse(result?.submittedAt ?? '')) / 1000
  expect(seconds).toBeGreaterThanOrEqual(20)
  expect(seconds).toBeLessThanOrEqual(21)
  expect(fleet.total(({ solved }) => solved)).toBe(1)
  expect(fleet.outcomes.all().filter((one) => one.function === 'pingback')).toEqual([])
})
