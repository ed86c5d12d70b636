import { expect, it } from 'vitest'
import { readDeadLetter, redriveLetter } from '../../../bin/commands/dead-letters/dead-letter.ts'
import { deadLetter } from '../../../functions/core/message/dead-letter.ts'
import { redriveCopy } from '../../../functions/core/message/redrive-copy.ts'
import { readTaskAttributes } from '../../../functions/core/message/task-attributes.ts'
import { redriveDeadLetters } from '../../../sim/fleet/traffic/redrive.ts'
import { NOON } from '../../../sim/memory/clock.ts'
import { memoryQueues } from '../../../sim/memory/queues.ts'

const taskAttributes = {
  taskId: 'task-1',
  enqueuedAt: NOON - 60_000,
  parks: 7,
  origin: 'message-1',
  unpaid: ['a1', 'a2'],
}
const body = JSON.stringify({ taskId: 'task-1', sitekey: 'k', pageurl: 'https://example.test/' })
const letter = deadLetter(
  { body, code: 'FAILED_REPEATEDLY', problems: ['no'], source: 'tasks', receiveCount: 10 },
  { ...taskAttributes, while: 'HTTP_502 from captchaai' },
)
const received = {
  messageId: 'letter-1',
  receipt: 'r',
  receiveCount: 1,
  sentAt: NOON,
  body,
  attributes: letter.attributes ?? {},
}

it('a redriven message keeps its id, age, origin and unpaid attempts, has never been parked, and says nothing of its death', () => {
  const back = redriveCopy(body, readTaskAttributes(received))
  expect(back.body).toBe(body)
  expect(readTaskAttributes({ ...received, messageId: 'letter-2', attributes: back.attributes ?? {} })).toEqual({
    ...taskAttributes,
    parks: 0,
  })
  expect(Object.keys(back.attributes ?? {}).sort()).toEqual(['enqueuedAt', 'origin', 'parks', 'taskId', 'unpaid'])
})

it('the command and the simulation move back the very same message', () => {
  const queues = memoryQueues(() => NOON)
  queues.deadLetters.send({ body, attributes: letter.attributes ?? {} })
  expect(redriveDeadLetters({ queues, trace: null })).toBe(1)
  const [moved] = queues.tasks.held.values()
  const byCommand = redriveLetter(readDeadLetter(received))
  expect({ body: moved?.body, attributes: moved?.attributes }).toEqual(byCommand)
})
