import { expect, it } from 'vitest'
import { ack, type Handled, retryLater } from '../../functions/core/message/disposition.ts'
import type { Message, OutgoingTo, QueueName } from '../../functions/core/message/message.ts'
import { handleBatch, keptIds } from '../../functions/worker/handle-batch.ts'
import { memoryClock } from '../../sim/memory/clock.ts'

const message = (n: number): Message => ({
  ...{ messageId: `m${n}`, receipt: `r${n}`, body: '', receiveCount: 1, sentAt: 0, attributes: {} },
})
const to = (queue: QueueName, body: string): OutgoingTo => ({ queue, message: { body } })

/** A batch of one message for each disposition; `fails`: bodies that cannot be sent. What happened, in its order. */
async function batchOf(handled: readonly Handled[], fails: readonly string[] = []) {
  const clock = memoryClock()
  const log: string[] = []
  const deliveries = await handleBatch(
    {
      clock,
      sender: {
        async send(queue, messages) {
          log.push(`${queue}: ${messages.map(({ body }) => body).join(' ')}`)
          return messages.map(({ body }) => !fails.includes(body))
        },
      },
      visibility: {
        async extend(holds) {
          if (holds.length > 0) log.push(`hidden: ${holds.map((h) => `${h.receipt} ${h.seconds}`).join(', ')}`)
          return holds.map(() => true)
        },
      },
    },
    handled.map((_, n) => ({ message: message(n) })),
    async (received) => handled[Number(received.message.messageId.slice(1))] ?? retryLater(),
  )
  return { log, kept: keptIds(deliveries), delivered: deliveries.map((one) => one.delivered) }
}

it('an acknowledged message is deleted once all that it had to send has arrived, and kept where one send failed', async () => {
  const both = ack([], to('polls', 'p1'), to('results', 'r1'))
  const { kept, delivered } = await batchOf([ack(), both, ack([], to('polls', 'p2'), to('results', 'r2'))], ['r2'])
  expect(delivered).toEqual([true, true, false])
  expect(kept).toEqual(['m2'])
})

it('a batch is sent queue by queue, one request each, poll messages first because they stand for money spent', async () => {
  const { log } = await batchOf([
    ack([], to('deadLetters', 'd'), to('results', 'r1')),
    ack([], to('results', 'r2'), to('tasks', 't')),
    ack([], to('polls', 'p')),
  ])
  expect(log).toEqual(['polls: p', 'tasks: t', 'results: r1 r2', 'deadLetters: d'])
})

it('what the batch does meanwhile knows all of it, begins before anything has arrived, and is waited for', async () => {
  const log: string[] = []
  const deliveries = await handleBatch(
    {
      clock: memoryClock(),
      sender: {
        async send(_, messages) {
          await Promise.resolve()
          log.push('sent')
          return messages.map(() => true)
        },
      },
    },
    [0, 1].map((n) => ({ message: message(n) })),
    async () => ack([], to('results', 'r')),
    async (handled) => {
      log.push(`${handled.length} handled`)
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
      log.push('over')
    },
  )
  log.push('returned')
  expect(log).toEqual(['2 handled', 'sent', 'over', 'returned'])
  expect(deliveries.every(({ delivered }) => delivered)).toBe(true)
})

it('a message to retry is kept and hidden for the seconds that it names; without any its visibility timeout stands', async () => {
  const { log, kept } = await batchOf([retryLater(), retryLater([], 40), retryLater([], 1.2)])
  expect(kept).toEqual(['m0', 'm1', 'm2'])
  expect(log).toEqual(['hidden: r1 40, r2 2'])
})

it('a message to retry is kept where its worker cannot change a visibility timeout', async () => {
  const sender = { send: async () => [] }
  const ports = { clock: memoryClock(), sender }
  const deliveries = await handleBatch(ports, [{ message: message(0) }], async () => retryLater([], 40))
  expect(keptIds(deliveries)).toEqual(['m0'])
})

it('a hidden message is kept, and never visible before its time', async () => {
  const until = memoryClock().now() + 4001
  const { log, kept } = await batchOf([{ disposition: { kind: 'hide', until }, events: [] }])
  expect(kept).toEqual(['m0'])
  expect(log).toEqual(['hidden: r0 5'])
})

it('an acknowledged message names when it comes back where its send fails: only then is it hidden', async () => {
  const renewal = (body: string): Handled => ({
    disposition: { kind: 'ack', send: [to('polls', body)], retryAfterSeconds: 7 },
    events: [],
  })
  const { log, kept } = await batchOf([renewal('sent'), renewal('unsent')], ['unsent'])
  expect(kept).toEqual(['m1'])
  expect(log).toEqual(['polls: sent unsent', 'hidden: r1 7'])
})

it('every message of a batch is handled at the same time: a slow one holds up none of its neighbours', async () => {
  const clock = memoryClock(undefined, { skip: true })
  const startedAt = clock.now()
  const sender = { send: async () => [] }
  const batch = [0, 1, 2].map((n) => ({ message: message(n) }))
  let running = 0
  let most = 0
  await handleBatch({ clock, sender }, batch, async () => {
    most = Math.max(most, ++running)
    await clock.sleep(1000)
    running -= 1
    return ack()
  })
  expect(most).toBe(3)
  expect(clock.now()).toBeGreaterThan(startedAt)
})
