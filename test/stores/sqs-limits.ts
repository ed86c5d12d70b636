import fc from 'fast-check'
import { beforeEach, expect, it } from 'vitest'
import { batchEntry, batchesOf } from '../../functions/adapters/sqs/batch-entry.ts'
import { makeMessageSender } from '../../functions/adapters/sqs/sender.ts'
import type { Message } from '../../functions/core/message/message.ts'
import type { MessageSender } from '../../functions/core/ports.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { MANY_CASES, SEEDED } from './builders.ts'
import { createQueue, type TestQueue } from './queues.ts'

const MIB = 1024 * 1024
const quarter = 'x'.repeat(256 * 1024)

/** What SQS allows and what it does not, at the edges. */
export function sqsLimits(running: () => RunningEngine): void {
  let queue: TestQueue
  let sender: MessageSender
  beforeEach(async () => {
    queue = await createQueue(running().endpoint)
    sender = makeMessageSender({ client: queue.client, queueUrls: { tasks: queue.queueUrl }, log: () => {} })
  })
  const drain = async () => {
    const all: Message[] = []
    for (let some = await queue.receive(); some.length > 0; some = await queue.receive()) all.push(...some)
    return all
  }

  it('ten messages of 256 KiB do not go in one call', async () => {
    const messages = Array.from({ length: 10 }, () => ({ body: quarter, attributes: { taskId: 'a' } }))
    expect(await sender.send('tasks', messages)).toEqual(messages.map(() => true))
    expect(await drain()).toHaveLength(10)
  })

  it('a message over 1 MiB is not sent, and its neighbours are', async () => {
    const messages = [{ body: 'before' }, { body: 'x'.repeat(MIB + 1) }, { body: 'after' }]
    expect(await sender.send('tasks', messages)).toEqual([true, false, true])
    expect((await drain()).map(({ body }) => body).sort()).toEqual(['after', 'before'])
  })

  it('a body of 1 MiB goes unchanged, without the attributes that have no room beside it', async () => {
    const room = 'x'.repeat(MIB - 100)
    const attributes = { taskId: 'task-1', reason: `INVALID_TASK: ${'y'.repeat(900)}` }
    const full = { body: 'x'.repeat(MIB), attributes }
    expect(await sender.send('tasks', [{ body: room, attributes }, full])).toEqual([true, true])
    const sent = await drain()
    expect(sent.find(({ body }) => body === room)?.attributes).toEqual({ taskId: 'task-1' })
    expect(sent.find(({ body }) => body.length === MIB)?.attributes).toEqual({})
  })

  it('an empty message is not sent, an empty attribute is left out', async () => {
    expect(await sender.send('tasks', [{ body: '' }, { body: 'a', attributes: { detail: '', taskId: 'b' } }])).toEqual([
      false,
      true,
    ])
    expect((await drain()).map(({ attributes }) => attributes)).toEqual([{ taskId: 'b' }])
  })

  it('delays are whole seconds from 0 to 900', () => {
    const delays = [-5, 0, 0.2, 900, 5000].map(
      (delaySeconds) => batchEntry({ body: 'a', delaySeconds }, 0).DelaySeconds,
    )
    expect(delays).toEqual([0, 0, 1, 900, 900])
  })

  it('of the attributes that have no room the longest is left out, and what fits exactly is kept', () => {
    const attributes = { reason: 'r'.repeat(100), id: 'i' }
    const room = 'reasonString'.length + 100 + 'idStringi'.length
    const keptBeside = (bytes: number) =>
      Object.keys(batchEntry({ body: 'x'.repeat(bytes), attributes }, 0).MessageAttributes ?? {})
    expect(keptBeside(MIB - room).sort()).toEqual(['id', 'reason'])
    expect(keptBeside(MIB - room + 1)).toEqual(['id'])
    expect(keptBeside(MIB - 'idStringi'.length)).toEqual(['id'])
    expect(keptBeside(MIB - 'idStringi'.length + 1)).toEqual([])
  })

  it('an entry names the type of each attribute, and what XML cannot hold is escaped in a body and replaced in an attribute', () => {
    expect(batchEntry({ body: '"a\u0001b\uFFFEc"', attributes: { reason: 'a\u0001b\uFFFEc' } }, 7)).toEqual({
      Id: '7',
      MessageBody: '"a\\u0001b\\ufffec"',
      DelaySeconds: 0,
      MessageAttributes: { reason: { DataType: 'String', StringValue: 'a\uFFFDb\uFFFDc' } },
    })
  })

  it('two messages of 1 MiB together go in one call, and one byte more makes a second call', () => {
    const callsFor = (bytes: number) =>
      batchesOf([MIB / 2, bytes].map((size, place) => batchEntry({ body: 'x'.repeat(size) }, place))).length
    expect([callsFor(MIB / 2), callsFor(MIB / 2 + 1)]).toEqual([1, 2])
  })

  it('any text in a JSON body arrives with its meaning, and any attribute value arrives', MANY_CASES, async () => {
    const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))
    const text = fc.string({ unit })
    const beyond = ['\u{10000}', '\u{1FFFF}', '🙂']
    const odd = fc.constantFrom('\u0000', '\uFFFE', '\uFFFF', '\uD800', '\u001F', '\u007F', ']]>', ...beyond)
    const messages = fc.array(fc.record({ text, odd, value: fc.oneof(text, odd) }), { minLength: 1, maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(messages, async (drawn) => {
        const sent = await sender.send(
          'tasks',
          drawn.map(({ text, odd, value }) => ({ body: JSON.stringify(`${text} ${odd}`), attributes: { value } })),
        )
        expect(sent).toEqual(drawn.map(() => true))
        const bodies = (await drain()).map(({ body }): unknown => JSON.parse(body))
        expect(bodies.sort()).toEqual(drawn.map(({ text, odd }) => `${text} ${odd}`).sort())
      }),
      { numRuns: 100, ...SEEDED },
    )
  })

  it('every batch is within what one call takes, in order and complete', () => {
    const sizes = fc.array(fc.oneof(fc.nat(2000), fc.integer({ min: 0, max: MIB })), { maxLength: 40 })
    fc.assert(
      fc.property(sizes, (sizes) => {
        const entries = sizes.map((size, place) =>
          batchEntry({ body: 'x'.repeat(Math.max(size - 30, 1)), attributes: { taskId: 'abc' } }, place),
        )
        const batches = batchesOf(entries)
        expect(batches.flat()).toEqual(entries)
        for (const batch of batches) {
          const bytes = batch.reduce(
            (sum, { MessageBody = '' }) => sum + MessageBody.length + 'taskIdStringabc'.length,
            0,
          )
          expect(batch.length).toBeLessThanOrEqual(10)
          expect(bytes <= MIB || batch.length === 1).toBe(true)
        }
      }),
      { numRuns: 100, ...SEEDED },
    )
  })
}
