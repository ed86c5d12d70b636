import { describe, expect, it } from 'vitest'
import type { OutcomeEvent } from '../../../functions/core/outcome/event.ts'
import { addHistograms, combine, EMPTY_SUMMARY, type Summary } from '../../../functions/core/outcome/summary.ts'
import { summarise } from '../../../functions/core/outcome/summary-of.ts'
import { MINUTE, NOON } from '../../build/evidence.ts'
import { accepted, expired, failed, parked, polled, received, slow, solved } from '../../build/outcomes.ts'

const spent = { resubmitted: 2, unknown: 1 }
const FROM = 'captchaai'
const refused = (name: 'task' | 'auth' | 'funds' | 'transient' | 'uncertain' | 'capacity', isSlow?: boolean) =>
  ({
    kind: 'refused',
    at: NOON,
    provider: FROM,
    class: name,
    code: 'CODE',
    ...(isSlow === undefined ? {} : { isSlow }),
  }) as const
const account = (name: 'auth' | 'funds') => ({ [FROM]: { at: NOON, refusal: { class: name, code: 'CODE' } } })
const failedBy = (name: 'task' | 'unsolvable' | 'transient' | 'uncertain', counted: boolean, charged = false) =>
  ({ kind: 'failed', at: NOON, class: name, counted, charged, spent }) as const
const change = { at: NOON, what: 'mode', provider: '', from: 'normal', to: 'degraded', cause: 'x' } as const

describe('one event counts', () => {
  it.each<[string, OutcomeEvent, Partial<Summary>]>([
    ['a task that is received', received(NOON), { received: 1 }],
    ['a duplicate', { kind: 'duplicate', at: NOON }, { duplicates: 1 }],
    ['a message that is no task', { kind: 'invalid', at: NOON, code: 'X' }, { invalid: 1, lastClientErrorAt: NOON }],
    ['a dead letter', { kind: 'deadLettered', at: NOON }, { deadLettered: 1 }],
    [
      'an accepted submit',
      accepted(NOON),
      { accepted: 1, lastWorkingSubmitAt: NOON, accountAnswers: { [FROM]: { at: NOON, refusal: null } } },
    ],
    [
      'one whose answer took long',
      { kind: 'accepted', at: NOON, provider: FROM, isSlow: true },
      {
        ...{ accepted: 1, lastWorkingSubmitAt: NOON, slowSubmits: { [FROM]: 1 } },
        accountAnswers: { [FROM]: { at: NOON, refusal: null } },
      },
    ],
    [
      'a submit that is refused for the task’s own fault: the way to the provider works',
      refused('task', false),
      { refusedByClass: { task: 1 }, lastWorkingSubmitAt: NOON },
    ],
    [
      'one that is refused for the key',
      refused('auth'),
      { refusedByClass: { auth: 1 }, accountAnswers: account('auth') },
    ],
    [
      'one that is refused for lack of money',
      refused('funds'),
      { refusedByClass: { funds: 1 }, accountAnswers: account('funds') },
    ],
    ['one that was refused because all solvers are busy', refused('capacity'), { refusedByClass: { capacity: 1 } }],
    ['one that failed on the way', refused('transient'), { refusedByClass: { transient: 1 }, lost: { [FROM]: 1 } }],
    [
      'one whose answer was lost, after a long wait',
      refused('uncertain', true),
      { refusedByClass: { uncertain: 1 }, lost: { [FROM]: 1 }, slowSubmits: { [FROM]: 1 } },
    ],
    [
      'a poll that is refused for the key',
      { kind: 'pollRefused', at: NOON, provider: FROM, class: 'auth', code: 'CODE' },
      { accountAnswers: account('auth') },
    ],
    ['a task that goes back to the queue', parked(NOON, NOON - 7), { parked: 1, oldestParkedAt: NOON - 7 }],
    [
      'a task that is slow, by the minute of its poll',
      slow(NOON + MINUTE - 1, 't', 5),
      { slow: [{ taskId: 't', method: 'userrecaptcha', submittedAt: 5, seenAt: NOON }] },
    ],
    [
      'a slow task of a method that nobody knows',
      slow(NOON, 't', 5, 'made up'),
      { slow: [{ taskId: 't', method: 'other', submittedAt: 5, seenAt: NOON }] },
    ],
    ['a change of the fleet', { kind: 'changed', ...change }, { changes: [change] }],
    ['a poll', polled(NOON), { polled: 1 }],
    [
      'a failure that counts, of an accepted task',
      failedBy('unsolvable', true, true),
      {
        ...{ ...spent, failed: 1, failedCharged: 1, failedByClass: { unsolvable: 1 } },
        ...{ counted: 1, trailingFailures: 1, lastFailureAt: NOON },
      },
    ],
    [
      'a failure on the way that counts',
      failedBy('transient', true),
      {
        ...{ ...spent, failed: 1, failedByClass: { transient: 1 }, counted: 1, lastFailureAt: NOON },
        ...{ trailingFailures: 1, trailingTransport: 1 },
      },
    ],
    [
      'one on the way that does not count',
      failedBy('uncertain', false),
      { ...spent, failed: 1, failedByClass: { uncertain: 1 } },
    ],
    [
      'a task that fails by its own fault',
      failedBy('task', false),
      { ...spent, failed: 1, failedByClass: { task: 1 }, lastClientErrorAt: NOON },
    ],
    [
      'a task that expires while it waits',
      { kind: 'expired', at: NOON, submittedAt: null, counted: false, spent },
      { ...spent, expiredWaiting: 1 },
    ],
    [
      'one that expires after a short flight',
      { kind: 'expired', at: NOON, submittedAt: 5, counted: false, spent },
      { ...spent, expiredSubmitted: 1 },
    ],
    [
      'one that expires after a flight of the usual time',
      { kind: 'expired', at: NOON, submittedAt: 5, counted: true, spent },
      {
        ...{ ...spent, expiredSubmitted: 1, counted: 1, trailingFailures: 1 },
        ...{ lastFailureAt: NOON, lastExpiredSubmittedAt: 5 },
      },
    ],
    ['an answer that comes too late', { kind: 'late', at: NOON }, { late: 1 }],
    ['a fault of our own', { kind: 'fault', at: NOON }, { faults: 1 }],
  ])('%s, and nothing else', (_, event, counts) => {
    expect(summarise([event])).toEqual({ ...EMPTY_SUMMARY, ...counts })
  })

  it.each([
    [-0.25, 0, 0],
    [0, 0, 0],
    [2, 0, 2000],
    [2.001, 1, 2001],
    [8.5006, 2, 8501],
    [300, 12, 300_000],
    [300.001, 13, 300_001],
    [9999, 13, 9_999_000],
  ])(
    'a solve of %d s counts in class %i of its method, %i ms in the sum, and with what its task spent',
    (seconds, place, ms) => {
      const times = Array.from({ length: 14 }, (_, n) => (n === place ? 1 : 0))
      const timed = { solveSeconds: { userrecaptcha: times }, solveMs: { userrecaptcha: ms } }
      expect(summarise([{ ...solved(NOON, seconds), spent }])).toEqual({
        ...EMPTY_SUMMARY,
        ...{ ...spent, solved: 1, lastSolveAt: NOON, ...timed },
      })
    },
  )
})

describe('two summaries in one', () => {
  const later = (earlierAt: number | null, laterAt: number | null, name: keyof Summary) =>
    combine({ ...EMPTY_SUMMARY, [name]: earlierAt }, { ...EMPTY_SUMMARY, [name]: laterAt })[name]

  it.each([
    'lastFailureAt',
    'lastSolveAt',
    'lastWorkingSubmitAt',
    'lastClientErrorAt',
    'lastExpiredSubmittedAt',
  ] as const)('have the latest %s of both, in whatever order invocations wrote them', (name) => {
    expect([later(null, null, name), later(3, null, name), later(null, 3, name)]).toEqual([null, 3, 3])
    expect([later(3, 5, name), later(5, 3, name)]).toEqual([5, 5])
  })

  it('have the answer that was written last where two answers about an account have one time', () => {
    const [good, bad] = [accepted(NOON), refused('auth')]
    expect(summarise([good, bad]).accountAnswers).toEqual(account('auth'))
    expect(summarise([bad, good]).accountAnswers).toEqual({ [FROM]: { at: NOON, refusal: null } })
  })

  it('add what was lost and what was slow by provider, and failures and refusals by class', () => {
    const of = (more: number) => ({
      ...EMPTY_SUMMARY,
      ...{ lost: { a: 1, [`b${more}`]: more }, slowSubmits: { a: 2, [`b${more}`]: more } },
      ...{ failedByClass: { task: 1 }, refusedByClass: { auth: more, rate: 2 } },
    })
    expect(combine(of(3), of(4))).toEqual({
      ...EMPTY_SUMMARY,
      ...{ lost: { a: 2, b3: 3, b4: 4 }, slowSubmits: { a: 4, b3: 3, b4: 4 } },
      ...{ failedByClass: { task: 2 }, refusedByClass: { auth: 7, rate: 4 } },
    })
  })

  it('add the sums of solve times by method', () => {
    const of = (solveMs: Record<string, number>) => ({ ...EMPTY_SUMMARY, solveMs })
    const both = combine(of({ turnstile: 1500, bls: 20 }), of({ turnstile: 250, other: 7 }))
    expect(both).toEqual(of({ turnstile: 1750, bls: 20, other: 7 }))
  })

  it('add histograms class by class, whichever of them is longer', () => {
    expect([addHistograms([1, 2], [10, 20, 30]), addHistograms([10, 20, 30], [1, 2])]).toEqual([
      [11, 22, 30],
      [11, 22, 30],
    ])
    expect(addHistograms([], [])).toEqual([])
  })

  it('order slow tasks by the latest minute, then the earliest submit, then the id, whichever was recorded first', () => {
    const tasks = [slow(NOON, 'b', 1), slow(NOON, 'c', 0), slow(NOON + MINUTE, 'd', 9), slow(NOON, 'a', 1)]
    for (const events of [tasks, tasks.toReversed()])
      expect(summarise(events).slow.map(({ taskId }) => taskId)).toEqual(['d', 'c', 'a', 'b'])
  })

  it('leave the slow tasks of the later one alone where something was solved in it', () => {
    const seen = combine(summarise([slow(NOON, 'old', 1)]), summarise([solved(NOON), slow(NOON, 'new', 2)]))
    expect(seen.slow.map(({ taskId }) => taskId)).toEqual(['new'])
  })

  it('count the streak from the last solve on, and the tasks parked from the last working submit on', () => {
    const streak = summarise([failed(1), failed(2)])
    expect(combine(streak, summarise([failed(3)]))).toMatchObject({ trailingFailures: 3 })
    expect(combine(streak, summarise([solved(3), expired(4, 1)]))).toMatchObject({ trailingFailures: 1 })
    const parkedAt = (...times: number[][]) =>
      times.map((ats) => summarise(ats.map((at) => parked(9, at)))).reduce(combine).oldestParkedAt
    expect([parkedAt([5], [9]), parkedAt([9], [5]), parkedAt([5], []), parkedAt([], [5])]).toEqual([5, 5, 5, 5])
    expect(combine(summarise([parked(1, 5)]), summarise([accepted(2)])).oldestParkedAt).toBeNull()
  })
})
