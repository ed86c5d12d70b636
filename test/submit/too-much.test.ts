import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeMessageSender } from '../../functions/adapters/sqs/sender.ts'
import { LIMITS } from '../../functions/contract/limits.ts'
import type { Result } from '../../functions/core/task/task.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { fauxqsEngine } from '../engines/fauxqs.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'
import { createQueue } from '../stores/queues.ts'

let engine: RunningEngine
beforeAll(async () => {
  engine = await fauxqsEngine.start()
})
afterAll(() => engine.stop())

/** The largest message that the task queue takes. */
const LARGEST = LIMITS.messageBytes - LIMITS.attributeBytes
const manyKeys = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [i.toString(36), value]))
const filledUp = (task: object) => {
  const empty = JSON.stringify({ ...task, pad: '' })
  return JSON.stringify({ ...task, pad: 'x'.repeat(LARGEST - empty.length) })
}

it.each([
  ['90,000 unknown keys', JSON.stringify(manyKeys(90_000, 1)), /and 89,983 more$/],
  ['90,000 wrong parameters', JSON.stringify(recaptcha({ params: manyKeys(90_000, []) })), /and 89,981 more$/],
  ['the largest message that the queue takes', filledUp(recaptcha(manyKeys(30_000, 1))), /and 29,982 more$/],
  ['a 100 kB method', JSON.stringify(recaptcha({ method: 'm'.repeat(100_000) })), /^method must be 1 to 64 characters/],
  ['names that fold to reserved ones', JSON.stringify(recaptcha({ params: { KEY: 'x' } })), /^params\.KEY is not/],
])(
  'on a real queue too, a message tries to be too much (%s): one small result, one dead letter, no charge (row 69)',
  async (_what, body, message) => {
    const tasks = await createQueue(engine.endpoint)
    const results = await createQueue(engine.endpoint)
    const deadLetters = await createQueue(engine.endpoint)
    const queueUrls = { tasks: tasks.queueUrl, results: results.queueUrl, deadLetters: deadLetters.queueUrl }
    const sender = makeMessageSender({ client: tasks.client, queueUrls, log: () => {} })
    const fleet = smallFleet({ sender: () => sender })
    expect(await sender.send('tasks', [{ body }])).toEqual([true])

    const received = await tasks.receive()
    expect(await fleet.submitUseCase(received, fleet.run())).toEqual([])
    expect(await tasks.receive()).toEqual([])
    expect(fleet.provider.ledger).toEqual([])

    const told = await results.receive()
    expect(told).toHaveLength(1)
    const result: Result = JSON.parse(told[0]?.body ?? '')
    expect(result).toMatchObject({ status: 'failed', attempts: 0, error: { code: 'INVALID_TASK', class: 'invalid' } })
    expect(result.error?.message).toMatch(message)
    expect(told[0]?.body.length).toBeLessThan(4000)

    const letters = await deadLetters.receive()
    expect(letters).toHaveLength(1)
    expect(letters[0]?.body === body).toBe(true)
    expect(letters[0]?.attributes).toMatchObject({ taskId: received[0]?.messageId, source: 'tasks' })
    expect(letters[0]?.attributes.reason).toMatch(/^INVALID_TASK: /)
    expect(letters[0]?.attributes.reason?.length).toBeLessThanOrEqual(LIMITS.reasonCharacters)
  },
)
