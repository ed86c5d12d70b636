import { beforeAll, describe, expect, it } from 'vitest'
import type { IntakeState } from '../../functions/core/ports.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import { makeSweep } from '../../functions/sweep/sweep.ts'
import { memoryDepths } from '../../sim/memory/depths.ts'
import { memoryHistoryStore } from '../../sim/memory/history-store.ts'
import { memoryIntake } from '../../sim/memory/intake.ts'
import { memoryMetricSink } from '../../sim/memory/metric-sink.ts'
import { memoryRecordStore } from '../../sim/memory/record-store.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'
import { recordIn, sweepSettings } from './swept-fleet.ts'

const HOUR = 3600
const DOWN_FROM = 120
const DOWN_UNTIL = 24 * HOUR
/** Tasks that come as the outage begins: enough failures to open the breaker. */
const FIRST_TASKS = 40
/** Tasks at the end of the outage that are still in time: enough to see the ramp. */
const LATE_TASKS = 200
const BATCHES_A_SECOND = 4
const LOST = { class: 'transient', code: 'REFUSED', message: 'connection refused' } as const

/** Everything is down for a day: submits, polls and account calls. Seconds of virtual time; a sweep each minute. */
async function aDayDown() {
  const began = { at: 0 }
  const second = () => Math.round((fleet.clock.now() - began.at) / 1000)
  const isDown = () => second() >= DOWN_FROM && second() < DOWN_UNTIL
  const calls = { balance: 0 }
  const fleet = smallFleet({
    script: {
      submit: () => (isDown() ? { kind: 'refused', failure: LOST } : { kind: 'accept', afterSeconds: 12 }),
      result: () => (isDown() ? { kind: 'failed', failure: LOST } : null),
      balance: () => {
        calls.balance += 1
        return isDown() ? { kind: 'failed', failure: LOST, ms: 5 } : { kind: 'balance', value: 25, ms: 5 }
      },
    },
  })
  began.at = fleet.clock.now()
  const intake = memoryIntake(fleet.clock)
  const sweep = makeSweep(
    {
      outcomes: fleet.outcomes,
      record: memoryRecordStore(),
      history: memoryHistoryStore(),
      depths: memoryDepths(fleet.queues),
      providers: [fleet.provider],
      admission: fleet.admission,
      intake,
      metrics: memoryMetricSink(),
      clock: fleet.clock,
      log: () => {},
    },
    sweepSettings(),
  )
  const sent: { taskId: string; at: number }[] = []
  const send = () => {
    const taskId = `task-${sent.length}`
    sent.push({ taskId, at: second() })
    fleet.send(recaptcha({ taskId, deadlineSeconds: HOUR }))
  }
  const swept: { second: number; record: ReadinessRecord; gate: IntakeState }[] = []
  /** Message → its receive count, when the gate was shut and when it was opened again. */
  const receives = () =>
    new Map([...fleet.queues.tasks.held.values()].map((held) => [held.messageId, held.receiveCount]))
  const counts: { shut?: Map<string, number>; opened?: Map<string, number> } = {}

  while (second() < DOWN_UNTIL + HOUR) {
    const now = second()
    if (now < 100 ? now % 10 === 0 : now < DOWN_UNTIL && now % 600 === 0) send()
    if (now === DOWN_FROM) for (let n = 0; n < FIRST_TASKS; n += 1) send()
    if (now === DOWN_UNTIL - 300) for (let n = 0; n < LATE_TASKS; n += 1) send()
    if (now % 60 === 30) {
      const before = intake.state()
      if (before === 'shut') counts.opened = receives()
      swept.push({ second: now, record: recordIn(await sweep()), gate: intake.state() })
      if (before === 'open' && intake.state() === 'shut') counts.shut ??= receives()
    }
    for (let n = 0; n < BATCHES_A_SECOND && intake.state() === 'open'; n += 1) await fleet.submit()
    for (let n = 0; n < BATCHES_A_SECOND; n += 1) await fleet.collect()
    if (now > DOWN_UNTIL && fleet.queues.tasks.held.size + fleet.queues.polls.held.size === 0) break
    await fleet.clock.advance(1000)
  }
  return { fleet, intake, sent, swept, calls, counts, began: began.at, ended: second() }
}

describe('everything down for 24 h (row 26)', () => {
  let day: Awaited<ReturnType<typeof aDayDown>>
  const accepts = () => day.fleet.provider.ledger.map(({ at }) => (at - day.began) / 1000)
  /** What the workers changed in the fleet, in seconds of the day. */
  const changes = () =>
    day.fleet.outcomes
      .all()
      .flatMap((item) => item.changes.map((change) => ({ ...change, at: (change.at - day.began) / 1000 })))
      .sort((a, b) => a.at - b.at)
  const afterwards = () => accepts().filter((at) => at >= DOWN_UNTIL)
  beforeAll(async () => {
    day = await aDayDown()
  }, 120_000)

  it('every task gets exactly one result, and there is no dead letter', () => {
    const { fleet, sent } = day
    expect(sent.length).toBeGreaterThan(LATE_TASKS + 140)
    for (const { taskId } of sent) expect(fleet.resultsOf(taskId), taskId).toHaveLength(1)
    expect(fleet.results()).toHaveLength(sent.length)
    expect(fleet.queues.deadLetters.held.size).toBe(0)
  })

  it('the gate is shut within four minutes although hardly anybody asks, and opened once, after the outage', () => {
    const shut = day.swept.filter(({ gate }) => gate === 'shut').map(({ second }) => second)
    expect(shut[0]).toBeLessThanOrEqual(DOWN_FROM + 240)
    expect(shut.at(-1)).toBeLessThanOrEqual(DOWN_UNTIL)
    expect(day.intake.asked).toEqual([false, true])
  })

  it('receive counts are untouched while it is shut: of tasks that waited before, and of those that came', () => {
    const { shut = new Map(), opened = new Map() } = day.counts
    expect(opened.size).toBeGreaterThan(LATE_TASKS)
    for (const [messageId, receives] of opened) expect(receives).toBe(shut.get(messageId) ?? 0)
  })

  it('a task whose deadline passed gets one expired result, without a charge, and counts in no streak', () => {
    const { fleet, sent, swept } = day
    const isOld = ({ at }: { at: number }) => at >= DOWN_FROM && at + HOUR < DOWN_UNTIL
    const old = sent.filter(isOld).flatMap(({ taskId }) => fleet.resultsOf(taskId))
    expect(old.length).toBeGreaterThan(130)
    expect(new Set(old.map(({ status, attempts }) => `${status}, ${attempts} charges`))).toEqual(
      new Set(['expired, 0 charges']),
    )
    expect(swept.at(-1)?.record.evidence.totals.trailingFailures).toBe(0)
  })

  it('nothing is paid for and nobody but the sweep asks: one account call a sweep', () => {
    expect(accepts().filter((at) => at >= DOWN_FROM && at < DOWN_UNTIL)).toEqual([])
    expect(day.calls.balance).toBeLessThanOrEqual(day.swept.length)
  })

  it('recovers by itself: the first task is accepted within two minutes, and all that are in time are solved', () => {
    const { fleet, sent, swept } = day
    expect((afterwards()[0] ?? Number.POSITIVE_INFINITY) - DOWN_UNTIL).toBeLessThan(120)
    const inTime = sent.filter(({ at }) => at >= DOWN_UNTIL - HOUR + 400)
    const states = inTime.map(({ taskId }) => fleet.resultsOf(taskId)[0]?.status)
    expect(states.length).toBeGreaterThanOrEqual(LATE_TASKS)
    expect(new Set(states)).toEqual(new Set(['solved']))
    expect(swept.at(-1)?.record).toMatchObject({ status: 'ready', issues: [] })
  })

  it('resumes with a ramp: three probes close the breaker, then five submits a second at most, doubled every 5 s', () => {
    const at = afterwards()
    const [, , closing = 0] = at // the third good probe closes the breaker
    const breaker = changes().flatMap(({ what, to, at }) => (what === 'breaker' ? [{ to, at }] : []))
    expect(breaker[0]).toEqual({ to: 'open', at: DOWN_FROM })
    expect(breaker.filter(({ to }) => to === 'closed')).toEqual([{ to: 'closed', at: closing }])
    expect(at.filter((each) => each <= closing)).toHaveLength(3)
    const within = (seconds: number) => at.slice(3).filter((each) => each - closing < seconds).length
    expect(within(1)).toBeLessThanOrEqual(5)
    expect(within(5)).toBeLessThanOrEqual(30)
    expect(within(10)).toBeLessThanOrEqual(80)
    expect(day.ended - DOWN_UNTIL).toBeLessThan(600)
  })

  it('says all the time that it is not ready, and why', () => {
    const down = day.swept.filter(({ second }) => second > DOWN_FROM + 240 && second < DOWN_UNTIL)
    expect(new Set(down.map(({ record }) => record.status))).toEqual(new Set(['not_ready']))
    for (const { record } of down) expect(record.issues).toContain('no_usable_provider')
  })
})
