import { describe, expect, it } from 'vitest'
import { DEAD_LETTER, type DeadLetterCode } from '../../../functions/contract/messages.ts'
import { deadLetter } from '../../../functions/core/message/dead-letter.ts'
import { redriveCopy } from '../../../functions/core/message/redrive-copy.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const attributes = { taskId: 't', enqueuedAt: NOON, parks: 4, origin: 'message-1', unpaid: ['a1'], while: 'HTTP_502' }
const letterOf = (problems: string[], code: DeadLetterCode = 'INVALID_TASK') =>
  deadLetter({ body: 'the body', code, problems, source: 'tasks', receiveCount: 3 }, attributes)

describe('a dead letter', () => {
  it('is the body unchanged, with why it is there and what a redrive needs', () => {
    expect(letterOf(['sitekey is required', 'pageurl is required'])).toEqual({
      body: 'the body',
      attributes: {
        ...{ taskId: 't', enqueuedAt: String(NOON), parks: '4', origin: 'message-1', unpaid: 'a1' },
        reason: 'INVALID_TASK: sitekey is required; pageurl is required',
        detail: '2 problem(s), received 3 time(s), parked 4 time(s)',
        firstSeen: '2026-11-21T12:00:00.000Z',
        source: 'tasks',
      },
    })
  })

  it.each(Object.values(DEAD_LETTER))('has a reason of 1000 characters at most, its code %s included', (code) => {
    const { reason = '' } = letterOf(['x'.repeat(2000)], code).attributes ?? {}
    expect(reason).toHaveLength(1000)
    expect(reason.startsWith(`${code}: xxx`)).toBe(true)
    expect(reason.endsWith('x…')).toBe(true)
  })

  it('goes back with its id, age, origin and unpaid attempts, and counts as never parked', () => {
    expect(redriveCopy('the body', attributes)).toEqual({
      body: 'the body',
      attributes: {
        ...{ taskId: 't', enqueuedAt: String(NOON), parks: '0', origin: 'message-1', unpaid: 'a1', while: 'HTTP_502' },
      },
    })
  })
})
