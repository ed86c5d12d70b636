import { setTimeout as pause } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { makeHistoryStore } from '../../functions/adapters/dynamodb/history-store.ts'
import { LOCAL_TABLE } from '../../functions/contract/stack.ts'
import { emptyBucket, SPAN_MS, startOf } from '../../functions/core/record/history-bucket.ts'
import { type FaultyProxy, startFaultyProxy } from '../engines/faulty-proxy.ts'
import { HOST } from '../engines/processes.ts'
import { startWorld, taskOf, type World } from '../fleet/world.ts'

/** Short times, so that a fleet gets into each state within seconds. */
const SETTINGS = { breakerFailures: 2, breakerSpanSeconds: 1, degradedQueueDepth: 3, maxInFlight: 4 }

/** `npm start` on engines and a simulator that can be told to fail; its table is reached through a proxy. */
export async function startFiveStates() {
  let table: FaultyProxy | undefined
  const world = await startWorld({
    settings: SETTINGS,
    simulator: { plan: { solveSeconds: 1, solveRate: 1 } },
    async between({ dynamodb }) {
      table = await startFaultyProxy(`http://${HOST}:${dynamodb}`)
      return { LIFESIGN_DYNAMODB_URL: table.endpoint }
    },
  })
  await plantHistory(world.ports.dynamodb)
  const send = (count: number) => world.send(Array.from({ length: count }, (_, n) => taskOf(`${Date.now()}-${n}`)))
  return {
    url: `http://${HOST}:${world.ports.health}`,
    /** Each brings the fleet into a state, from the one before it in this list. */
    states: {
      starting: () => seen(world, 'ready', 'starting'),
      ready: async () => {
        await send(4)
        await seen(world, 'ready', '"solved":4')
      },
      degraded: async () => {
        await world.simulator.set({ solveSeconds: 3600 })
        await send(12)
        await seen(world, 'degraded', '"mode":"degraded"')
      },
      'not ready': async () => {
        await world.simulator.set({ faults: [{ kind: 'http', status: 502 }] })
        await seen(world, 'not_ready', 'no_usable_provider')
      },
      unknown: async () => {
        if (table !== undefined) table.fate = () => ({ kind: 'cut', applied: false })
        await seen(world, 'unknown', 'record_unreadable')
      },
    },
    async stop() {
      await world.stop()
      await table?.stop()
    },
  }
}

/** Until the readiness view shows this status and this text. */
async function seen(world: World, status: string, text: string): Promise<void> {
  let last = ''
  for (const until = Date.now() + 90_000; Date.now() < until; await pause(250)) {
    last = JSON.stringify((await world.health('/health/ready')).body)
    if (last.startsWith(`{"status":"${status}"`) && last.includes(text)) return
  }
  throw new Error(`never ${status} with ${text}; last: ${last}`)
}

/** Three months of a fleet's life, so that the page has bars to show: an outage, a slow evening, hours without data. */
async function plantHistory(port: number): Promise<void> {
  const client = new DynamoDBClient({ endpoint: `http://${HOST}:${port}` })
  const store = makeHistoryStore({ client, tableName: LOCAL_TABLE })
  const now = Date.now()
  const solveSeconds = [0, 6, 18, 120, 170, 60, 20, 8, 2, 1, 0, 0, 0, 0]
  for (let n = 1; n <= 24; n += 1) {
    if (n === 9 || n === 10) continue
    const bucket = emptyBucket('hour', startOf('hour', now) - n * SPAN_MS.hour)
    const bad = { 4: 2100, 5: 700 }[n] ?? 0
    const slow = { 5: 500, 16: 1300 }[n] ?? 0
    const seconds = { ready: 3600 - bad - slow, degraded: slow, not_ready: bad, unknown: 0 }
    await store.save({ ...bucket, seconds, solved: 405, failed: 9, solveSeconds })
  }
  for (let n = 1; n <= 76; n += 1) {
    if (n === 40) continue
    const bucket = emptyBucket('day', startOf('day', now) - n * SPAN_MS.day)
    const bad = { 12: 5400, 33: 900, 58: 26_000 }[n] ?? 0
    const slow = n % 19 === 0 ? 9000 : 0
    const seconds = { ready: 86_400 - bad - slow, degraded: slow, not_ready: bad, unknown: 0 }
    await store.save({ ...bucket, seconds, solved: 9800, failed: 210, solveSeconds })
  }
  client.destroy()
}
