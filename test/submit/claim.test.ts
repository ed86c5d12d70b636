import { describe, expect, it } from 'vitest'
import type { Applied, TaskTransition } from '../../functions/core/task/lifecycle.ts'
import type { ClaimedItem, TaskItem } from '../../functions/core/task/task.ts'
import { claim } from '../../functions/submit/claim.ts'
import type { SubmitSettings } from '../../functions/submit/ports.ts'
import { parseTaskMessage } from '../../functions/submit/task-message.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryIds } from '../../sim/memory/ids.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { defaultObserveSettings } from '../../sim/memory/observe-settings.ts'
import { NOTHING_CHARGED } from '../build/nothing-charged.ts'
import { recaptcha } from '../small-fleet.ts'
import { claimedItem } from '../stores/builders.ts'

const settings: SubmitSettings = {
  worker: 'w1',
  timeoutSeconds: 18,
  providerTimeoutSeconds: 10,
  maxReceiveCount: 10,
  maxInFlight: 100,
  rebuyUnknown: 1,
  spendPerHour: null,
  spendPerDay: null,
  ...defaultObserveSettings,
  firstPollSeconds: null,
  pollSeconds: null,
}
const taskMessage = (() => {
  const message = { messageId: 'm', body: JSON.stringify(recaptcha()), attributes: {}, sentAt: NOON - 5000 }
  const parsed = parseTaskMessage({ ...message, receipt: 'r', receiveCount: 1 }, () => 'hash')
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.join())
  return parsed
})()
/** A claim of the same task that another worker made. */
const others = (more: Partial<ClaimedItem> = {}): ClaimedItem =>
  claimedItem({
    ...{ taskId: 'm', origin: 'm', attempt: 'other', provider: 'captchaai' },
    ...{ enqueuedAt: NOON - 5000, deadlineAt: NOON + 295_000, ttl: NOON / 1000 + 86_400, leaseUntil: 0 },
    ...more,
  })

/** Claims against a table that gives these answers in turn, then `applied`. Null: the table has no item of the task. */
async function claimed(found: (TaskItem | null)[], changed: Partial<SubmitSettings> = {}) {
  const asked: TaskTransition[] = []
  const clock = memoryClock()
  const apply = async (transition: TaskTransition): Promise<Applied> => {
    asked.push(transition)
    if (asked.length > found.length) return { kind: 'applied' }
    return { kind: 'refused', found: found[asked.length - 1] ?? undefined }
  }
  const tasks = { apply, read: async () => undefined }
  const context = { tasks, clock, ids: memoryIds(), log: memoryLog().log, settings: { ...settings, ...changed } }
  const answer = await claim(context, taskMessage, 'captchaai')
  const fences = asked.map((one) => (one.kind === 'claim' ? one.fence : undefined))
  return { answer, fences, asked }
}
const FREE = { attempt: 'other', state: 'claimed' }

describe('a claim', () => {
  it('of a task that the table does not know is one write of the whole claim', async () => {
    const { answer, asked } = await claimed([])
    expect(asked).toHaveLength(1)
    const { attempt, ...item } = answer.kind === 'claimed' ? answer.item : { attempt: '' }
    expect(attempt).toMatch(/^[0-9a-f]{32}$/)
    expect(item).toStrictEqual({
      state: 'claimed',
      taskId: 'm',
      method: 'userrecaptcha',
      hash: 'hash',
      provider: 'captchaai',
      origin: 'm',
      enqueuedAt: NOON - 5000,
      deadlineAt: NOON + 295_000,
      reply: 'queue',
      ...NOTHING_CHARGED,
      ttl: NOON / 1000 + 15 * 86_400,
      leaseUntil: NOON + 30_000,
    })
    expect(asked).toEqual([{ kind: 'claim', item: { attempt, ...item }, fence: null }])
  })

  it('has a secret for callback addresses where callbacks are on, and keeps the one that the item had', async () => {
    const pingbackUrl = 'https://hooks.example.test/'
    const fresh = await claimed([], { pingbackUrl })
    expect(fresh.answer).toMatchObject({ kind: 'claimed', item: { token: expect.stringMatching(/^[0-9a-f]{32}$/) } })
    const known = await claimed([others({ token: 'secret' })], { pingbackUrl })
    expect(known.answer).toMatchObject({ kind: 'claimed', item: { token: 'secret' } })
    const added = await claimed([others()], { pingbackUrl })
    expect(added.answer).toMatchObject({ kind: 'claimed', item: { token: expect.stringMatching(/^[0-9a-f]{32}$/) } })
  })

  it('of a free task is fenced by what was found, and goes on with its counts', async () => {
    const counts = { charges: 7, uncertainCharges: 1, unsolvable: 2, lostIdResubmits: 3, httpErrors: 4 }
    const lost = [{ attempt: 'first', provider: 'twocaptcha' }]
    // All else is that of this message and of this attempt.
    const older = { origin: 'older', enqueuedAt: NOON - 61_000, deadlineAt: NOON + 59_000, reply: 'both' as const }
    const found = others({ ...counts, ...older, lost, provider: 'twocaptcha', token: 'secret' })
    const { answer, fences, asked } = await claimed([found])
    expect(fences).toEqual([null, FREE])
    const first = asked[0]?.kind === 'claim' ? asked[0].item : null
    expect(answer).toEqual({ kind: 'claimed', item: { ...first, ...counts, lost, token: 'secret' } })
    expect(asked[1]).toEqual({ kind: 'claim', item: answer.kind === 'claimed' ? answer.item : null, fence: FREE })
  })

  it('is not made where the lost answers are more than the policy buys again', async () => {
    const item = others({ uncertainCharges: 2 })
    const { answer, asked } = await claimed([item])
    expect(answer).toStrictEqual({ kind: 'rebuysExhausted', item, fence: FREE })
    expect(asked).toHaveLength(1)
    expect((await claimed([others({ uncertainCharges: 1 })])).answer.kind).toBe('claimed')
  })

  it('whose item was deleted between two writes begins again without a fence', async () => {
    const { answer, fences } = await claimed([null])
    expect(fences).toEqual([null, null])
    expect(answer).toMatchObject({ kind: 'claimed', item: { charges: 0 } })
  })

  it('that loses its last race to a claim which is gone again is still a claim', async () => {
    const { answer, fences } = await claimed([others(), null, others(), others({ charges: 2 })])
    expect(fences).toEqual([null, FREE, null, FREE, FREE])
    expect(answer).toMatchObject({ kind: 'claimed', item: { charges: 2 } })
  })

  it.each<[string, TaskItem | null]>([
    ['a free item each time', others()],
    ['no item each time', null],
  ])('that five writes could not make (%s) waits for a second, as one that is busy', async (_, found) => {
    const { answer, fences } = await claimed([found, found, found, found, found])
    expect(fences).toHaveLength(5)
    expect(answer).toEqual({ kind: 'busy', until: NOON + 1000, sameOrigin: true })
  })
})
