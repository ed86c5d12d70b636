import { describe, expect, it } from 'vitest'
import { type PollMessage, pollMessageOf } from '../../functions/core/message/poll-message.ts'
import type { TaskStore } from '../../functions/core/ports.ts'
import type { ResultAnswer } from '../../functions/core/provider/answers.ts'
import type { ProviderFailure } from '../../functions/core/provider/error-class.ts'
import type { SubmittedItem, TaskItem } from '../../functions/core/task/task.ts'
import { type PollOutcome, pollTask } from '../../functions/worker/poll-task.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { memoryProvider } from '../../sim/memory/provider.ts'
import { memoryTaskStore } from '../../sim/memory/task-store.ts'

/** Each call takes a time of its own, so that no two times of a task are equal. */
const MS = { submitted: 170, result: 350, settle: 230, resubmit: 290 }
const ENQUEUED_AT = NOON - 97_300
const SUBMITTED_AT = NOON - 41_700
const FACTS = {
  ...{ taskId: 't', method: 'turnstile', hash: 'hash', attempt: 'mine', origin: 'message-1', ttl: NOON / 1000 + 9999 },
  ...{ enqueuedAt: ENQUEUED_AT, deadlineAt: NOON + 202_700, reply: 'both' as const },
  ...{ charges: 4, uncertainCharges: 1, unsolvable: 1, lostIdResubmits: 1, httpErrors: 2 },
  lost: [{ attempt: 'before', provider: 'twocaptcha' }],
}
const SUBMITTED: SubmittedItem = {
  ...{ ...FACTS, state: 'submitted', provider: 'captchaai', captchaId: '77' },
  submittedAt: SUBMITTED_AT,
}
const poll: PollMessage = {
  ...pollMessageOf(SUBMITTED, 'the task', true),
  while: 'HTTP_500 from captchaai',
  ...{ firstPollAt: SUBMITTED_AT + 12_000, intervalSeconds: 7 },
}

interface Case {
  answer: ResultAnswer
  /** What the table holds; default: the item of the poll message. */
  item?: TaskItem | null
  changes?: Partial<PollMessage>
  /** Milliseconds from the begin of the poll to the deadline; default: 202.7 s. */
  leftMs?: number
  lastPendingAt?: number
}

async function polled({ answer, item = SUBMITTED, changes = {}, leftMs, lastPendingAt = NOON - 4600 }: Case) {
  const clock = memoryClock(NOON, { skip: true })
  const store = memoryTaskStore(() => clock.now())
  if (item !== null) store.items.set('t', item)
  const tasks: TaskStore = {
    ...store,
    async apply(transition) {
      const times: Partial<Record<string, number>> = MS
      await clock.sleep(times[transition.kind] ?? 0)
      return store.apply(transition)
    },
  }
  const provider = {
    ...memoryProvider(() => clock.now()),
    async result() {
      await clock.sleep(MS.result)
      return answer
    },
  }
  const accountingOwner = {
    takeOver: async () => ({ taken: false }),
    mayStillReport: () => false,
    hasReportedCallback: async () => false,
  }
  const { log } = memoryLog()
  const ports = { tasks, clock, log, accountingOwner, providers: [provider], pollSeconds: 3, slowSeconds: 90 }
  const asked = { ...poll, ...changes }
  const one = leftMs === undefined ? asked : { ...asked, item: { ...asked.item, deadlineAt: NOON + leftMs } }
  const outcome = await pollTask(ports, one, lastPendingAt, { id: 'invocation-2', endsAt: NOON + 18_000 })
  return { outcome, took: clock.now() - NOON, found: store.items.get('t') }
}

const told = ({ disposition, ...rest }: PollOutcome) =>
  disposition.kind === 'ack'
    ? {
        ...rest,
        send: disposition.send.map(({ queue, message }) =>
          queue === 'results' ? [queue, JSON.parse(message.body)] : [queue, message],
        ),
      }
    : { ...rest, disposition }

const ANSWERED = NOON + MS.result
const iso = (at: number) => new Date(at).toISOString()
const failing = (changes: Partial<ProviderFailure>): Extract<ResultAnswer, { kind: 'failed' }> => ({
  kind: 'failed',
  failure: { class: 'unsolvable', code: 'CODE', message: 'No.', ...changes },
})
const observed = (answer: object, at = ANSWERED) => [{ provider: 'captchaai', operation: 'result', answer, at }]
const failure = (name: string, code = 'CODE', more = {}) => observed({ kind: 'failure', class: name, code, ...more })
const POLLED = { kind: 'polled', at: ANSWERED }
const again = (seconds: number, more = {}) => ({
  disposition: { kind: 'pollAgain', seconds, isPending: false, ...more },
})
const RESULT = {
  ...{ taskId: 't', provider: 'captchaai', captchaId: '77', attempts: 4 },
  ...{ enqueuedAt: iso(ENQUEUED_AT), submittedAt: iso(SUBMITTED_AT), settledAt: iso(ANSWERED) },
}
const SPENT = { resubmitted: 2, unknown: 1 }
const OK = observed({ kind: 'ok' })
const solved: ResultAnswer = { kind: 'solved', solution: 'token' }

describe('a poll', () => {
  it.each<[string, Case, object, number]>([
    [
      'of a task that is pending is made again after the interval of its message',
      { answer: { kind: 'pending' } },
      { ...again(7, { isPending: true }), events: [POLLED], observations: OK, isRecorded: true },
      MS.result,
    ],
    [
      'shortly before the deadline is made again while a solution still helps',
      { answer: { kind: 'pending' }, leftMs: 6200 },
      { ...again(4, { isPending: true }), events: [POLLED], observations: OK, isRecorded: true },
      MS.result,
    ],
    [
      'that fails says why and is made again later; it counts nothing, for it says nothing of the account',
      { answer: failing({ class: 'transient', retryAfterSeconds: 3 }) },
      {
        ...again(14, { while: 'CODE from captchaai' }),
        events: [POLLED],
        ...{ observations: failure('transient', 'CODE', { retryAfterSeconds: 3 }), isRecorded: true },
      },
      MS.result,
    ],
    [
      'that is refused because of the account says so as of its answer',
      { answer: failing({ class: 'funds', code: 'ERROR_ZERO_BALANCE' }) },
      {
        ...again(42, { while: 'ERROR_ZERO_BALANCE from captchaai' }),
        events: [
          POLLED,
          { kind: 'pollRefused', at: ANSWERED, provider: 'captchaai', class: 'funds', code: 'ERROR_ZERO_BALANCE' },
        ],
        ...{ observations: failure('funds', 'ERROR_ZERO_BALANCE'), isRecorded: true },
      },
      MS.result,
    ],
    [
      'that finds the solution settles the task as of the answer, and is counted before the settlement',
      { answer: solved },
      {
        events: [
          POLLED,
          { kind: 'solved', at: ANSWERED, method: 'turnstile', seconds: expect.any(Number), spent: SPENT },
        ],
        send: [
          ['results', { ...RESULT, status: 'solved', solution: 'token', usableUntil: iso(NOON - 4600 + 120_000) }],
        ],
        ...{ freed: ['captchaai'], observations: OK, isRecorded: true },
      },
      MS.result + MS.settle,
    ],
    [
      'that finds the solution after the deadline counts it as late, and tells why the task was not solved before',
      { answer: solved, leftMs: 300 },
      {
        events: [
          POLLED,
          { kind: 'expired', at: ANSWERED, submittedAt: SUBMITTED_AT, counted: true, spent: SPENT },
          { kind: 'late', at: ANSWERED },
        ],
        send: [
          [
            'results',
            {
              ...{ ...RESULT, status: 'expired' },
              error: {
                ...{ code: 'DEADLINE_EXCEEDED', class: 'deadline', while: 'HTTP_500 from captchaai' },
                message: `The deadline of the task passed before it was solved. It last waited because of HTTP_500 from captchaai.`,
              },
            },
          ],
        ],
        ...{ freed: ['captchaai'], observations: OK, isRecorded: true },
      },
      MS.result + MS.settle,
    ],
    [
      'of a task that nobody could solve sends it back with its age, its origin and the reason',
      { answer: failing({}) },
      {
        events: [POLLED],
        send: [
          [
            'tasks',
            {
              ...{ body: 'the task', delaySeconds: 0 },
              attributes: {
                ...{ taskId: 't', enqueuedAt: String(ENQUEUED_AT), parks: '0', origin: 'message-1' },
                while: 'CODE from captchaai',
              },
            },
          ],
        ],
        ...{ freed: ['captchaai'], observations: failure('unsolvable'), isRecorded: true },
      },
      MS.result + MS.resubmit,
    ],
    [
      'of a captcha id that was lost before fails the task, and every charge of it is told',
      { answer: failing({ lostId: true }) },
      {
        events: [
          POLLED,
          { kind: 'failed', at: ANSWERED, class: 'unsolvable', counted: true, charged: true, spent: SPENT },
        ],
        send: [
          ['results', { ...RESULT, status: 'failed', error: { code: 'CODE', class: 'unsolvable', message: 'No.' } }],
        ],
        ...{ freed: ['captchaai'], observations: failure('unsolvable'), isRecorded: true },
      },
      MS.result + MS.settle,
    ],
  ])('%s', async (_, one, expected, took) => {
    const polledOnce = await polled(one)
    expect(told(polledOnce.outcome)).toEqual(expected)
    expect(polledOnce.took).toBe(took)
  })

  it('whose submit was not recorded records it first, with the time of the submit, and is timed from after that', async () => {
    const { submittedAt: _, captchaId: _c, state: _s, ...claimed } = SUBMITTED
    const item = { ...claimed, state: 'claimed', charges: 3, leaseUntil: NOON + 5000 } as const
    const { outcome, found, took } = await polled({ answer: { kind: 'pending' }, item, changes: { recorded: false } })
    expect(found).toEqual(SUBMITTED)
    expect(told(outcome)).toEqual({
      ...again(7, { isPending: true }),
      events: [{ kind: 'polled', at: ANSWERED + MS.submitted }],
      ...{ observations: observed({ kind: 'ok' }, ANSWERED + MS.submitted), isRecorded: true },
    })
    expect(took).toBe(MS.submitted + MS.result)
  })

  it.each([
    [89_999, 0],
    [90_000, 1],
  ])('that finds a task pending %i ms after its submit tells %i times that it is slow', async (ms, times) => {
    const submittedAt = ANSWERED - ms
    const item = { ...SUBMITTED, submittedAt }
    const changes = { item: { ...poll.item, submittedAt } }
    const { outcome } = await polled({ answer: { kind: 'pending' }, item, changes })
    const slow = { kind: 'slow', at: ANSWERED, taskId: 't', method: 'turnstile', submittedAt }
    expect(outcome.events).toEqual([POLLED, ...Array(times).fill(slow)])
  })
})

describe('the seconds until a task was solved', () => {
  it('lie between the last poll that found it pending and the one that found it solved, at most an interval and a half before', async () => {
    const secondsOf = async (lastPendingAt: number) => {
      const { outcome } = await polled({ answer: solved, lastPendingAt })
      return outcome.events.flatMap((event) => (event.kind === 'solved' ? [event.seconds] : []))
    }
    const flight = (ANSWERED - SUBMITTED_AT) / 1000
    for (const [pendingAgoMs, least] of [
      [1000, 1],
      [10_500, 10.5],
      [30_000, 10.5],
    ] as const) {
      const [seconds = 0] = await secondsOf(ANSWERED - pendingAgoMs)
      expect(seconds).toBeLessThanOrEqual(flight)
      expect(seconds).toBeGreaterThanOrEqual(flight - least)
    }
    // The same share of each span, whatever it is: 10.5 s are the most.
    expect(await secondsOf(ANSWERED - 30_000)).toEqual(await secondsOf(ANSWERED - 10_500))
    expect(await secondsOf(ANSWERED - 1000)).not.toEqual(await secondsOf(ANSWERED - 10_500))
  })
})

describe('a solution of an attempt whose answer was lost', () => {
  const found: SubmittedItem = {
    ...{ ...SUBMITTED, attempt: 'theirs', provider: 'twocaptcha', captchaId: '99', submittedAt: NOON - 8000 },
    ...{ charges: 5, uncertainCharges: 2, unsolvable: 2, lostIdResubmits: 1, reply: 'both' },
    lost: [{ attempt: 'before' }, { attempt: 'mine', provider: 'captchaai' }],
  }
  it('settles the task with what the table counts of it, and gives back the places of both attempts', async () => {
    const { outcome, found: settled } = await polled({ answer: solved, item: found })
    const at = ANSWERED + MS.settle
    expect(told(outcome)).toEqual({
      events: [
        POLLED,
        {
          ...{ kind: 'solved', at, method: 'turnstile', seconds: expect.any(Number) },
          spent: { resubmitted: 3, unknown: 1 },
        },
      ],
      send: [
        [
          'results',
          {
            ...{ ...RESULT, status: 'solved', solution: 'token', attempts: 5, settledAt: iso(at) },
            usableUntil: iso(NOON - 4600 + 120_000),
          },
        ],
      ],
      ...{ freed: ['captchaai', 'twocaptcha'], observations: OK, isRecorded: true },
    })
    const { captchaId: _c, provider: _p, submittedAt: _s, ...facts } = found
    expect(settled).toEqual({
      ...{ ...facts, state: 'solved', settledAt: at, settledBy: 'mine' },
      result: expect.objectContaining({ attempts: 5, captchaId: '77', solution: 'token' }),
      accounting: { invocation: 'invocation-2', via: 'message', since: at, resultMayBeUnsent: false },
    })
  })
})
