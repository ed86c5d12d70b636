import { describe, expect, it } from 'vitest'
import type { TaskStore } from '../../functions/core/ports.ts'
import type { SubmitAnswer } from '../../functions/core/provider/answers.ts'
import type { ProviderFailure } from '../../functions/core/provider/error-class.ts'
import type { TaskItem } from '../../functions/core/task/task.ts'
import type { Paid } from '../../functions/submit/pay.ts'
import { type Offer, processTask } from '../../functions/submit/process-task.ts'
import { parseTaskMessage } from '../../functions/submit/task-message.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { defaultObserveSettings } from '../../sim/memory/observe-settings.ts'
import { memoryProvider } from '../../sim/memory/provider.ts'
import { memoryTaskStore } from '../../sim/memory/task-store.ts'
import { NOTHING_CHARGED } from '../build/nothing-charged.ts'
import { recaptcha } from '../small-fleet.ts'

/** Each call takes a time of its own, so that no two times of a task are equal. */
const MS = { claim: 130, call: 800, submitted: 170, release: 190, lose: 210, settle: 230, settleUnclaimed: 250 }
const ENQUEUED_AT = NOON - 47_300
const body = JSON.stringify(recaptcha({ taskId: 't', deadlineSeconds: 120, reply: 'both' }))
const message = {
  ...{ messageId: 'message-3', receipt: 'r', receiveCount: 1, sentAt: NOON - 2100, body },
  attributes: {
    enqueuedAt: String(ENQUEUED_AT),
    parks: '2',
    origin: 'message-1',
    unpaid: 'attempt-0',
    while: 'paused',
  },
}
const FACTS = {
  ...{ taskId: 't', method: 'userrecaptcha', hash: 'hash', attempt: 'attempt-1', origin: 'message-1' },
  ...{ enqueuedAt: ENQUEUED_AT, deadlineAt: ENQUEUED_AT + 120_000, reply: 'both' as const },
  ...NOTHING_CHARGED,
  ttl: NOON / 1000 + 15 * 86_400,
} as const
/** The copy of the parked message. */
const parked = (delaySeconds: number, changes: Record<string, string> = {}) => ({
  queue: 'tasks',
  message: { body, delaySeconds, attributes: { ...message.attributes, taskId: 't', parks: '3', ...changes } },
})

interface Case {
  answer?: SubmitAnswer
  /** The item that the table has of the task. */
  item?: TaskItem
  /** Milliseconds until the deadline; default: 72.7 s. */
  leftMs?: number
  offer?: Partial<Offer>
  /** Writes that are not answered. */
  silent?: readonly string[]
  startsAt?: number
  rebuyUnknown?: number
}

async function processed({ answer, item, leftMs, offer = {}, silent = [], startsAt = NOON, rebuyUnknown = 1 }: Case) {
  const clock = memoryClock(startsAt, { skip: true })
  const store = memoryTaskStore(() => clock.now())
  if (item !== undefined) store.items.set('t', item)
  const tasks: TaskStore = {
    ...store,
    async apply(transition) {
      const times: Partial<Record<string, number>> = MS
      await clock.sleep(times[transition.kind] ?? 0)
      if (silent.includes(transition.kind)) throw new TypeError('no answer')
      return store.apply(transition)
    },
  }
  const provider = {
    ...memoryProvider(() => clock.now()),
    async submit() {
      await clock.sleep(MS.call)
      return answer ?? ({ kind: 'accepted', captchaId: '77' } as const)
    },
  }
  const { log, lines } = memoryLog()
  let secrets = 0
  const parsed = parseTaskMessage(message, () => 'hash')
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.join())
  const taskMessage = leftMs === undefined ? parsed : { ...parsed, deadlineAt: NOON + leftMs }
  const nobody = () => Promise.reject(new Error('not asked'))
  const paid = await processTask(
    {
      ...{
        tasks,
        clock,
        log,
        digest: () => 'hash',
        ids: { secret: () => `attempt-${++secrets}`, fraction: () => 0.5 },
      },
      ...{ recordOutcome: nobody, sendReport: nobody, turns: { take: nobody } },
      admitter: { reserve: nobody, keepPlace: nobody, control: nobody },
      accountingOwner: { takeOver: nobody, hasReportedCallback: nobody, mayStillReport: () => false },
      sender: { send: nobody },
      settings: {
        ...{ worker: 'w', timeoutSeconds: 18, providerTimeoutSeconds: 10, maxReceiveCount: 10, maxInFlight: 100 },
        ...{ rebuyUnknown, spendPerHour: null, spendPerDay: null, firstPollSeconds: null, pollSeconds: null },
        ...defaultObserveSettings,
      },
    },
    taskMessage,
    {
      ...{ provider, waiting: { class: 'inflight', while: 'max_in_flight=9' }, turn: undefined },
      polls: { waits: { userrecaptcha: { first: 16.5, interval: 4.5, fast: 3 } }, callbacks: false },
      ...offer,
    },
    { id: 'invocation-1', endsAt: NOON + 18_000 },
  )
  return { paid, found: store.items.get('t'), took: clock.now() - NOON, lines }
}

/** What has been paid for, with the bodies of poll messages and results as what they say. */
function told({ disposition, ...rest }: Paid) {
  if (disposition.kind !== 'ack') return { disposition, ...rest }
  const send = disposition.send.map(({ queue, message: one }) => ({
    queue,
    message: queue === 'tasks' ? one : { ...one, body: JSON.parse(one.body) },
  }))
  return { send, ...rest }
}

const ANSWERED = NOON + MS.claim + MS.call
const failure = (changes: Partial<ProviderFailure>): ProviderFailure => ({
  ...{ class: 'capacity', code: 'CODE', message: 'No.' },
  ...changes,
})
const observed = (answer: object) => [{ provider: 'captchaai', operation: 'submit', answer, at: ANSWERED }]
const refusedAs = (name: string, code: string) => ({
  ...{ kind: 'refused', at: ANSWERED, provider: 'captchaai', class: name, code, isSlow: false },
})
const failedAs = (name: string, code: string, more = {}) => observed({ kind: 'failure', class: name, code, ...more })
const parkedAt = (at: number) => ({ kind: 'parked', at, enqueuedAt: ENQUEUED_AT })
const SPENT_NOTHING = { resubmitted: 0, unknown: 0 }
const SUBMITTED = { ...FACTS, state: 'submitted', charges: 1, provider: 'captchaai', captchaId: '77' } as const
const firstPoll = (sentAt: number, seconds: number, more: object = {}, deadlineAt: number = FACTS.deadlineAt) => ({
  queue: 'polls',
  message: {
    body: {
      ...{ item: { ...SUBMITTED, submittedAt: ANSWERED, deadlineAt }, recorded: true, body },
      ...{ firstPollAt: sentAt + seconds * 1000, intervalSeconds: 4.5, ...more },
    },
    delaySeconds: seconds,
  },
})
const ACCEPTED = {
  events: [{ kind: 'accepted', at: ANSWERED, provider: 'captchaai', isSlow: false }],
  observations: observed({ kind: 'ok' }),
  ...{ mayBeCharged: true, isInFlight: true },
}
const RESULT = {
  ...{ taskId: 't', enqueuedAt: new Date(ENQUEUED_AT).toISOString() },
  status: 'failed',
}
const iso = (at: number) => new Date(at).toISOString()
const CLAIMED = { ...FACTS, state: 'claimed', leaseUntil: NOON + 30_000, provider: 'captchaai' } as const

describe('a task message that is paid for', () => {
  it.each<[string, Case, object, number]>([
    [
      'is accepted: in flight, polled at the observed times, which count from the moment of the send',
      {},
      { ...ACCEPTED, send: [firstPoll(ANSWERED + MS.submitted, 17)] },
      ANSWERED + MS.submitted,
    ],
    [
      'is accepted shortly before its deadline: what the record took is taken off the time until the first poll',
      { leftMs: 13_000 },
      { ...ACCEPTED, send: [firstPoll(ANSWERED + MS.submitted, 10, {}, NOON + 13_000)] },
      ANSWERED + MS.submitted,
    ],
    [
      'is refused: not charged, released, and parked with the reason and the unpaid attempt',
      { answer: { kind: 'refused', failure: failure({ retryAfterSeconds: 14 }) } },
      {
        events: [refusedAs('capacity', 'CODE'), parkedAt(ANSWERED + MS.release)],
        observations: failedAs('capacity', 'CODE', { retryAfterSeconds: 14 }),
        ...{ mayBeCharged: false, isInFlight: false },
        send: [parked(14, { unpaid: 'attempt-0,attempt-1', while: 'capacity from captchaai' })],
      },
      ANSWERED + MS.release,
    ],
    [
      'is refused, of class uncertain: not charged all the same',
      { answer: { kind: 'refused', failure: failure({ class: 'uncertain' }) } },
      {
        events: [refusedAs('uncertain', 'CODE'), parkedAt(ANSWERED + MS.release)],
        observations: failedAs('uncertain', 'CODE'),
        ...{ mayBeCharged: false, isInFlight: false },
        send: [parked(12, { unpaid: 'attempt-0,attempt-1', while: 'CODE from captchaai' })],
      },
      ANSWERED + MS.release,
    ],
    [
      'is refused for its own fault: failed and told so, not charged',
      { answer: { kind: 'refused', failure: failure({ class: 'task' }) } },
      {
        events: [
          refusedAs('task', 'CODE'),
          { kind: 'failed', at: ANSWERED, class: 'task', counted: false, charged: false, spent: SPENT_NOTHING },
        ],
        observations: failedAs('task', 'CODE'),
        ...{ mayBeCharged: false, isInFlight: false },
        send: [
          {
            queue: 'results',
            message: {
              body: {
                ...RESULT,
                error: { code: 'CODE', class: 'task', message: 'No.' },
                ...{ provider: 'captchaai', attempts: 0, settledAt: iso(ANSWERED) },
              },
            },
          },
        ],
      },
      ANSWERED + MS.settle,
    ],
    [
      'is answered with an HTTP error: perhaps charged, and parked without the attempt',
      { answer: { kind: 'httpError', failure: failure({ class: 'transient', code: 'HTTP_503' }) } },
      {
        events: [refusedAs('transient', 'HTTP_503'), parkedAt(ANSWERED + MS.release)],
        observations: failedAs('transient', 'HTTP_503'),
        ...{ mayBeCharged: true, isInFlight: false },
        // 5 s, and half as much more with each park.
        send: [parked(12, { while: 'HTTP_503 from captchaai' })],
      },
      ANSWERED + MS.release,
    ],
    [
      'is answered with an HTTP error once too often: as if the answer were lost',
      {
        item: { ...CLAIMED, attempt: 'before', leaseUntil: 0, httpErrors: 5 },
        answer: { kind: 'httpError', failure: failure({ class: 'transient', code: 'HTTP_503' }) },
      },
      {
        events: [
          { ...refusedAs('uncertain', 'HTTP_503'), at: ANSWERED + MS.claim },
          parkedAt(ANSWERED + MS.claim + MS.lose),
        ],
        observations: failedAs('uncertain', 'HTTP_503').map((one) => ({ ...one, at: ANSWERED + MS.claim })),
        ...{ mayBeCharged: true, isInFlight: false },
        send: [parked(12, { while: 'HTTP_503 from captchaai' })],
      },
      ANSWERED + MS.claim + MS.lose,
    ],
    [
      'is not answered: perhaps charged, and parked without the attempt',
      { answer: { kind: 'lost', failure: failure({ class: 'uncertain', code: 'TIMEOUT' }) } },
      {
        events: [refusedAs('uncertain', 'TIMEOUT'), parkedAt(ANSWERED + MS.lose)],
        observations: failedAs('uncertain', 'TIMEOUT'),
        ...{ mayBeCharged: true, isInFlight: false },
        send: [parked(12, { while: 'TIMEOUT from captchaai' })],
      },
      ANSWERED + MS.lose,
    ],
    [
      'is not answered for the second time: failed, and its client is told of both possible charges',
      {
        item: {
          ...{ ...FACTS, state: 'unknown', attempt: 'before', charges: 1, uncertainCharges: 1 },
          lost: [{ attempt: 'before', provider: 'twocaptcha' }],
        },
        answer: { kind: 'lost', failure: failure({ class: 'uncertain', code: 'TIMEOUT' }) },
      },
      {
        events: [
          { ...refusedAs('uncertain', 'TIMEOUT'), at: ANSWERED + MS.claim },
          {
            ...{ kind: 'failed', at: ANSWERED + MS.claim, class: 'uncertain', counted: true, charged: false },
            spent: { resubmitted: 0, unknown: 2 },
          },
        ],
        observations: failedAs('uncertain', 'TIMEOUT').map((one) => ({ ...one, at: ANSWERED + MS.claim })),
        ...{ mayBeCharged: true, isInFlight: false },
        send: [
          {
            queue: 'results',
            message: {
              body: {
                ...RESULT,
                error: { code: 'SUBMIT_UNKNOWN', class: 'uncertain', message: expect.any(String) },
                ...{ provider: 'captchaai', attempts: 2, settledAt: iso(ANSWERED + MS.claim) },
              },
            },
          },
        ],
      },
      ANSWERED + MS.claim + MS.settle,
    ],
  ])('%s', async (_, one, expected, endsAt) => {
    const { paid, took } = await processed(one)
    expect(told(paid)).toEqual(expected)
    expect(took).toBe(endsAt - NOON)
  })

  it('is accepted and cannot be recorded: polled after a second, and from then on as if it had been', async () => {
    const { paid, took } = await processed({ silent: ['submitted'] })
    const repair = { recorded: false, regularFrom: ANSWERED + 17_000 }
    expect(told(paid)).toEqual({ ...ACCEPTED, send: [firstPoll(NOON + took, 1, repair)] })
    // Eight tries, and seven pauses of 0.25 s between them.
    expect(took).toBe(MS.claim + MS.call + 8 * MS.submitted + 7 * 250)
  })
})

describe('a task message that may not be paid for now', () => {
  const NOT_USED = { mayBeCharged: false, isInFlight: false }

  it.each<[string, Case, object, number]>([
    [
      'waits for its turn, with that reason',
      { offer: { provider: null, turn: 33 } },
      { events: [parkedAt(NOON)], send: [parked(33, { while: 'max_in_flight=9' })] },
      0,
    ],
    [
      'and whose claim was not answered waits, and its copy says that the attempt is unpaid',
      { silent: ['claim'] },
      {
        events: [{ kind: 'fault', at: NOON + MS.claim }, parkedAt(NOON + MS.claim)],
        send: [parked(12, { unpaid: 'attempt-0,attempt-1', while: 'table_unreachable' })],
      },
      MS.claim,
    ],
    [
      'because its deadline has just passed expires, and says why it last waited',
      { leftMs: 0 },
      {
        events: [{ kind: 'expired', at: NOON, submittedAt: null, counted: false, spent: SPENT_NOTHING }],
        send: [
          {
            queue: 'results',
            message: {
              body: {
                ...RESULT,
                status: 'expired',
                error: {
                  ...{ code: 'DEADLINE_EXCEEDED', class: 'deadline', while: 'paused' },
                  message: 'The deadline of the task passed before it was solved. It last waited because of paused.',
                },
                ...{ attempts: 0, settledAt: iso(NOON) },
              },
            },
          },
        ],
      },
      MS.settleUnclaimed,
    ],
    [
      'because a claim of another client’s message holds it is a duplicate',
      { item: { ...CLAIMED, attempt: 'theirs', origin: 'message-0' } },
      { events: [{ kind: 'duplicate', at: NOON + MS.claim }], send: [] },
      MS.claim,
    ],
    [
      'because a claim of the same message holds it waits for the end of its lease',
      { item: { ...CLAIMED, attempt: 'theirs' } },
      { events: [parkedAt(NOON + MS.claim)], send: [parked(30)] },
      MS.claim,
    ],
  ])('%s', async (_, one, expected, ms) => {
    const { paid, took } = await processed(one)
    expect(told(paid)).toEqual({ ...NOT_USED, ...expected })
    expect(took).toBe(ms)
  })
})

describe('the item of an attempt', () => {
  it.each([
    [0, 0],
    [1, 1],
    [999, 1],
    [1000, 1],
  ])(
    'that is claimed %i ms after a second lives 15 days from second %i on: never a part of one less',
    async (ms, on) => {
      const { found } = await processed({ startsAt: NOON + ms })
      expect(found?.ttl).toBe(FACTS.ttl + on)
    },
  )

  it('that is lost is remembered with its own provider, beside one that was lost at another', async () => {
    const before = {
      ...FACTS,
      state: 'unknown',
      attempt: 'before',
      charges: 3,
      uncertainCharges: 1,
      unsolvable: 2,
    } as const
    const lost = [{ attempt: 'before', provider: 'twocaptcha' }]
    const answer = { kind: 'lost', failure: failure({ class: 'uncertain', code: 'TIMEOUT' }) } as const
    const { found } = await processed({ item: { ...before, lost }, answer, rebuyUnknown: 2 })
    expect(found).toEqual({
      ...before,
      ...{ attempt: 'attempt-1', charges: 4, uncertainCharges: 2 },
      lost: [...lost, { attempt: 'attempt-1', provider: 'captchaai' }],
    })
  })

  it('that takes the place of an older one lives as long as one without', async () => {
    const { found } = await processed({
      item: { ...FACTS, state: 'unknown', attempt: 'before', ttl: FACTS.ttl - 5000 },
    })
    expect(found).toEqual({ ...SUBMITTED, submittedAt: ANSWERED + MS.claim })
  })
})
