import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Received } from '../../bin/commands/fleet/queue.ts'
import type { Message } from '../../functions/core/message/message.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'
import { contents, type Fleet, lifesign, startFleet } from './scripted-fleet.ts'

/**
 * The dead-letter and task queues of a real engine, which gives every copy a new message id, between the real command
 * and the real submit and collect functions. The fleet's clock is moved on; the engine's is the machine's.
 */
const HOURS = 3_600_000
let queues: Fleet
beforeEach(async () => {
  queues = await startFleet({ maxReceiveCount: 2 })
})
afterEach(() => queues.close())

const redrive = () => lifesign(['redrive', '--yes'], { port: queues.port })
const messageOf = ({ messageId, body, receipt, receiveCount, sentAt, attributes }: Received): Message => {
  return { messageId, body, receipt, receiveCount, sentAt, attributes }
}

function fleetOfNow(broken: { sends: boolean }) {
  const fleet = smallFleet({
    script: { submit: () => ({ kind: 'accept', afterSeconds: 20 }) },
    sender: (real) => ({
      send: async (queue, messages) =>
        broken.sends && queue === 'polls' ? messages.map(() => false) : real.send(queue, messages),
    }),
  })
  fleet.clock.set(Date.now())
  const submitFromEngine = async () => {
    const received = await queues.tasks.receive(0, 1)
    const failed = await fleet.submitUseCase(received.map(messageOf), fleet.run())
    await queues.tasks.delete(received.filter(({ messageId }) => !failed.includes(messageId)))
    await queues.tasks.giveBack(received.filter(({ messageId }) => failed.includes(messageId)))
    return received.map(({ messageId }) => messageId)
  }
  return { ...fleet, submitFromEngine }
}

describe('dead letters are redriven hours or days later, or twice, with new message ids: no second charge (row 14)', () => {
  test('a task that was paid for, whose poll message could never be sent, and that the fleet dead-lettered', async () => {
    const broken = { sends: true }
    const fleet = fleetOfNow(broken)
    const id = fleet.send(recaptcha({ deadlineSeconds: 3600 }))
    for (let receives = 0; receives < 10; receives += 1) {
      await fleet.submit()
      await fleet.clock.advance(120_000)
    }
    const [letter] = fleet.queues.deadLetters.receive(1)
    expect(letter?.attributes).toMatchObject({ taskId: id, reason: expect.stringMatching(/^FAILED_REPEATEDLY:/) })
    expect(fleet.provider.ledger).toHaveLength(1)

    broken.sends = false
    const dead = { body: letter?.body ?? '', attributes: letter?.attributes ?? {} }
    await queues.deadLetters.send([dead])
    expect((await redrive()).out).toEqual(['1 of 1 moved'])
    const [first] = await fleet.submitFromEngine()
    expect(first).not.toBe(id)
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])

    await fleet.clock.advance(30 * HOURS)
    await queues.deadLetters.send([dead, dead])
    expect((await redrive()).out).toEqual(['2 of 2 moved'])
    expect(await fleet.submitFromEngine()).toHaveLength(2)
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(new Set(fleet.resultsOf(id).map(({ settledAt }) => settledAt)).size).toBe(1)
  })

  test('a task without an id of its own that SQS itself moved, because its workers died before they could delete it', async () => {
    const fleet = fleetOfNow({ sends: false })
    await queues.tasks.send([{ body: JSON.stringify(recaptcha()) }])
    const [paid] = await queues.tasks.receive(0, 0)
    if (paid === undefined) throw new Error('nothing received')
    await fleet.submitUseCase([messageOf(paid)], fleet.run())
    await queues.tasks.receive(0, 0)
    expect(await queues.tasks.receive(0, 0)).toEqual([])
    expect((await contents(queues.deadLetters)).map(({ messageId }) => messageId)).toEqual([paid.messageId])

    expect((await redrive()).out).toEqual(['1 of 1 moved'])
    const [again] = await fleet.submitFromEngine()
    expect(again).not.toBe(paid.messageId)
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    const results = fleet.resultsOf(paid.messageId)
    expect(results[0]).toMatchObject({ status: 'solved', attempts: 1 })
    // Delivered at least once, settled exactly once.
    expect(results.filter((result) => JSON.stringify(result) !== JSON.stringify(results[0]))).toEqual([])
  })

  test('a task that was never paid for and whose deadline has passed ends as expired, without a charge', async () => {
    const fleet = fleetOfNow({ sends: false })
    await queues.deadLetters.send([
      { body: JSON.stringify(recaptcha({ taskId: 'old' })), attributes: { reason: 'X: y' } },
    ])
    await redrive()
    await fleet.clock.advance(5 * HOURS)
    await fleet.submitFromEngine()
    await fleet.drain()
    expect(fleet.provider.ledger).toEqual([])
    expect(fleet.resultsOf('old')).toMatchObject([{ status: 'expired', attempts: 0 }])
  })
})
