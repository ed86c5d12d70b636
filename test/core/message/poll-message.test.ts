import { describe, expect, it } from 'vitest'
import { pollMessageForSettled, pollMessageOf, sendOfPoll } from '../../../functions/core/message/poll-message.ts'
import { accountedBy } from '../../../functions/core/task/accounting.ts'
import type { Result, SettledItem, SubmittedItem } from '../../../functions/core/task/task.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const facts = {
  taskId: 't',
  method: 'turnstile',
  hash: 'digest',
  attempt: 'a2',
  origin: 'message-1',
  enqueuedAt: NOON - 60_000,
  deadlineAt: NOON + 300_000,
  reply: 'queue' as const,
  charges: 3,
  uncertainCharges: 1,
  unsolvable: 1,
  lostIdResubmits: 0,
  httpErrors: 2,
  lost: [{ attempt: 'a1' }],
  token: 'secret',
  ttl: NOON / 1000 + 86_400,
}
const submitted: SubmittedItem = {
  ...facts,
  state: 'submitted',
  provider: 'captchaai',
  captchaId: '77',
  submittedAt: NOON - 20_000,
}
const { token: _, ...item } = submitted
const POLL = { item, recorded: true, body: 'the task' }

describe('the poll message of a submitted task', () => {
  it('carries the item of the task without its secret, and the task message', () => {
    expect(pollMessageOf(submitted, 'the task', true)).toEqual(POLL)
  })
  it('says so where the table could not be told of the submit', () => {
    expect(pollMessageOf(submitted, 'the task', false)).toEqual({ ...POLL, recorded: false })
  })
  it('that takes the place of a missing one is sent to the poll queue and polled after a second', () => {
    const poll = pollMessageOf(submitted, 'the task', true)
    expect(sendOfPoll(poll)).toEqual({
      queue: 'polls',
      message: { body: JSON.stringify(poll), delaySeconds: 1 },
    })
  })
})

const result: Result = {
  taskId: 't',
  status: 'solved',
  attempts: 3,
  provider: 'captchaai',
  captchaId: '77',
  enqueuedAt: '',
  submittedAt: new Date(NOON - 20_000).toISOString(),
  settledAt: '',
}
const settled = (changes: Partial<SettledItem> = {}): SettledItem => ({
  ...facts,
  ...{
    state: 'solved',
    result,
    settledAt: NOON,
    settledBy: 'a1',
    accounting: accountedBy({ id: 'invocation-1', via: 'message' }, NOON),
  },
  ...changes,
})

describe('a poll message for a task that is settled', () => {
  it('asks its provider about the attempt that solved it, where nobody else knows the solution', () => {
    expect(pollMessageForSettled(settled(), 'the task')).toEqual({ ...POLL, item: { ...item, attempt: 'a1' } })
    expect(pollMessageForSettled(settled({ reply: 'both' }), 'the task')).toMatchObject({ item: { reply: 'both' } })
  })

  it.each([
    ['the client reads the table', settled({ reply: 'record' })],
    ['the table holds the solution', settled({ result: { ...result, solution: 'token' } })],
    ['the task failed', settled({ state: 'failed', result: { ...result, status: 'failed' } })],
    ['the task expired', settled({ state: 'expired', result: { ...result, status: 'expired' } })],
    ['no attempt settled it', settled({ settledBy: null })],
    ['the result names no provider', settled({ result: { ...result, provider: '' } })],
    ['the result names no captcha id', settled({ result: { ...result, captchaId: '' } })],
    ['the result does not say when it was submitted', settled({ result: withoutSubmit() })],
  ])('is not needed or not possible where %s', (_, item) => {
    expect(pollMessageForSettled(item, 'the task')).toBeNull()
  })
})

function withoutSubmit() {
  const { submittedAt: _, ...rest } = result
  return rest
}
