import { describe, expect, it } from 'vitest'
import { readTaskAttributes, writeTaskAttributes } from '../../../functions/core/message/task-attributes.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const DAY = 86_400_000
const read = (attributes: Record<string, string>) =>
  readTaskAttributes({ messageId: 'message-1', body: '', receipt: '', receiveCount: 1, sentAt: NOON, attributes })
const ofClient = {
  ...{ taskId: 'message-1', enqueuedAt: NOON, parks: 0, origin: 'message-1', unpaid: [], while: undefined },
}
const parked = {
  taskId: 'order:7',
  enqueuedAt: NOON - 60_000,
  parks: 3,
  origin: 'message-0',
  unpaid: ['a1', 'a2'],
  while: 'capacity from captchaai',
}

describe('the attributes of a task message', () => {
  it('of a client are its message id, the time it was sent and no park', () => {
    expect(read({})).toEqual(ofClient)
  })

  it('that the fleet wrote are read as they were', () => {
    expect(read(writeTaskAttributes(parked))).toEqual(parked)
  })

  it('are written under these names, as text', () => {
    expect(writeTaskAttributes({ ...parked, enqueuedAt: NOON + 0.4 })).toEqual({
      taskId: 'order:7',
      enqueuedAt: String(NOON),
      parks: '3',
      origin: 'message-0',
      unpaid: 'a1,a2',
      while: 'capacity from captchaai',
    })
  })

  it('without a value are not written, because SQS takes no empty ones', () => {
    expect(Object.keys(writeTaskAttributes({ ...parked, unpaid: [], while: undefined }))).toEqual([
      ...['taskId', 'enqueuedAt', 'parks', 'origin'],
    ])
  })

  it('carry the last 16 unpaid attempts, the youngest among them', () => {
    const unpaid = Array.from({ length: 17 }, (_, i) => `a${i}`)
    expect(read(writeTaskAttributes({ ...parked, unpaid })).unpaid).toEqual(unpaid.slice(1))
  })
})

describe('an attribute that the fleet cannot have written is not believed', () => {
  it.each([
    ['an age of the same millisecond is one', 'enqueuedAt', String(NOON), { enqueuedAt: NOON }],
    [
      'an age of just under 30 days is one',
      'enqueuedAt',
      String(NOON - 30 * DAY + 1),
      { enqueuedAt: NOON - 30 * DAY + 1 },
    ],
    ['an age of 30 days', 'enqueuedAt', String(NOON - 30 * DAY), {}],
    ['a time after the message was sent', 'enqueuedAt', String(NOON + 1), {}],
    ['a time that is no number', 'enqueuedAt', 'yesterday', {}],
    ['a task id of 128 characters is one', 'taskId', 'x'.repeat(128), { taskId: 'x'.repeat(128) }],
    ['a task id of 129 characters', 'taskId', 'x'.repeat(129), {}],
    ['a task id with other characters than A-Z a-z 0-9 . _ : -', 'taskId', 'a b', {}],
    ['an empty task id', 'taskId', '', {}],
    ['an origin of 128 characters is one', 'origin', 'x'.repeat(128), { origin: 'x'.repeat(128) }],
    ['an origin of 129 characters', 'origin', 'x'.repeat(129), {}],
    ['an origin with a colon', 'origin', 'a:b', {}],
    ['no park is one', 'parks', '0', { parks: 0 }],
    ['a negative number of parks', 'parks', '-1', {}],
    ['half a park', 'parks', '1.5', {}],
    ['unpaid attempts between which there is nothing', 'unpaid', ',a1,,b c,', { unpaid: ['a1'] }],
    ['a reason with a line break', 'while', 'a\nb', {}],
  ])('%s', (_, name, value, changed) => {
    expect(read({ [name]: value })).toEqual({ ...ofClient, ...changed })
  })
})
