import { describe, expect, it } from 'vitest'
import { DEAD_LETTER } from '../../../functions/contract/messages.ts'
import { deadLetter } from '../../../functions/core/message/dead-letter.ts'
import { readTaskAttributes, writeTaskAttributes } from '../../../functions/core/message/task-attributes.ts'
import { resultOf } from '../../../functions/core/task/settlement.ts'
import {
  inFlightReason,
  pendingReason,
  readReason,
  reasonOf,
  spendLimitReason,
  TABLE_UNREACHABLE,
} from '../../../functions/core/task/waiting-reason.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const facts = { taskId: 't', enqueuedAt: NOON, charges: 0 }

describe('why a task waits', () => {
  it('is the provider and its code, and for capacity the word, because the codes for it mean other things elsewhere', () => {
    const failure = { class: 'transient', code: 'HTTP_502', message: '-' } as const
    expect(reasonOf(failure, 'captchaai')).toBe('HTTP_502 from captchaai')
    const full = { class: 'capacity', code: 'ERROR_ZERO_BALANCE', message: '-' } as const
    expect(reasonOf(full, 'captchaai')).toBe('capacity from captchaai')
  })

  it.each([
    ['a limit on spending', spendLimitReason('hour'), 'spend_limit=hour'],
    ['a limit on spending of a day', spendLimitReason('day'), 'spend_limit=day'],
    ['the limit on tasks in flight', inFlightReason(100), 'max_in_flight=100'],
    ['a provider that works on it', pendingReason('twocaptcha'), 'CAPCHA_NOT_READY from twocaptcha'],
    ['a table that does not answer', TABLE_UNREACHABLE, 'table_unreachable'],
  ])('names %s, in a form that the fleet reads back', (_, reason, expected) => {
    expect(reason).toBe(expected)
    expect(readReason(reason)).toBe(reason)
  })

  it('has at most 100 characters', () => {
    expect(readReason('x'.repeat(100))).toBe('x'.repeat(100))
    expect(readReason('x'.repeat(101))).toBeUndefined()
  })

  it('is told by the message and by `while` of the error of an expired task, and by no other', () => {
    expect(resultOf(facts, { kind: 'expired', while: 'spend_limit=hour' }, NOON).error).toEqual({
      ...{ code: 'DEADLINE_EXCEEDED', class: 'deadline', while: 'spend_limit=hour' },
      message: 'The deadline of the task passed before it was solved. It last waited because of spend_limit=hour.',
    })
    expect(resultOf(facts, { kind: 'expired' }, NOON).error).toEqual({
      ...{ code: 'DEADLINE_EXCEEDED', class: 'deadline' },
      message: 'The deadline of the task passed before it was solved.',
    })
  })

  it('travels with the message; what a client put in its place is left out', () => {
    const message = { messageId: 'm', body: '', receipt: '', receiveCount: 1, sentAt: NOON }
    const taskAttributes = (attributes: Record<string, string>) => readTaskAttributes({ ...message, attributes })
    for (const reason of ['HTTP_502 from captchaai', 'spend_limit=hour', 'ERROR: 1003 from twocaptcha']) {
      expect(taskAttributes(writeTaskAttributes({ ...taskAttributes({}), while: reason })).while).toBe(reason)
    }
    for (const text of ['', '<script>', 'two\nlines', 'x'.repeat(101), 'a;b']) {
      expect(readReason(text)).toBeUndefined()
      expect(taskAttributes({ while: text }).while).toBeUndefined()
    }
    expect(writeTaskAttributes(taskAttributes({}))).not.toHaveProperty('while')
  })

  it('is left out of a dead letter, which has no room for more attributes than SQS takes', () => {
    const all = {
      ...readTaskAttributes({ messageId: 'm', body: '', receipt: '', receiveCount: 1, sentAt: NOON, attributes: {} }),
    }
    const taskAttributes = { ...all, unpaid: ['a1'], while: 'HTTP_502 from captchaai' }
    const facts = { body: 'b', code: DEAD_LETTER.failedRepeatedly, problems: ['no'], receiveCount: 10 }
    const { attributes = {} } = deadLetter({ ...facts, source: 'tasks' }, taskAttributes)
    expect(attributes).not.toHaveProperty('while')
    expect(Object.keys(attributes).length).toBeLessThanOrEqual(10)
  })
})
