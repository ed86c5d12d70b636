import { afterEach, expect, it } from 'vitest'
import { makeTaskStore } from '../../functions/adapters/dynamodb/task-store.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'
import { countRequests, createTable, type TestTable } from './table.ts'

const WORKERS = 50

/** Many workers at one item, on an engine that decides races as DynamoDB does. */
export function dynamoRaces(running: () => RunningEngine): void {
  let table: TestTable | undefined
  afterEach(() => table?.client.destroy())

  /** The use cases on a real table; queues and provider in memory. */
  async function fleetOnTable() {
    const made = await createTable(running().endpoint)
    table = made
    const fleet = smallFleet({
      tasks: () => makeTaskStore({ ...made, clock: { now: () => fleet.clock.now(), sleep: async () => {} } }),
    })
    return { fleet, sent: countRequests(made.client) }
  }

  it(`the same message is handled by ${WORKERS} workers at once: one winner; the losers pay nothing and are not marked poison (row 2)`, async () => {
    const { fleet } = await fleetOnTable()
    const id = fleet.send(recaptcha())
    const [message] = fleet.queues.tasks.receive(1)
    if (message === undefined) throw new Error('no message')
    const failed = await Promise.all(Array.from({ length: WORKERS }, () => fleet.submitUseCase([message], fleet.run())))
    expect(failed.flat()).toEqual([])
    expect(fleet.provider.submits).toHaveLength(1)
    fleet.queues.tasks.remove(message.receipt)
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf(id)[0]).toMatchObject({ status: 'solved', attempts: 1 })
    expect(fleet.queues.deadLetters.held.size).toBe(0)
  })

  it(`${WORKERS} messages with one taskId, each at a worker of its own: one charge (row 3)`, async () => {
    const { fleet } = await fleetOnTable()
    for (let i = 0; i < WORKERS; i += 1) fleet.send(recaptcha({ taskId: 'same' }))
    const messages = Array.from({ length: WORKERS / 10 }, () => fleet.queues.tasks.receive(10)).flat()
    expect(messages).toHaveLength(WORKERS)
    const failed = await Promise.all(messages.map((message) => fleet.submitUseCase([message], fleet.run())))
    expect(failed.flat()).toEqual([])
    for (const { receipt } of messages) fleet.queues.tasks.remove(receipt)
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf('same')).toHaveLength(1)
  })

  it('three writes for the normal task and no read; one write and one read for a refused duplicate', async () => {
    const { fleet, sent } = await fleetOnTable()
    fleet.send(recaptcha({ taskId: 'one' }))
    await fleet.drain()
    expect(sent).toEqual(['PutItemCommand', 'UpdateItemCommand', 'UpdateItemCommand'])
    sent.length = 0
    fleet.send(recaptcha({ taskId: 'one' }))
    await fleet.drain()
    expect(sent).toEqual(['PutItemCommand', 'GetItemCommand, consistent'])
    expect(fleet.provider.ledger).toHaveLength(1)
  })
}
