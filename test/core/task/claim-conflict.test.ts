import { describe, expect, it } from 'vitest'
import { accountedBy } from '../../../functions/core/task/accounting.ts'
import { classifyConflict } from '../../../functions/core/task/claim-conflict.ts'
import type { ClaimedItem, SettledItem, SubmittedItem, UnknownItem } from '../../../functions/core/task/task.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const facts = {
  taskId: 't',
  method: 'turnstile',
  hash: 'digest',
  attempt: 'a2',
  origin: 'message-1',
  enqueuedAt: NOON - 1000,
  deadlineAt: NOON + 300_000,
  reply: 'queue' as const,
  charges: 1,
  uncertainCharges: 1,
  unsolvable: 0,
  lostIdResubmits: 0,
  httpErrors: 0,
  lost: [{ attempt: 'a1', provider: 'twocaptcha' }],
  ttl: NOON / 1000 + 86_400,
}
const claimed = (leaseUntil: number): ClaimedItem => ({ ...facts, state: 'claimed', provider: 'captchaai', leaseUntil })
const submitted: SubmittedItem = {
  ...facts,
  state: 'submitted',
  provider: 'captchaai',
  captchaId: '7',
  submittedAt: NOON,
}
const unknown: UnknownItem = { ...facts, state: 'unknown' }
const settledAs = (status: SettledItem['state']): SettledItem => ({
  ...facts,
  state: status,
  result: { taskId: 't', status, attempts: 1, enqueuedAt: '', settledAt: '' },
  settledAt: NOON,
  settledBy: 'a2',
  accounting: accountedBy({ id: 'invocation-1', via: 'message' }, NOON),
})
const message = { hash: 'digest', origin: 'message-1', unpaid: ['a0'] }
const stranger = { ...message, origin: 'message-2' }
const classify = (found: Parameters<typeof classifyConflict>[0], by = message) => classifyConflict(found, by, NOON)

describe('a message whose claim was refused', () => {
  it.each([
    ['claimed', claimed(NOON + 1)],
    ['released', claimed(0)],
    ['submitted', submitted],
    ['unknown', unknown],
    ['solved', settledAs('solved')],
  ])('is another task under the same id, where the payload differs from the %s item', (_, found) => {
    expect(classify(found, { ...message, hash: 'another' })).toEqual({ kind: 'reused' })
  })

  it.each(['solved', 'failed', 'expired'] as const)('meets a task that is %s', (status) => {
    const item = settledAs(status)
    expect(classify(item)).toEqual({ kind: 'settled', item, sameOrigin: true })
    expect(classify(item, stranger)).toEqual({ kind: 'settled', item, sameOrigin: false })
  })

  it('meets a task that is paid for and polled', () => {
    expect(classify(submitted)).toEqual({ kind: 'inFlight', item: submitted, sameOrigin: true })
    expect(classify(submitted, stranger)).toEqual({ kind: 'inFlight', item: submitted, sameOrigin: false })
  })

  it('meets a task whose worker still holds the lease, up to its last millisecond', () => {
    expect(classify(claimed(NOON + 1))).toEqual({ kind: 'busy', until: NOON + 1, sameOrigin: true })
    expect(classify(claimed(NOON + 1), stranger)).toEqual({ kind: 'busy', until: NOON + 1, sameOrigin: false })
  })
})

describe('a task is free to be taken', () => {
  const fence = (state: string) => ({ attempt: 'a2', state })

  it('where the answer to its submit was lost, as it stands', () => {
    expect(classify(unknown)).toEqual({ kind: 'free', item: unknown, fence: fence('unknown') })
  })

  it('where its claim was released, as it stands', () => {
    expect(classify(claimed(0))).toEqual({ kind: 'free', item: claimed(0), fence: fence('claimed') })
  })

  it('where the message itself knows that the claimed attempt was never paid, although its lease lasts', () => {
    const item = claimed(NOON + 30_000)
    const free = { kind: 'free', item, fence: fence('claimed') }
    expect(classify(item, { ...message, unpaid: ['a0', 'a2'] })).toEqual(free)
  })

  it('where the lease has run out, and the charge that the dead worker may have made is counted as lost', () => {
    expect(classify(claimed(NOON))).toEqual({
      kind: 'free',
      fence: fence('claimed'),
      item: {
        ...claimed(0),
        charges: 2,
        uncertainCharges: 2,
        lost: [
          { attempt: 'a1', provider: 'twocaptcha' },
          { attempt: 'a2', provider: 'captchaai' },
        ],
      },
    })
  })
})
