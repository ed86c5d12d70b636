import { describe, expect, it } from 'vitest'
import { alreadyApplied, next, type TaskEvent } from '../../functions/core/lifecycle.ts'
import type {
  ClaimedItem,
  Result,
  SettledItem,
  SubmittedItem,
  TaskItem,
  UnknownItem,
} from '../../functions/core/task.ts'

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
  ...{
    reply: 'queue' as const,
    charges: 0,
    unknowns: 0,
    unsolvable: 0,
    lostIds: 0,
    httpErrors: 0,
    lost: [],
    ttl: NOW / 1000 + 1000,
  },
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
  unknowns: 1,
  lost: [{ attempt: 'a1', provider: 'captchaai' }],
}
const result: Result = { taskId: 't', status: 'solved', attempts: 1, enqueuedAt: '', settledAt: '' }
const settled: SettledItem = { ...facts, state: 'solved', result, settledAt: NOW, settledBy: 'a1', settledIn: 'i1' }

const events: Record<TaskEvent['kind'], TaskEvent> = {
  claim: { kind: 'claim', item: { ...claimed, attempt: 'a2' }, over: null },
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
    settledIn: 'i1',
  },
  settleUnclaimed: { kind: 'settleUnclaimed', item: settled },
  recount: { kind: 'recount', taskId: 't', from: 'i1', to: 'i2' },
}
const states: Record<string, TaskItem | undefined> = { absent: undefined, claimed, unknown, submitted, settled }

/** State × event → the state after it; `-` refused. */
const TABLE: Record<string, Record<TaskEvent['kind'], string>> = {
  absent: {
    claim: 'claimed',
    submitted: '-',
    release: '-',
    lose: '-',
    resubmit: '-',
    settle: '-',
    settleUnclaimed: 'solved',
    recount: '-',
  },
  claimed: {
    claim: '-',
    submitted: 'submitted',
    release: 'claimed',
    lose: 'unknown',
    resubmit: '-',
    settle: 'solved',
    settleUnclaimed: '-',
    recount: '-',
  },
  unknown: {
    claim: '-',
    submitted: '-',
    release: '-',
    lose: '-',
    resubmit: '-',
    settle: 'solved',
    settleUnclaimed: '-',
    recount: '-',
  },
  submitted: {
    claim: '-',
    submitted: '-',
    release: '-',
    lose: '-',
    resubmit: 'claimed',
    settle: 'solved',
    settleUnclaimed: '-',
    recount: '-',
  },
  settled: {
    claim: '-',
    submitted: '-',
    release: '-',
    lose: '-',
    resubmit: '-',
    settle: '-',
    settleUnclaimed: '-',
    recount: 'solved',
  },
}

describe('the task lifecycle', () => {
  for (const [state, row] of Object.entries(TABLE)) {
    for (const [kind, after] of Object.entries(row)) {
      it(`${state} × ${kind} → ${after}`, () => {
        const event = Object.values(events).find((e) => e.kind === kind)
        if (event === undefined) throw new Error(kind)
        expect(next(states[state], event, NOW)?.state ?? '-').toBe(after)
      })
    }
  }

  it('every event but a claim over nothing is fenced by the attempt', () => {
    for (const event of Object.values(events)) {
      const other = {
        ...event,
        ...('attempt' in event ? { attempt: 'stale' } : {}),
        ...('fence' in event ? { fence: { ...event.fence, attempt: 'stale' } } : {}),
      }
      if (!('attempt' in event) && !('fence' in event)) continue
      for (const item of [claimed, unknown, submitted]) expect(next(item, other, NOW)).toBeNull()
    }
  })

  it('a claim over an item needs that very attempt in that very state', () => {
    const over = (attempt: string, state: 'claimed' | 'unknown') =>
      ({ kind: 'claim', item: { ...claimed, attempt: 'a2' }, over: { attempt, state } }) as const
    expect(next(unknown, over('a1', 'unknown'), NOW)).toMatchObject({ attempt: 'a2', state: 'claimed' })
    expect(next(unknown, over('a1', 'claimed'), NOW)).toBeNull()
    expect(next(unknown, over('a0', 'unknown'), NOW)).toBeNull()
    expect(next(undefined, over('a1', 'unknown'), NOW)).toBeNull()
  })

  it('counts a charge when it is accepted and when its answer is lost, and at no other time', () => {
    expect(next(claimed, events.submitted, NOW)).toMatchObject({ charges: 1, unknowns: 0 })
    expect(next(claimed, events.lose, NOW)).toMatchObject({
      charges: 1,
      unknowns: 1,
      lost: [{ attempt: 'a1', provider: 'captchaai' }],
    })
    expect(next(claimed, events.release, NOW)).toMatchObject({ charges: 0, leaseUntil: 0 })
    expect(next(submitted, events.resubmit, NOW)).toMatchObject({ charges: 1, unsolvable: 1, leaseUntil: 0 })
  })

  it('an item past its TTL counts as absent', () => {
    const old = { ...settled, ttl: NOW / 1000 - 1 }
    expect(next(old, events.claim, NOW)).toMatchObject({ state: 'claimed' })
    expect(next(old, events.recount, NOW)).toBeNull()
  })

  it('recognises every write of our own whose reply was lost, and no write of another attempt', () => {
    for (const [state, item] of Object.entries(states)) {
      for (const event of Object.values(events)) {
        const after = next(item, event, NOW)
        if (after === null) continue
        expect(alreadyApplied(after, event), `${state} × ${event.kind}`).toBe(true)
        expect(next(after, event, NOW), `${state} × ${event.kind} twice`).toBeNull()
        expect(
          alreadyApplied(
            { ...after, attempt: 'zz', ...('settledBy' in after ? { settledBy: 'zz', settledIn: 'zz' } : {}) },
            event,
          ),
        ).toBe(false)
      }
    }
    expect(alreadyApplied(undefined, events.claim)).toBe(false)
  })
})
