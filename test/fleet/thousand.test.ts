import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explained, named, startWorld, taskOf, totals, type World } from './world.ts'

const TASKS = 1000
/** List prices, us-east-1, USD per million. */
const PRICE = { write: 0.625, read: 0.125, sqs: 0.4 }

/** As the kernel counts it, where it does: all worker threads of the fleet are in that one process. */
function peakMemory(pid: number | undefined): string {
  const file = `/proc/${pid}/status`
  const kilobytes = existsSync(file) ? /VmHWM:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1] : undefined
  return kilobytes === undefined ? 'not known' : `${Math.round(Number(kilobytes) / 1024)} MiB`
}

describe('a run of 1,000 tasks through the embedded engines', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({
      settings: { maxInFlight: 1000, queueCapacity: 2000 },
      simulator: { plan: { solveSeconds: [2, 4], solveRate: 1 } },
    })
  })
  afterAll(() => world?.stop())

  it('all settled once, charges equal tasks, outcome counts equal tasks', async () => {
    const ids = named('k', TASKS)
    const before = await world.requests()
    const began = Date.now()
    await world.send(ids.map((id) => taskOf(id)))
    await world.settled(ids, 240)
    const seconds = (Date.now() - began) / 1000
    const after = await world.requests()

    expect(world.simulator.ledger()).toHaveLength(TASKS)
    for (const id of ids) {
      const results = world.resultsOf(id)
      expect(results[0]).toMatchObject({ status: 'solved', attempts: 1 })
      expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1)
    }
    await expect.poll(async () => (await totals(world)).solved, { timeout: 20_000 }).toBe(TASKS)
    const sum = await totals(world)
    expect(sum).toMatchObject({ solved: TASKS, failed: 0 })
    expect(explained(sum)).toBe(TASKS)
    expect(await world.count('dead-letters')).toBe(0)

    const calls = (of: 'sqs' | 'dynamodb', name: RegExp) =>
      Object.entries(after[of]).reduce(
        (n, [call, count]) => n + (name.test(call) ? count - (before[of][call] ?? 0) : 0),
        0,
      )
    const writes = calls('dynamodb', /PutItem|UpdateItem/) / TASKS
    const reads = calls('dynamodb', /GetItem|Query/) / TASKS
    const polls = (sum.polled ?? 0) / TASKS
    const sqs = calls('sqs', /./) / TASKS
    const usd = ((writes * PRICE.write + reads * PRICE.read + sqs * PRICE.sqs) / 1e6) * 1000
    console.log(
      `1,000 tasks in ${seconds.toFixed(1)} s = ${(TASKS / seconds).toFixed(1)}/s; a task: ${writes.toFixed(2)} table writes, ` +
        `${reads.toFixed(2)} reads, ${sqs.toFixed(2)} SQS requests (this client's and the sweep's included), ${polls.toFixed(2)} polls; ` +
        `table and queues: $${usd.toFixed(4)} per 1,000 solves; peak memory of the fleet ${peakMemory(world.fleet().child.pid)}; calls ${JSON.stringify(after)}`,
    )
    // Each task has three writes of its own. Each invocation has one outcome item, and at most one write to the admission
    // item on the healthy path; now and then a lost race costs another one. How many invocations there are depends on how
    // full the batches are.
    const ofInvocations = calls('dynamodb', /PutItem/) - TASKS
    const toAdmission = calls('dynamodb', /UpdateItem/) - 2 * TASKS
    expect(toAdmission).toBeLessThanOrEqual(1.2 * ofInvocations + 10)
    expect(writes).toBeLessThan(4)
  })
})
