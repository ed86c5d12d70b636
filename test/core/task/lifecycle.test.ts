import { describe, expect, it } from 'vitest'
import type { Accounting } from '../../../functions/core/task/accounting.ts'
import {
  alreadyApplied,
  answerOfRefused,
  applyTransition,
  type TaskTransition,
} from '../../../functions/core/task/lifecycle.ts'
import type {
  ClaimedItem,
  Result,
  SettledItem,
  SubmittedItem,
  TaskItem,
  UnknownItem,
} from '../../../functions/core/task/task.ts'
import { NOTHING_CHARGED } from '../../build/nothing-charged.ts'

const NOW = Date.UTC(2026, 10, 21)
const facts = {
  ...{
    taskId: 't',
    method: 'userrecaptcha',
    hash: 'h',
    attempt: 'a1',
    origin: 'm1',
    enqueuedAt: NOW,
    deadlineAt: NOW + 300_000,
  },
  ...NOTHING_CHARGED,
  ...{ reply: 'queue' as const, ttl: NOW / 1000 + 1000 },
}
const claimed: ClaimedItem = { ...facts, state: 'claimed', leaseUntil: NOW + 30_000 }
const submitted: SubmittedItem = {
  ...facts,
  state: 'submitted',
  charges: 1,
  provider: 'captchaai',
  captchaId: '7',
  submittedAt: NOW,
}
const unknown: UnknownItem = {
  ...facts,
  state: 'unknown',
  charges: 1,
  uncertainCharges: 1,
  lost: [{ attempt: 'a1', provider: 'captchaai' }],
}
const result: Result = { taskId: 't', status: 'solved', attempts: 1, enqueuedAt: '', settledAt: '' }
const by = (invocation: string): Accounting => ({ invocation, via: 'message', since: NOW, resultMayBeUnsent: false })
const settled: SettledItem = {
  ...facts,
  state: 'solved',
  result,
  settledAt: NOW,
  settledBy: 'a1',
  accounting: by('i1'),
}

const events: Record<TaskTransition['kind'], TaskTransition> = {
  claim: { kind: 'claim', item: { ...claimed, attempt: 'a2' }, fence: null },
  submitted: { kind: 'submitted', taskId: 't', attempt: 'a1', provider: 'captchaai', captchaId: '7', submittedAt: NOW },
  release: { kind: 'release', taskId: 't', attempt: 'a1', after: 'refusal' },
  lose: { kind: 'lose', taskId: 't', attempt: 'a1', provider: 'captchaai' },
  resubmit: { kind: 'resubmit', taskId: 't', attempt: 'a1', why: 'unsolvable' },
  settle: {
    kind: 'settle',
    taskId: 't',
    fence: { attempt: 'a1', state: null },
    by: 'a1',
    result,
    settledAt: NOW,
    accounting: by('i1'),
  },
  settleUnclaimed: { kind: 'settleUnclaimed', item: settled },
  transferAccounting: { kind: 'transferAccounting', taskId: 't', from: 'i1', to: by('i2') },
}
const states: Record<string, TaskItem | undefined> = { absent: undefined, claimed, unknown, submitted, settled }

/** State × event → the state after it; `-` refused. */
const TABLE: Record<string, Record<TaskTransition['kind'], string>> = {
  absent: {
    claim: 'claimed',
    submitted: '-',
    release: '-',
    lose: '-',
    resubmit: '-',
    settle: '-',
    settleUnclaimed: 'solved',
    transferAccounting: '-',
  },
  claimed: {
    claim: '-',
    submitted: 'submitted',
    release: 'claimed',
    lose: 'unknown',
    resubmit: '-',
    settle: 'solved',
    settleUnclaimed: '-',
    transferAccounting: '-',
  },
  unknown: {
    claim: '-',
    submitted: '-',
    release: '-',
    lose: '-',
    resubmit: '-',
    settle: 'solved',
    settleUnclaimed: '-',
    transferAccounting: '-',
  },
  submitted: {
    claim: '-',
    submitted: '-',
    release: '-',
    lose: '-',
    resubmit: 'claimed',
    settle: 'solved',
    settleUnclaimed: '-',
    transferAccounting: '-',
  },
  settled: {
    claim: '-',
    submitted: '-',
    release: '-',
    lose: '-',
    resubmit: '-',
    settle: '-',
    settleUnclaimed: '-',
    transferAccounting: 'solved',
  },
}

describe('the task lifecycle', () => {
  for (const [state, row] of Object.entries(TABLE)) {
    for (const [kind, after] of Object.entries(row)) {
      it(`${state} × ${kind} → ${after}`, () => {
        const event = Object.values(events).find((e) => e.kind === kind)
        if (event === undefined) throw new Error(kind)
        expect(applyTransition(states[state], event, NOW)?.state ?? '-').toBe(after)
      })
    }
  }

  it('every event but a claim over nothing is fenced by the attempt', () => {
    for (const event of Object.values(events)) {
      const other = {
        ...event,
        ...('attempt' in event ? { attempt: 'stale' } : {}),
        ...('fence' in event && event.fence !== null ? { fence: { ...event.fence, attempt: 'stale' } } : {}),
      }
      if (!('attempt' in event) && !('fence' in event && event.fence !== null)) continue
      for (const item of [claimed, unknown, submitted]) expect(applyTransition(item, other, NOW)).toBeNull()
    }
  })

  it('a claim over an item needs that very attempt in that very state', () => {
    const over = (attempt: string, state: 'claimed' | 'unknown') =>
      ({ kind: 'claim', item: { ...claimed, attempt: 'a2' }, fence: { attempt, state } }) as const
    expect(applyTransition(unknown, over('a1', 'unknown'), NOW)).toMatchObject({ attempt: 'a2', state: 'claimed' })
    expect(applyTransition(unknown, over('a1', 'claimed'), NOW)).toBeNull()
    expect(applyTransition(unknown, over('a0', 'unknown'), NOW)).toBeNull()
    expect(applyTransition(undefined, over('a1', 'unknown'), NOW)).toBeNull()
  })

  it('counts a charge when it is accepted and when its answer is lost, and at no other time', () => {
    expect(applyTransition(claimed, events.submitted, NOW)).toMatchObject({ charges: 1, uncertainCharges: 0 })
    expect(applyTransition(claimed, events.lose, NOW)).toMatchObject({
      charges: 1,
      uncertainCharges: 1,
      lost: [{ attempt: 'a1', provider: 'captchaai' }],
    })
    expect(applyTransition(claimed, events.release, NOW)).toMatchObject({ charges: 0, leaseUntil: 0 })
    expect(applyTransition(submitted, events.resubmit, NOW)).toMatchObject({ charges: 1, unsolvable: 1, leaseUntil: 0 })
  })

  it('changes what it is about, and keeps every other field of the item as it was', () => {
    const facts = {
      ...{ taskId: 't', method: 'turnstile', hash: 'h', attempt: 'a1', origin: 'm-1', token: 'secret', ttl: NOW },
      ...{ enqueuedAt: NOW - 61_000, deadlineAt: NOW + 59_000, reply: 'both' as const },
      ...{ charges: 5, uncertainCharges: 2, unsolvable: 1, lostIdResubmits: 3, httpErrors: 4 },
      lost: [{ attempt: 'a0', provider: 'twocaptcha' }],
    }
    const held = { ...facts, state: 'claimed', provider: 'twocaptcha', leaseUntil: NOW + 7000 } as const
    const asked = { provider: 'captchaai', captchaId: '9', submittedAt: NOW - 500 }
    const flying = { ...facts, ...asked, state: 'submitted' } as const
    const ours = { taskId: 't', attempt: 'a1' }
    const result = { taskId: 't', status: 'failed', attempts: 8, enqueuedAt: 'then', settledAt: 'now' } as const
    const settlement = { result, settledAt: NOW + 3, accounting: by('i9') }
    const changed = (item: TaskItem, transition: TaskTransition) => applyTransition(item, transition, NOW)
    expect(changed(held, { ...ours, ...asked, kind: 'submitted' })).toEqual({ ...flying, charges: 6 })
    expect(changed(held, { ...ours, kind: 'release', after: 'refusal' })).toEqual({ ...held, leaseUntil: 0 })
    expect(changed(held, { ...ours, kind: 'release', after: 'httpError' })).toEqual({
      ...{ ...held, leaseUntil: 0, httpErrors: 5 },
    })
    expect(changed(held, { ...ours, kind: 'lose', provider: 'captchaai' })).toEqual({
      ...{ ...facts, state: 'unknown', charges: 6, uncertainCharges: 3 },
      lost: [...facts.lost, { attempt: 'a1', provider: 'captchaai' }],
    })
    const free = { ...facts, state: 'claimed', leaseUntil: 0 }
    expect(changed(flying, { ...ours, kind: 'resubmit', why: 'unsolvable' })).toEqual({ ...free, unsolvable: 2 })
    expect(changed(flying, { ...ours, kind: 'resubmit', why: 'lostId' })).toEqual({ ...free, lostIdResubmits: 4 })
    const fence = { attempt: 'a1', state: null }
    const settled = { ...facts, ...settlement, state: 'failed' as const, settledBy: 'a0' }
    for (const item of [held, flying])
      expect(changed(item, { ...settlement, kind: 'settle', taskId: 't', fence, by: 'a0' })).toEqual(settled)
    const transfer = { kind: 'transferAccounting', taskId: 't', from: 'i9', to: by('i7') } as const
    expect(changed(settled, transfer)).toEqual({ ...settled, accounting: by('i7') })
  })

  it('that is refused and in the table all the same is applied; a re-submit may be that of another copy of the message', () => {
    const lapsed: TaskItem = { ...claimed, leaseUntil: 0 }
    expect(answerOfRefused(lapsed, events.release)).toEqual({ kind: 'applied' })
    expect(answerOfRefused(lapsed, events.resubmit)).toEqual({ kind: 'applied', mayBeAnothers: true })
    expect(answerOfRefused(submitted, events.release)).toEqual({ kind: 'refused', found: submitted })
    expect(answerOfRefused(undefined, events.resubmit)).toEqual({ kind: 'refused', found: undefined })
  })

  it('counts an HTTP error with the release that it causes, and a re-submit under its own cause', () => {
    const release = { kind: 'release', taskId: 't', attempt: 'a1' } as const
    const resubmit = { kind: 'resubmit', taskId: 't', attempt: 'a1' } as const
    const counts = (item: TaskItem | null) => [item?.httpErrors, item?.unsolvable, item?.lostIdResubmits]
    expect(counts(applyTransition(claimed, { ...release, after: 'refusal' }, NOW))).toEqual([0, 0, 0])
    expect(counts(applyTransition(claimed, { ...release, after: 'httpError' }, NOW))).toEqual([1, 0, 0])
    expect(counts(applyTransition(submitted, { ...resubmit, why: 'unsolvable' }, NOW))).toEqual([0, 1, 0])
    expect(counts(applyTransition(submitted, { ...resubmit, why: 'lostId' }, NOW))).toEqual([0, 0, 1])
  })

  it('an item past its TTL counts as absent', () => {
    const old = { ...settled, ttl: NOW / 1000 }
    expect(applyTransition({ ...old, ttl: old.ttl + 1 }, events.claim, NOW)).toBeNull()
    expect(applyTransition(old, events.claim, NOW)).toMatchObject({ state: 'claimed' })
    expect(applyTransition(old, events.transferAccounting, NOW)).toBeNull()
  })

  it('recognises every write of our own whose reply was lost, and no write of another attempt', () => {
    for (const [state, item] of Object.entries(states)) {
      for (const event of Object.values(events)) {
        const after = applyTransition(item, event, NOW)
        if (after === null) continue
        expect(alreadyApplied(after, event), `${state} × ${event.kind}`).toBe(true)
        expect(applyTransition(after, event, NOW), `${state} × ${event.kind} twice`).toBeNull()
        expect(
          alreadyApplied(
            { ...after, attempt: 'zz', ...('settledBy' in after ? { settledBy: 'zz', accounting: by('zz') } : {}) },
            event,
          ),
        ).toBe(false)
      }
    }
    expect(alreadyApplied(undefined, events.claim)).toBe(false)
  })

  const free: ClaimedItem = { ...claimed, leaseUntil: 0 }
  const others: [TaskTransition, string, TaskItem][] = [
    [events.claim, 'the attempt has gone on to another state', { ...submitted, attempt: 'a2' }],
    [events.submitted, 'the attempt is only claimed', { ...submitted, ...claimed }],
    [events.submitted, 'it was accepted under another captcha id', { ...submitted, captchaId: '8' }],
    [events.release, 'the attempt still holds its lease', claimed],
    [events.release, 'another attempt is free', { ...free, attempt: 'a2' }],
    [events.resubmit, 'the attempt still holds its lease', claimed],
    [events.lose, 'the attempt is only claimed', claimed],
    [events.settle, 'another attempt settled it', { ...settled, settledBy: 'a0' }],
    [events.settle, 'another invocation counts it', { ...settled, accounting: by('i0') }],
    [events.settle, 'the same invocation settled it at another time', { ...settled, settledAt: NOW + 1 }],
    [events.settle, 'the task is open', { ...settled, ...submitted }],
    [events.settleUnclaimed, 'another invocation counts it', { ...settled, accounting: by('i0') }],
    [events.settleUnclaimed, 'it was settled under another attempt', { ...settled, attempt: 'a0' }],
    [events.settleUnclaimed, 'the task is open', { ...settled, ...submitted }],
    [events.transferAccounting, 'another invocation took it over', { ...settled, accounting: by('i0') }],
    [
      events.transferAccounting,
      'the same invocation took it over at another time',
      { ...settled, accounting: { ...by('i2'), since: NOW + 1 } },
    ],
    [events.transferAccounting, 'the task is open', { ...settled, ...submitted, accounting: by('i2') }],
  ]
  it.each(others.map(([event, why, found]) => ({ kind: event.kind, event, why, found })))(
    'a refused $kind is not taken for applied where $why',
    ({ event, found }) => {
      expect(alreadyApplied(found, event)).toBe(false)
    },
  )
})
