import { describe, expect, it } from 'vitest'
import type { AdmissionChange, AdmissionReading, Control } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import { makeTurns } from '../../functions/submit/turns.ts'
import { makeKnownAdmission } from '../../functions/worker/known-admission.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

const first = initialAdmission(['captchaai'])
const control = (changes: Partial<Control>): AdmissionReading => ({
  kind: 'admission',
  admission: { ...first, control: { ...first.control, ...changes } },
})
const FULL: SmallFleetOptions = { maxInFlight: 1, admission: control({ drainPerSecond: 0.1 }) }
/** Seconds until the parked copies are visible, in order. */
const delays = ({ queues, clock }: ReturnType<typeof smallFleet>) =>
  [...queues.tasks.held.values()].map(({ visibleAt }) => (visibleAt - clock.now()) / 1000).sort((a, b) => a - b)
const send = (fleet: ReturnType<typeof smallFleet>, count: number, more: Record<string, unknown> = {}) => {
  for (let n = 0; n < count; n += 1) fleet.send(recaptcha({ deadlineSeconds: 3600, ...more }))
}

describe('tasks that find no place', () => {
  it('come back one after the other over all batches and environments, and each batch makes one write more', async () => {
    const fleet = smallFleet(FULL)
    const [one, other] = [fleet.environment(), fleet.environment()]
    send(fleet, 10)
    await one(fleet.queues.tasks.receive(10), fleet.run())
    for (const { receipt } of fleet.queues.tasks.held.values()) if (receipt !== null) fleet.queues.tasks.remove(receipt)
    const before = fleet.admission.writes()
    send(fleet, 4)
    const messages = fleet.queues.tasks.receive(10)
    await other(messages, fleet.run())
    for (const { receipt } of messages) fleet.queues.tasks.remove(receipt)
    // Refused at the limit, and then the turns.
    expect(fleet.admission.writes() - before).toBe(2)
    const found = delays(fleet)
    expect(found).toHaveLength(13)
    for (const [n, delay] of found.entries()) expect(Math.abs(delay - (5 + (n * 10) / 5))).toBeLessThanOrEqual(1.1)
  })

  it('wait as long with every park, while the line is no longer', async () => {
    const fleet = smallFleet({ ...FULL, script: { submit: () => ({ kind: 'accept', afterSeconds: 600 }) } })
    send(fleet, 2)
    await fleet.submit()
    const seen: number[] = []
    for (let n = 0; n < 5; n += 1) {
      const [delay = 0] = delays(fleet)
      seen.push(delay)
      await fleet.clock.advance(delay * 1000)
      await fleet.submit()
    }
    expect(Math.max(...seen)).toBeLessThanOrEqual(6)
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(5)
  })

  it('in a pause of the fleet come back within half a minute: nobody gives back a place, so there are no turns', async () => {
    const pause = { by: 'ops/anna', at: 1, reason: 'moving house' }
    const fleet = smallFleet({ ...FULL, admission: control({ pause, drainPerSecond: 0.001 }) })
    send(fleet, 10)
    await fleet.submit()
    const found = delays(fleet)
    expect(found).toHaveLength(10)
    expect(Math.max(...found)).toBeLessThanOrEqual(6)
  })

  it('in a fleet that has solved nothing yet come back within a minute, spread over all of it', async () => {
    const fleet = smallFleet({ maxInFlight: 1 })
    send(fleet, 201)
    for (let n = 0; n < 21; n += 1) await fleet.submit()
    const found = delays(fleet)
    expect(found).toHaveLength(200)
    expect(found.at(-1)).toBeLessThanOrEqual(61)
    for (const from of [5, 19, 33, 47]) {
      const within = found.filter((delay) => delay >= from && delay < from + 14).length
      expect(within).toBeGreaterThan(30)
      expect(within).toBeLessThan(75)
    }
  })

  it('keep to their deadlines where the line is longer, and those that can only expire wait once', async () => {
    const fleet = smallFleet({ ...FULL, script: { submit: () => ({ kind: 'accept', afterSeconds: 3000 }) } })
    send(fleet, 1)
    await fleet.submit()
    send(fleet, 60, { deadlineSeconds: 300 })
    for (let n = 0; n < 6; n += 1) await fleet.submit()
    expect(Math.max(...delays(fleet))).toBeLessThanOrEqual(301)
    const sentAt = fleet.clock.now()
    while (fleet.results().length < 60 && fleet.clock.now() < sentAt + 400_000) {
      await fleet.clock.advance(1000)
      while (fleet.queues.tasks.counts().visible > 0) await fleet.submit()
    }
    const results = fleet.results()
    expect(results.map(({ status, attempts }) => [status, attempts])).toEqual(Array(60).fill(['expired', 0]))
    for (const { settledAt } of results) expect(Date.parse(settledAt) - sentAt).toBeLessThanOrEqual(303_000)
    expect(fleet.total(({ parked }) => parked) / 60).toBeLessThanOrEqual(5)
    expect(fleet.total(({ failed, counted }) => failed + counted)).toBe(0)
  })

  it('late in their lives come back while they can still be solved in time, however long their deadlines were at first', async () => {
    const counts = { inFlight: 1, inFlight_captchaai: 1, turnsUntil: NOON + 3_000_000 }
    const known = { ...first.control, drainPerSecond: 0.1 }
    const admission = { kind: 'admission', admission: { ...first, control: known, counts } } as const
    const fleet = smallFleet({ maxInFlight: 1, admission })
    const sentAt = { enqueuedAt: String(fleet.clock.now() - 200_000), parks: '1' }
    for (let n = 0; n < 5; n += 1) fleet.send(recaptcha({ deadlineSeconds: 300 }), { ...sentAt, taskId: `late-${n}` })
    await fleet.submit()
    const found = delays(fleet)
    expect(found).toHaveLength(5)
    // 100 s are left, and three times 7.5 s are kept for the solver.
    expect(Math.max(...found)).toBeLessThanOrEqual(78)
  })

  it('have turns by the priority that their clients gave them, however long they have waited', async () => {
    const counts = { inFlight: 1, inFlight_captchaai: 1, turnsUntil: NOON + 20_000 }
    const admission = {
      kind: 'admission',
      admission: { ...first, control: { ...first.control, drainPerSecond: 0.1 }, counts },
    } as const
    const fleet = smallFleet({ maxInFlight: 1, admission })
    // Two thirds of its time are over, so that it is bought as if it were high.
    fleet.send(recaptcha({ taskId: 'old', priority: 'low' }), { enqueuedAt: String(NOON - 210_000) })
    fleet.send(recaptcha({ taskId: 'new', priority: 'high' }))
    await fleet.submit()
    const found = [...fleet.queues.tasks.held.values()].map(({ body, visibleAt }) => [
      JSON.parse(body).taskId,
      (visibleAt - NOON) / 1000,
    ])
    expect(Object.fromEntries(found)).toEqual({ old: 40, new: 11 })
  })

  it('critical ones come back after two seconds, and queue as well once they have come back six times', async () => {
    const slow = control({ drainPerSecond: 0.02 })
    const fleet = smallFleet({
      ...FULL,
      admission: slow,
      script: { submit: () => ({ kind: 'accept', afterSeconds: 3000 }) },
    })
    send(fleet, 1)
    await fleet.submit()
    for (let n = 0; n < 10; n += 1) fleet.send(recaptcha({ priority: 'critical', deadlineSeconds: 3600 }))
    await fleet.submit()
    expect(delays(fleet)).toEqual(Array(10).fill(2))
    for (let n = 0; n < 10; n += 1)
      fleet.send(recaptcha({ priority: 'critical', deadlineSeconds: 3600 }), { parks: '6', taskId: `late-${n}` })
    await fleet.submit()
    const late = delays(fleet).filter((delay) => delay > 2)
    expect(late.length).toBe(10)
    expect(late.at(-1)).toBeGreaterThanOrEqual(20)
  })
})

describe('where the turns cannot be taken', () => {
  it('the table does not answer: the tasks come back after seconds, later with every park, and nothing is lost', async () => {
    const fleet = smallFleet(FULL)
    send(fleet, 1)
    await fleet.submit()
    const real = fleet.admission.write
    fleet.admission.write = async (change) => {
      const answer = await real(change)
      if (change.add?.turnsUntil !== undefined || change.set?.turnsUntil !== undefined) throw new Error('no answer')
      return answer
    }
    send(fleet, 9)
    await fleet.submit()
    const found = delays(fleet)
    expect(found).toHaveLength(9)
    expect(Math.min(...found)).toBeGreaterThanOrEqual(4)
    expect(Math.max(...found)).toBeLessThanOrEqual(6)
    expect(fleet.lines.some(({ message }) => message === 'no turns taken')).toBe(true)
  })

  it('another environment takes turns of a line that goes on: no two batches get the same ones, in one write each', async () => {
    const clock = memoryClock(NOON, { skip: true })
    const going = {
      ...first,
      control: { ...first.control, drainPerSecond: 0.1 },
      counts: { turnsUntil: NOON + 20_000 },
    }
    const store = memoryAdmissionStore({ kind: 'admission', admission: going })
    const environment = async () => {
      const known = makeKnownAdmission({ admission: store, clock })
      await known.read()
      return makeTurns({ known, clock, log: memoryLog().log }, { maxInFlight: 1 })
    }
    const [one, other] = [await environment(), await environment()]
    const seekers = (count: number) =>
      Array.from({ length: count }, () => ({ priority: 'normal', parks: 0, usefulMs: 600_000, fraction: 0 }) as const)
    expect(await one.take(seekers(3))).toEqual([20, 22, 24])
    expect(await other.take(seekers(2))).toEqual([26, 28])
    expect(store.writes()).toBe(2)
  })

  it('twenty environments take turns at once of a fleet that has solved nothing: the line ends within a minute', async () => {
    const clock = memoryClock(NOON, { skip: true })
    const store = memoryAdmissionStore({
      kind: 'admission',
      admission: { ...first, counts: { turnsUntil: NOON + 6000 } },
    })
    const known = Array.from({ length: 20 }, () => makeKnownAdmission({ admission: store, clock }))
    for (const one of known) await one.read()
    const seekers = Array.from(
      { length: 10 },
      () => ({ priority: 'normal', parks: 0, usefulMs: 300_000, fraction: 0.5 }) as const,
    )
    const all = known.map((one) =>
      makeTurns({ known: one, clock, log: memoryLog().log }, { maxInFlight: 2 }).take(seekers),
    )
    const waits = (await Promise.all(all)).flatMap((found) => found ?? [])
    expect(waits).toHaveLength(200)
    expect(Math.max(...waits)).toBeLessThanOrEqual(60)
    const reading = await store.read()
    const end = reading.kind === 'admission' ? (reading.admission.counts.turnsUntil ?? 0) : 0
    expect(end).toBeGreaterThan(NOON + 55_000)
    expect(end).toBeLessThanOrEqual(NOON + 64_000)
  })

  /** The turns of one seeker, by a table whose writes take 700 ms each and lose so many races. */
  const takenAfter = async (races: number, ageMs: number) => {
    const clock = memoryClock(NOON, { skip: true })
    const known = { ...first.control, drainPerSecond: 0.1 }
    const store = memoryAdmissionStore({ kind: 'admission', admission: { ...first, control: known } })
    const changes: AdmissionChange[] = []
    const write: typeof store.write = async (change) => {
      changes.push(change)
      await clock.sleep(700)
      return changes.length > races ? store.write(change) : { applied: false, reading: await store.read() }
    }
    const environment = makeKnownAdmission({ admission: { ...store, write }, clock })
    await environment.read()
    await clock.advance(ageMs)
    const turns = makeTurns({ known: environment, clock, log: memoryLog().log }, { maxInFlight: 1 })
    const seeker = { priority: 'normal', parks: 0, usefulMs: 600_000, fraction: 0 } as const
    return { waits: await turns.take([seeker]), ends: changes.map(({ set }) => set?.turnsUntil) }
  }

  it('a race is lost: the next try takes turns from its own time on', async () => {
    expect(await takenAfter(1, 10)).toEqual({ waits: [5], ends: [NOON + 7010, NOON + 7710] })
  })

  it.each([
    [1000, [5], 1],
    [1001, null, 0],
  ])('the item was seen %i ms before: the turns are %j', async (ageMs, waits, writes) => {
    const found = await takenAfter(0, ageMs)
    expect([found.waits, found.ends.length]).toEqual([waits, writes])
  })

  it('another batch begins the line at the same moment: these turns come after those', async () => {
    const fleet = smallFleet(FULL)
    send(fleet, 1)
    await fleet.submit()
    const real = fleet.admission.write
    let races = 0
    fleet.admission.write = async (change) => {
      if (change.set?.turnsUntil !== undefined && races++ === 0) await real(change)
      return real(change)
    }
    send(fleet, 1)
    await fleet.submit()
    expect(races).toBe(1)
    expect(delays(fleet)).toEqual([7])
  })
})
