import fc from 'fast-check'
import type { Accounting } from '../../functions/core/task/accounting.ts'
import type { Fence, TaskTransition } from '../../functions/core/task/lifecycle.ts'
import type { Result } from '../../functions/core/task/task.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { anyText } from '../build/any-text.ts'
import { claimedItem, expiredItem, storedResultOf, TTL } from './builders.ts'

/** Few tasks, attempts and invocations, so that events meet one another; every text and number that is legal. */

const attempt = fc.constantFrom('attempt-1', 'attempt-1', 'attempt-1', 'attempt-2')
const invocation = fc.constantFrom('invocation-1', 'invocation-2', null)
const accounting = fc.record<Accounting>({
  invocation,
  via: fc.constantFrom('message', 'callback'),
  since: fc.integer({ min: 0, max: 2 ** 52 }),
  resultMayBeUnsent: fc.boolean(),
})
const text = anyText({ maxLength: 12 })
const json = fc.jsonValue({ maxDepth: 4 }).map((value): unknown => JSON.parse(JSON.stringify(value)))
const solution = fc.oneof(
  text,
  fc.dictionary(text, json, { maxKeys: 4 }).map((object) => ({ ...object })),
)
const ttl = fc.constantFrom(TTL, TTL, TTL, TTL, TTL, NOON / 1000 + 60, NOON / 1000)

const state = fc.constantFrom<Fence['state'][]>('claimed', 'submitted', 'submitted', 'unknown', null)
const fence = fc.record({ attempt, state })

const result = (taskId: string): fc.Arbitrary<Result> =>
  fc.oneof(
    solution.map((solution) => storedResultOf(taskId, { solution })),
    fc
      .record({ code: text, class: text, message: text, while: text }, { requiredKeys: ['code', 'class', 'message'] })
      .map((error): Result => {
        const { solution: _, usableUntil: _u, ...rest } = storedResultOf(taskId)
        return { ...rest, status: 'failed', error }
      }),
  )

const claimed = (taskId: string) =>
  fc
    .record({
      attempt,
      ttl,
      leaseUntil: fc.constantFrom(0, NOON + 30_000),
      enqueuedAt: fc.integer({ min: 0, max: 2 ** 52 }),
      charges: fc.nat(3),
      httpErrors: fc.nat(3),
      lost: fc.array(fc.record({ attempt: text, provider: text }, { requiredKeys: ['attempt'] }), { maxLength: 2 }),
    })
    .chain((facts) =>
      fc.oneof(
        fc.constant(claimedItem({ taskId, ...facts })),
        text.map((token) => claimedItem({ taskId, ...facts, token })),
      ),
    )

function taskEvent(taskId: string): fc.Arbitrary<TaskTransition> {
  const at = fc.integer({ min: 0, max: 2 ** 52 })
  const on = fc.record({ taskId: fc.constant(taskId), attempt })
  const accepted = fc.record({ provider: fc.constantFrom('captchaai', 'twocaptcha'), captchaId: text, submittedAt: at })
  const claim = fc.record({
    kind: fc.constant('claim' as const),
    item: claimed(taskId),
    fence: fc.option(fence, { nil: null }),
  })
  const settle = fc.record({
    kind: fc.constant('settle' as const),
    taskId: fc.constant(taskId),
    fence,
    by: attempt,
    result: result(taskId),
    settledAt: at,
    accounting,
  })
  const settleUnclaimed = fc
    .record({ ttl, accounting, attempt })
    .map((facts): TaskTransition => ({ kind: 'settleUnclaimed', item: expiredItem({ taskId, ...facts }) }))
  return fc.oneof(
    { weight: 4, arbitrary: claim },
    {
      weight: 5,
      arbitrary: fc
        .tuple(on, accepted)
        .map(([on, accepted]): TaskTransition => ({ kind: 'submitted', ...on, ...accepted })),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(on, fc.constantFrom('refusal' as const, 'httpError' as const))
        .map(([on, after]): TaskTransition => ({ kind: 'release', ...on, after })),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(on, text).map(([on, provider]): TaskTransition => ({ kind: 'lose', ...on, provider })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(on, fc.constantFrom('unsolvable' as const, 'lostId' as const))
        .map(([on, why]): TaskTransition => ({ kind: 'resubmit', ...on, why })),
    },
    { weight: 2, arbitrary: settle },
    { weight: 1, arbitrary: settleUnclaimed },
    {
      weight: 2,
      arbitrary: fc
        .tuple(invocation, accounting)
        .map(([from, to]): TaskTransition => ({ kind: 'transferAccounting', taskId, from, to })),
    },
  )
}

interface Step {
  /** One of these is tried: where `fitting`, the first that the lifecycle allows. */
  events: TaskTransition[]
  fitting: boolean
  /** Milliseconds that pass then: some histories live through the shorter TTLs. */
  after: number
}

export const history: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    events: fc.constantFrom('a', 'b').chain((taskId) => fc.array(taskEvent(taskId), { minLength: 8, maxLength: 8 })),
    fitting: fc.boolean(),
    after: fc.constantFrom(0, 0, 0, 1, 999, 20_000),
  }),
  { minLength: 5, maxLength: 25, size: 'max' },
)
