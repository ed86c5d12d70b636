import { expect, it } from 'vitest'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import { readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

const FLEET: SmallFleetOptions = { pingback: true, script: { submit: () => ({ kind: 'accept', afterSeconds: 20 }) } }

/** The first result that is sent never arrives, and its sender never hears so: its process is gone. */
const CRASHING: SmallFleetOptions = {
  sender(real) {
    let isFirst = true
    return {
      send(queue, messages) {
        if (queue !== 'results' || !isFirst) return real.send(queue, messages)
        isFirst = false
        return new Promise(() => {})
      },
    }
  },
}

/** Sends so many tasks; answers how the provider calls back about each. */
async function paidTasks(count: number, options: SmallFleetOptions = {}) {
  const fleet = smallFleet({ ...FLEET, ...options })
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
  expect(fleet.total((one) => one.failed + one.expiredSubmitted + one.expiredWaiting + one.faults)).toBe(0)
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

/** A fleet whose sweep has seen callbacks arrive. */
function called(): SmallFleetOptions {
  const admission = initialAdmission(['captchaai'])
  const control = { ...admission.control, callbacks: true }
  return { admission: { kind: 'admission', admission: { ...admission, control } } }
}

it('while callbacks arrive, a task costs one request for its result: that of its callback', async () => {
  const { fleet, ids, calls } = await paidTasks(5, called())
  await fleet.clock.advance(20_000)
  for (const call of calls) await call()
  await fleet.drain()
  expect(fleet.provider.polls).toHaveLength(5)
  for (const id of ids) expect(fleet.resultsOf(id)).toHaveLength(1)
  expect(fleet.total(({ solved }) => solved)).toBe(5)
})

it('while callbacks arrive, what never calls back is settled by polling a minute after its submit', async () => {
  const { fleet, ids } = await paidTasks(1, called())
  await fleet.drain()
  const [result] = fleet.resultsOf(ids[0] ?? '')
  const seconds = (Date.parse(result?.settledAt ?? '') - Date.parse(result?.submittedAt ?? '')) / 1000
  expect([result?.status, Math.round(seconds)]).toEqual(['solved', 60])
  expect(fleet.provider.polls).toHaveLength(1)
})

it('a callback that settled the task and crashed before its result was sent is made good by the poll message', async () => {
  const { fleet, ids, calls } = await paidTasks(1, { ...called(), ...CRASHING })
  await fleet.clock.advance(20_000)
  void calls[0]?.()
  await fleet.clock.advance(1000)
  await fleet.drain()
  expect(fleet.resultsOf(ids[0] ?? '').map(({ status }) => status)).toEqual(['solved'])
  expect(fleet.total(({ solved }) => solved)).toBe(1)
})
