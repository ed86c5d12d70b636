import { afterEach, expect, it, test } from 'vitest'
import { NOON } from '../../sim/memory/clock.ts'
import { seededRandom } from '../../sim/support/random.ts'
import { BAD_GATEWAY, type Submit, type TroubledFleet, troubledFleet } from './troubled-fleet.ts'

const [FIRST, BACKUP] = ['captchaai', 'twocaptcha'] as const
let stop = () => {}
afterEach(() => stop())

const switches = (fleet: TroubledFleet) =>
  fleet.routes().map(({ at, from, to }) => ({ at: (at - NOON) / 1000, from, to }))
const at = (submits: readonly Submit[], provider: string, from: number, to: number) =>
  submits.filter((submit) => submit.provider === provider && submit.at >= from && submit.at < to)

it('primary down, backup up: failover within the hysteresis; failback after dwell (row 25)', async () => {
  const isDown = (second: number) => second >= 60 && second < 660
  const fleet = troubledFleet({
    providers: [
      { name: FIRST, submit: (second) => (isDown(second) ? BAD_GATEWAY : null), account: (second) => !isDown(second) },
      { name: BACKUP },
    ],
  })
  stop = fleet.stop
  await fleet.run(1500, 2)
  const [away, back, ...more] = switches(fleet)
  expect(away).toMatchObject({ from: FIRST, to: BACKUP })
  expect(away?.at).toBeLessThan(60 + 15)
  expect(back).toMatchObject({ from: BACKUP, to: FIRST })
  // At most one open period until a probe, and then five good sweeps of a minute.
  expect(back?.at).toBeGreaterThan(660)
  expect(back?.at).toBeLessThan(660 + 60 + 6 * 60)
  expect(more).toEqual([])
  const { submits } = fleet
  const failed = submits.filter(({ accepted }) => !accepted)
  expect(failed.length).toBeLessThanOrEqual(20 + 15)
  const awayAt = away?.at ?? 0
  expect(at(submits, FIRST, awayAt + 1, 660).length).toBeLessThanOrEqual(15)
  expect(at(submits, BACKUP, awayAt, 660).length).toBeGreaterThan(0.95 * 2 * (660 - awayAt) - 50)
  expect(at(submits, FIRST, (back?.at ?? 0) + 30, 1500).length).toBeGreaterThan(300)
  expect(fleet.ended('failed')).toEqual([])
  expect(fleet.ended('expired')).toEqual([])
  expect(fleet.depth('deadLetters')).toBe(0)
})

it('a primary whose key is not in the secret is left at its first task, as one whose key is refused; it is used again when the key is there (rows 23 and 25, key missing)', async () => {
  const isMissing = (second: number) => second >= 60 && second < 660
  const fleet = troubledFleet({ providers: [{ name: FIRST, keyMissing: isMissing }, { name: BACKUP }] })
  stop = fleet.stop
  await fleet.run(1500, 2)
  const [away, back, ...more] = switches(fleet)
  expect(away).toMatchObject({ from: FIRST, to: BACKUP })
  expect(away?.at).toBeLessThan(60 + 5)
  expect(back).toMatchObject({ from: BACKUP, to: FIRST })
  expect(back?.at).toBeGreaterThan(660)
  expect(back?.at).toBeLessThan(660 + 6 * 60)
  expect(more).toEqual([])
  const { submits } = fleet
  expect(submits.filter(({ accepted }) => !accepted).length).toBeLessThanOrEqual(20)
  expect(at(submits, FIRST, (away?.at ?? 0) + 1, 660)).toEqual([])
  expect(at(submits, FIRST, (back?.at ?? 0) + 5, 1500).length).toBeGreaterThan(800)
  expect(fleet.changes()).toContainEqual(
    expect.objectContaining({ what: 'route', from: FIRST, to: BACKUP, cause: 'key refused' }),
  )
  expect([...fleet.ended('failed'), ...fleet.ended('expired')]).toEqual([])
})

test('without a backup no task is sent while the key is missing, and all are kept until it is there', async () => {
  const isMissing = (second: number) => second >= 60 && second < 200
  const fleet = troubledFleet({ providers: [{ name: FIRST, keyMissing: isMissing }] })
  stop = fleet.stop
  await fleet.run(400, 1)
  expect(fleet.submits.filter(({ accepted }) => !accepted).length).toBeLessThanOrEqual(20)
  expect(fleet.control().providers[FIRST]?.key.refused).toBeNull()
  expect(at(fleet.submits, FIRST, 62, 200)).toEqual([])
  expect(at(fleet.submits, FIRST, 200 + 60, 400).length).toBeGreaterThan(200)
  expect([...fleet.ended('failed'), ...fleet.ended('expired')]).toEqual([])
})

test('a switch that a sweep makes is kept among the last changes with its cause, beside the switch that a worker made', async () => {
  const isDown = (second: number) => second >= 60 && second < 200
  const fleet = troubledFleet({
    providers: [
      { name: FIRST, submit: (second) => (isDown(second) ? BAD_GATEWAY : null), account: (second) => !isDown(second) },
      { name: BACKUP },
    ],
  })
  stop = fleet.stop
  await fleet.run(900, 1)
  const kept = fleet.record.stored()?.evidence.totals.changes ?? []
  const [away, back] = switches(fleet)
  const route = { what: 'route', provider: '' }
  expect(kept.filter(({ what }) => what === 'route')).toEqual([
    { ...route, at: expect.any(Number), from: FIRST, to: BACKUP, cause: 'breaker open' },
    { ...route, at: expect.any(Number), from: BACKUP, to: FIRST, cause: 'by the sweeps' },
  ])
  const times = kept.flatMap(({ what, at }) => (what === 'route' ? [(at - NOON) / 1000] : []))
  for (const [n, seen] of [away?.at, back?.at].entries()) {
    expect(times[n]).toBeLessThanOrEqual(seen ?? 0)
    expect(times[n]).toBeGreaterThan((seen ?? 0) - 2)
  }
  expect(fleet.changes().filter(({ what, to }) => what === 'route' && to === FIRST)).toEqual([])
  expect(kept.length).toBeLessThanOrEqual(20)
})

test('a rate lock or a full plan at the primary is no reason to spend at the backup', async () => {
  const isLocked = (second: number) => second >= 30 && second < 90
  const rate = { kind: 'refused', failure: { class: 'rate', code: 'MAX_USER_TURN', message: 'slow' } } as const
  const fleet = troubledFleet({
    providers: [{ name: FIRST, threads: 20, submit: (second) => (isLocked(second) ? rate : null) }, { name: BACKUP }],
  })
  stop = fleet.stop
  await fleet.run(300, 2)
  expect(switches(fleet)).toEqual([])
  expect(fleet.submits.filter(({ provider }) => provider === BACKUP)).toEqual([])
})

test('no flapping on a 50 % flaky primary for an hour (row 25, flaky)', async () => {
  const random = seededRandom(5)
  const fleet = troubledFleet({
    providers: [{ name: FIRST, submit: () => (random.chance(0.5) ? BAD_GATEWAY : null) }, { name: BACKUP }],
    idleMs: 1000,
  })
  stop = fleet.stop
  await fleet.run(3600, 1)
  const found = switches(fleet)
  console.log(
    'switches on a 50 % flaky primary in an hour:',
    found.length,
    found.map(({ at }) => Math.round(at)),
  )
  for (const [n, { at }] of found.entries()) expect(at - (found[n - 1]?.at ?? -120)).toBeGreaterThanOrEqual(120)
  expect(found.length).toBeLessThanOrEqual(6)
  expect(fleet.ended('expired')).toEqual([])
})
