import { describe, expect, it } from 'vitest'
import type { OutcomeEvent } from '../../functions/core/outcome/event.ts'
import { accepted, expired, failed, polled, received, solved } from '../build/outcomes.ts'
import { sweptFleet } from './swept-fleet.ts'

type Swept = ReturnType<typeof sweptFleet>
const times = (count: number, event: OutcomeEvent): OutcomeEvent[] => Array.from({ length: count }, () => event)
const now = ({ clock }: Swept) => clock.now()

/** Drives a rule to red, and says by what it ends; docs/runbook.md tells the same under "Ends." */
interface Course {
  rule: string
  toRed: (fleet: Swept) => Promise<unknown>
  by: string
  toReady: (fleet: Swept) => Promise<unknown>
}
const courses: Course[] = [
  {
    rule: 'consecutive_failures',
    async toRed(fleet) {
      // Five at a time, with six minutes between, so that there is no error rate.
      await fleet.write(times(5, failed(now(fleet))))
      await fleet.sweepAfter(360)
      await fleet.write(times(5, failed(now(fleet))))
    },
    by: 'the first solve',
    toReady: (fleet) => fleet.write([solved(now(fleet))]),
  },
  {
    rule: 'no_solve_for',
    async toRed(fleet) {
      fleet.queues.polls = 1
      for (let minutes = 0; minutes < 10; minutes += 1) {
        await fleet.write([polled(now(fleet))])
        await fleet.sweepAfter(60)
      }
    },
    by: 'the first solve',
    async toReady(fleet) {
      fleet.queues.polls = 0
      await fleet.write([solved(now(fleet))])
    },
  },
  {
    rule: 'stalled_for',
    async toRed(fleet) {
      fleet.queues.tasks = 5
      for (let minutes = 0; minutes < 3; minutes += 1) await fleet.sweepAfter(60)
    },
    by: 'a submit that the provider accepts',
    toReady: (fleet) => fleet.write([accepted(now(fleet))]),
  },
  {
    rule: 'stalled_for',
    async toRed(fleet) {
      fleet.queues.tasks = 5
      for (let minutes = 0; minutes < 3; minutes += 1) await fleet.sweepAfter(60)
    },
    by: "a submit that the provider refuses for the task's own fault",
    toReady: (fleet) =>
      fleet.write([{ kind: 'refused', at: now(fleet), provider: 'captchaai', class: 'task', code: 'ERROR_PAGEURL' }]),
  },
  {
    rule: 'stalled_for',
    async toRed(fleet) {
      fleet.queues.tasks = 5
      for (let minutes = 0; minutes < 3; minutes += 1) await fleet.sweepAfter(60)
    },
    by: 'an empty queue',
    async toReady(fleet) {
      fleet.queues.tasks = 0
    },
  },
  {
    rule: 'overdue',
    toRed: (fleet) => fleet.write([expired(now(fleet), now(fleet) - 300_000)]),
    by: 'the first solve',
    toReady: (fleet) => fleet.write([solved(now(fleet))]),
  },
  {
    rule: 'error_rate',
    async toRed(fleet) {
      await fleet.write([...times(9, failed(now(fleet))), solved(now(fleet)), ...times(9, failed(now(fleet)))])
      await fleet.sweepAfter(60)
    },
    by: 'five minutes in which fewer than ten tasks are settled',
    async toReady(fleet) {
      for (let minutes = 0; minutes < 3; minutes += 1) await fleet.sweepAfter(60)
    },
  },
  {
    rule: 'queue_full',
    async toRed(fleet) {
      await fleet.write([accepted(now(fleet))])
      fleet.queues.tasks = 1000
    },
    by: 'one waiting task less than queueCapacity',
    async toReady(fleet) {
      fleet.queues.tasks = 999
      await fleet.write([accepted(now(fleet))])
    },
  },
]

/** The issues that compare a changing number with a threshold; every other one ends by a proof, which does not flap. */
const HELD: readonly string[] = ['error_rate', 'queue_full']

describe.each(courses)('$rule ends by $by', ({ toRed, toReady, rule }) => {
  it('and ready is shown by the next sweep, or as soon as leaveNotReadySweeps allows it where it is held', async () => {
    const fleet = sweptFleet()
    await fleet.sweepAfter(0)
    await toRed(fleet)
    const red = await fleet.sweepAfter(60)
    expect(red.status).toBe('not_ready')
    expect(red.issues.map((issue) => issue.split('=')[0])).toContain(rule)
    await toReady(fleet)
    const sweeps = [await fleet.sweepAfter(60), await fleet.sweepAfter(60)]
    const isHeld = HELD.includes(rule)
    expect(sweeps.map(({ status }) => status === 'not_ready')).toEqual([isHeld, false])
  })
})

it('error_rate of a fleet in which nothing was solved ends by three solves, whatever the last five minutes were', async () => {
  const fleet = sweptFleet()
  await fleet.sweepAfter(0)
  for (const _ of [1, 2]) {
    await fleet.write(times(20, failed(now(fleet))))
    await fleet.sweepAfter(60)
  }
  const red = await fleet.sweepAfter(1)
  expect(red.issues).toEqual(['consecutive_failures=40', 'error_rate=1.00'])
  const at = () => now(fleet) + 1000
  await fleet.write([solved(at()), solved(at())], { at: at() })
  expect((await fleet.sweepAfter(60)).issues).toEqual(['error_rate=0.95'])
  await fleet.write([solved(at())], { at: at() })
  expect(await fleet.sweepAfter(60)).toMatchObject({ status: 'ready', issues: [], mode: 'normal' })
  await fleet.write([...times(9, failed(at())), solved(at())], { at: at() })
  await fleet.sweepAfter(60)
  expect((await fleet.sweepAfter(60)).issues).toEqual(['error_rate=0.69'])
})

it('everything failed last and nobody asks: one hour later the fleet is degraded with the warning unproven, and the next failure brings the issue back at once (row 65)', async () => {
  const fleet = sweptFleet()
  await fleet.write(times(12, failed(now(fleet))))
  expect((await fleet.sweepAfter(60)).issues).toEqual(['consecutive_failures=12'])
  for (let minutes = 2; minutes < 60; minutes += 1) expect((await fleet.sweepAfter(60)).status).toBe('not_ready')
  await fleet.sweepAfter(60)
  const old = await fleet.sweepAfter(60)
  expect(old).toMatchObject({ status: 'degraded', issues: [], warnings: ['unproven=3660s'] })
  fleet.queues.polls = 1
  await fleet.write([received(now(fleet)), accepted(now(fleet))])
  expect((await fleet.sweepAfter(60)).status).toBe('degraded')
  fleet.queues.polls = 0
  await fleet.write([failed(now(fleet))])
  expect((await fleet.sweepAfter(60)).issues).toEqual(['consecutive_failures=13'])
})

describe('one bad client alone keeps the queue busy for an hour: ready, with the warning client_errors (row 64)', () => {
  const invalid = (at: number): OutcomeEvent[] => [{ kind: 'invalid', at, code: 'INVALID_TASK' }]
  const ownFault = (at: number): OutcomeEvent[] => [
    received(at),
    { kind: 'refused', at, provider: 'captchaai', class: 'task', code: 'ERROR_PAGEURL' },
    failed(at, false),
  ]
  it.each([
    ['messages that are no tasks', invalid],
    ['tasks that the provider refuses for their own fault', ownFault],
  ])('50 %s a second', async (_, message) => {
    const fleet = sweptFleet()
    fleet.queues.tasks = 120
    for (let sweep = 1; sweep <= 60; sweep += 1) {
      for (let second = 0; second < 60; second += 10) {
        const at = now(fleet) + second * 1000
        await fleet.write(Array.from({ length: 500 }, () => message(at)).flat(), { at })
      }
      const { status, issues, warnings, evidence } = await fleet.sweepAfter(60)
      const seen = { sweep, status, issues, warnings, demandSeconds: evidence.demandSeconds }
      expect(seen).toEqual({ sweep, status: 'ready', issues: [], warnings: ['client_errors=1.00'], demandSeconds: 0 })
    }
  })
})
