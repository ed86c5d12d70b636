import * as fc from 'fast-check'
import type { OutcomeEvent } from '../../functions/core/outcome/event.ts'
import type { OutcomeItem } from '../../functions/core/outcome/summary.ts'
import { summarise } from '../../functions/core/outcome/summary-of.ts'
import type { FailureClass } from '../../functions/core/provider/error-class.ts'
import { HOUR, NOON } from '../build/evidence.ts'

const classes: FailureClass[] = ['unsolvable', 'transient', 'task', 'uncertain', 'capacity', 'auth', 'deadline']
const anySpent = fc.record({ resubmitted: fc.nat(2), unknown: fc.nat(1) })
const anyProvider = fc.constantFrom('captchaai', 'twocaptcha')
const anyMethod = fc.constantFrom('userrecaptcha', 'turnstile', 'made up', '__proto__')
/** Coarse, so that many fall together. */
const anyTime = fc.nat(240).map((half) => NOON - HOUR + half * 30_000)

export const anyHappening: fc.Arbitrary<OutcomeEvent> = anyTime.chain((at) =>
  fc.oneof(
    fc.constantFrom<OutcomeEvent>(
      { kind: 'received', at },
      { kind: 'duplicate', at },
      { kind: 'deadLettered', at },
      { kind: 'polled', at },
      { kind: 'late', at },
      { kind: 'fault', at },
      { kind: 'invalid', at, code: 'INVALID_TASK' },
      { kind: 'accepted', at, provider: 'captchaai', isSlow: true },
      { kind: 'changed', at, what: 'breaker', provider: 'captchaai', from: 'closed', to: 'open', cause: '5 submits' },
    ),
    fc
      .tuple(fc.constantFrom(...classes), anyProvider)
      .map(([of, provider]): OutcomeEvent => ({ kind: 'refused', at, provider, class: of, code: 'ERROR_OF_TEST' })),
    anyProvider.map(
      (provider): OutcomeEvent => ({ kind: 'pollRefused', at, provider, class: 'funds', code: 'NO_FUNDS' }),
    ),
    anyTime.map((enqueuedAt): OutcomeEvent => ({ kind: 'parked', at, enqueuedAt })),
    fc
      .tuple(fc.nat(14), anyMethod, anyTime)
      .map(
        ([n, method, submittedAt]): OutcomeEvent => ({ kind: 'slow', at, taskId: `task-${n}`, method, submittedAt }),
      ),
    fc
      .tuple(anyMethod, fc.nat(400_000), anySpent)
      .map(([method, ms, spent]): OutcomeEvent => ({ kind: 'solved', at, method, seconds: ms / 1000, spent })),
    fc
      .tuple(fc.constantFrom(...classes), fc.boolean(), fc.boolean(), anySpent)
      .map(
        ([of, counted, charged, spent]): OutcomeEvent => ({ kind: 'failed', at, class: of, counted, charged, spent }),
      ),
    fc.tuple(fc.option(anyTime), anySpent).map(
      ([submittedAt, spent]): OutcomeEvent => ({
        kind: 'expired',
        at,
        submittedAt,
        counted: submittedAt !== null && submittedAt % 2 === 0,
        spent,
      }),
    ),
  ),
)

export const anySummary = fc.array(anyHappening, { maxLength: 6 }).map(summarise)

/** Outcome items with ids of their own, in no order. */
export const anyItems: fc.Arbitrary<OutcomeItem[]> = fc
  .array(fc.record({ at: anyTime, summary: anySummary, worker: fc.nat(3) }), { maxLength: 40 })
  .map((items) =>
    items.map(({ at, summary, worker }, n) => ({
      ...summary,
      at,
      invocation: `invocation-${n}`,
      worker: `worker-${worker}`,
      function: 'collect' as const,
    })),
  )
