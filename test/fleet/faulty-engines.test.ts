import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type FaultyProxy, startFaultyProxy } from '../engines/faulty-proxy.ts'
import { HOST } from '../engines/processes.ts'
import { named, startWorld, taskOf, totals, type World, type WorldOptions } from './world.ts'

const TASKS = 20

/** A fleet that reaches its table and its queues only through proxies that can be told to fail. */
async function startBehindProxies(options: WorldOptions = {}) {
  const proxies: { table?: FaultyProxy; queues?: FaultyProxy } = {}
  const world = await startWorld({
    simulator: { plan: { solveSeconds: 2, solveRate: 1 } },
    ...options,
    async between(ports) {
      proxies.table = await startFaultyProxy(`http://${HOST}:${ports.dynamodb}`)
      proxies.queues = await startFaultyProxy(`http://${HOST}:${ports.sqs}`)
      return { LIFESIGN_DYNAMODB_URL: proxies.table.endpoint, LIFESIGN_SQS_URL: proxies.queues.endpoint }
    },
  })
  const { table, queues } = proxies
  if (table === undefined || queues === undefined) throw new Error('no proxies')
  return {
    world,
    table,
    queues,
    stop: async () => {
      await world.stop()
      await table.stop()
      await queues.stop()
    },
  }
}

const throttled = {
  kind: 'answer' as const,
  status: 400,
  body: '{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate exceeded"}',
  applied: false,
}
const isSubmitted = (body: Buffer): boolean =>
  body.includes('":submitted":{"S":"submitted"}') && body.includes(':captchaId')

async function expectSolvedOnce(world: World, ids: string[]): Promise<void> {
  for (const id of ids) {
    expect(world.resultsOf(id)[0], id).toMatchObject({ status: 'solved', attempts: 1 })
    expect(new Set(world.resultsOf(id).map((result) => result.settledAt)).size).toBe(1)
  }
  expect(world.simulator.ledger()).toHaveLength(ids.length)
  expect(await world.count('dead-letters')).toBe(0)
}

describe('behind faulty engines', () => {
  let stop = async () => {}
  afterEach(() => stop())

  it('DynamoDB down before the paid call: fail closed: no submit; when it is back every task is solved for one charge (row 49)', async () => {
    const fleet = await startBehindProxies()
    stop = fleet.stop
    fleet.table.fate = () => ({ kind: 'cut', applied: false })
    const ids = named('down', TASKS)
    await fleet.world.send(ids.map((id) => taskOf(id)))
    await pause(6000)
    expect(fleet.world.simulator.ledger()).toHaveLength(0)
    fleet.table.fate = () => ({ kind: 'pass' })
    await fleet.world.settled(ids, 200)
    await expectSolvedOnce(fleet.world, ids)
  })

  it('DynamoDB throttles one call in three: nothing is bought twice, nothing is lost', async () => {
    const fleet = await startBehindProxies()
    stop = fleet.stop
    let calls = 0
    fleet.table.fate = ({ call }) =>
      /PutItem|UpdateItem|GetItem/.test(call) && ++calls % 3 === 0 ? throttled : { kind: 'pass' }
    const ids = named('throttled', TASKS)
    await fleet.world.send(ids.map((id) => taskOf(id)))
    await fleet.world.settled(ids, 200)
    expect(calls).toBeGreaterThan(3 * TASKS)
    await expectSolvedOnce(fleet.world, ids)
  })

  it('writes that were applied and reported as failed are recognised as our own (row 11)', async () => {
    const fleet = await startBehindProxies()
    stop = fleet.stop
    const seen = new Set<string>()
    fleet.table.fate = ({ call, body }) => {
      const first = /PutItem|UpdateItem/.test(call) && !seen.has(body.toString())
      if (first) seen.add(body.toString())
      return first ? { kind: 'cut', applied: true } : { kind: 'pass' }
    }
    const ids = named('applied', TASKS)
    await fleet.world.send(ids.map((id) => taskOf(id)))
    await fleet.world.settled(ids, 200)
    fleet.table.fate = () => ({ kind: 'pass' })
    expect(seen.size).toBeGreaterThanOrEqual(3 * TASKS)
    await expectSolvedOnce(fleet.world, ids)
    await expect.poll(async () => (await totals(fleet.world)).solved, { timeout: 30_000 }).toBe(TASKS)
  })

  it('DynamoDB down after the paid call: the id still travels, collect repairs the item, nothing is bought again (rows 8, 50)', async () => {
    const fleet = await startBehindProxies()
    stop = fleet.stop
    let failing = true
    fleet.table.fate = ({ body }) => (failing && isSubmitted(body) ? { kind: 'cut', applied: false } : { kind: 'pass' })
    const ids = named('after', TASKS)
    await fleet.world.send(ids.map((id) => taskOf(id)))
    await expect.poll(() => fleet.world.simulator.ledger().length, { timeout: 30_000 }).toBe(TASKS)
    await pause(7000)
    failing = false
    await fleet.world.settled(ids, 200)
    await expectSolvedOnce(fleet.world, ids)
  })

  it('SQS sends of poll messages fail: the message is redelivered and the stored id is used, not a new submit (row 51)', async () => {
    const fleet = await startBehindProxies({ settings: { providerTimeoutSeconds: 1 } })
    stop = fleet.stop
    let failing = true
    fleet.queues.fate = ({ call, body }) =>
      failing && call === 'SendMessageBatch' && body.includes('lifesign-polls')
        ? { kind: 'cut', applied: false }
        : { kind: 'pass' }
    const ids = named('mute', TASKS)
    await fleet.world.send(ids.map((id) => taskOf(id)))
    await expect.poll(() => fleet.world.simulator.ledger().length, { timeout: 30_000 }).toBe(TASKS)
    await pause(2000)
    failing = false
    await fleet.world.settled(ids, 200)
    await expectSolvedOnce(fleet.world, ids)
  })
})
