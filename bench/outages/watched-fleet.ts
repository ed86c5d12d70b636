import { setTimeout as pause } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { makeAdmissionStore } from '../../functions/adapters/dynamodb/admission-store.ts'
import type { Breaker } from '../../functions/core/admission/breaker/breaker-state.ts'
import type { LedgerEntry } from '../../sim/provider/account.ts'
import { readFaultOrder } from '../../sim/provider/named-fault.ts'
import type { Simulator } from '../../sim/provider/simulator.ts'
import { named, startWorld, taskOf, type WorldOptions } from '../../test/fleet/world.ts'
import type { Observed } from './report.ts'

const SAMPLE_MS = 200
const URL_PREFIX = taskOf('').pageurl
type OpenBreaker = Extract<Breaker, { state: 'open' }>

/** The fleet on real engines, with traffic and an observer that sees only what anybody can see from outside. */
export async function startWatchedFleet(prefix: string, options: WorldOptions, backup: Simulator | null) {
  const world = await startWorld(options)
  const dynamodb = new DynamoDBClient({ endpoint: `http://127.0.0.1:${world.ports.dynamodb}` })
  const admission = makeAdmissionStore({ client: dynamodb, tableName: 'lifesign' })
  const taskIds: string[] = []
  const readiness: Observed['readiness'] = []
  const shut: Observed['shut'] = []
  let watching = true

  async function watchReadiness(): Promise<void> {
    const status = await world.health('/health/ready').then(
      (answer) => answer.status,
      () => 0,
    )
    readiness.push({ at: Date.now(), status })
  }

  /** An open period ends when the item says so, or with the last look at it as open. */
  async function watchBreaker(): Promise<void> {
    const reading = await admission.read().catch(() => null)
    if (reading?.kind !== 'admission') return
    const breaker = reading.admission.control.providers.captchaai?.breaker
    if (breaker?.state === 'open') remember(breaker)
  }

  function remember({ since, until }: OpenBreaker): void {
    const known = shut.find((period) => period.since === since)
    if (known === undefined) shut.push({ since, until: Math.min(Date.now(), until) })
    else known.until = Math.min(Date.now(), until)
  }

  const watcher = (async () => {
    while (watching) {
      await Promise.all([watchReadiness(), watchBreaker()])
      await pause(SAMPLE_MS)
    }
  })()

  return {
    world,
    shut,
    async send(count: number): Promise<void> {
      const ids = named(prefix, taskIds.length + count).slice(taskIds.length)
      taskIds.push(...ids)
      await world.send(ids.map((id) => taskOf(id, { deadlineSeconds: 900 })))
    },
    /** So many tasks a second for so long; what happens meanwhile is up to the caller. */
    async traffic(perSecond: number, seconds: number): Promise<void> {
      const began = Date.now()
      for (let second = 0; second < seconds; second += 1) {
        await this.send(perSecond)
        await pause(Math.max(0, began + (second + 1) * 1000 - Date.now()))
      }
    },
    /** Waits until every task has a result, or the time is over. */
    async settled(seconds: number): Promise<void> {
      const until = Date.now() + seconds * 1000
      const open = () => {
        const have = new Set(world.results().map(({ taskId }) => taskId))
        return taskIds.some((id) => !have.has(id))
      }
      while (Date.now() < until && open()) await pause(SAMPLE_MS)
    },
    /** Waits until it is ready, or the time is over. */
    async ready(seconds: number): Promise<void> {
      const until = Date.now() + seconds * 1000
      while (Date.now() < until && readiness.at(-1)?.status !== 200) await pause(SAMPLE_MS)
    },
    async observed(trouble: Observed['trouble']): Promise<Observed> {
      const waiting = (await world.count('tasks')) + (await world.count('polls'))
      const simulators = backup === null ? [world.simulator] : [world.simulator, backup]
      return {
        taskIds,
        taskOf: ({ params }: LedgerEntry) => params.pageurl?.slice(URL_PREFIX.length) ?? '',
        results: world.results(),
        providers: simulators.map((one) => ({ ledger: one.ledger(), requests: one.requests() })),
        ...{ readiness, shut, waiting, trouble },
      }
    },
    async stop(): Promise<void> {
      watching = false
      await watcher
      await world.stop()
      await backup?.stop()
      dynamodb.destroy()
    },
  }
}
export type WatchedFleet = Awaited<ReturnType<typeof startWatchedFleet>>

/** Switches a named fault on; the simulator ends it by itself. */
export async function simulate(simulator: Simulator, asked: Record<string, unknown>): Promise<void> {
  const order = readFaultOrder(asked)
  if ('problem' in order) throw new Error(order.problem)
  await simulator.simulate(order)
}
