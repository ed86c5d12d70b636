import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { labelledRandom } from '../support/random.ts'
import { type LedgerEntry, makeAccount } from './account.ts'
import {
  afterSpending,
  changePlan,
  defaultPlan,
  type PlanChange,
  type ProviderBehaviour,
  type SimulatedProfile,
} from './behaviour.ts'
import { answerControl } from './control.ts'
import { exchange, type SeenRequest } from './exchange.ts'
import { makeFaults, type RunningFault } from './faults.ts'
import { makeListener } from './listener.ts'
import type { FaultOrder } from './named-fault.ts'
import { makePingbacks, type SentPingback } from './pingbacks.ts'

/** The key that the simulator accepts unless it is given another one. */
export const SIMULATOR_KEY = 'simulator-key-32-characters-long'

export interface SimulatorOptions {
  /** 0: any free port. */
  port?: number
  host?: string
  profile?: SimulatedProfile
  key?: string
  /** Same seed and same order of submits: same ids, fates, times and answers. */
  seed?: number
  plan?: PlanChange
}

export interface Simulator {
  readonly url: string
  readonly port: number
  readonly profile: SimulatedProfile
  readonly key: string
  /** Every charge so far, oldest first. */
  ledger(): LedgerEntry[]
  /** The latest requests (at most 100,000), oldest first. */
  requests(): SeenRequest[]
  pingbacks(): SentPingback[]
  plan(): ProviderBehaviour
  /**
   * Changes the named fields; `faults` replaces every fault, those with a name too, and they begin to count anew.
   * Resolves when the listener is as the plan says.
   */
  set(change: PlanChange): Promise<void>
  /** Switches a named fault on, beside all others; it ends by itself. Resolves as `set` does. */
  simulate(order: Pick<FaultOrder, 'name' | 'from' | 'seconds' | 'faults'>): Promise<RunningFault>
  /** The named faults that run. */
  running(): RunningFault[]
  /** Ends every fault and undoes every change of the plan; what was spent stays spent. */
  reset(): Promise<void>
  stop(): Promise<void>
}

/** Rejects when the port is in use (`code` EADDRINUSE) or the plan is wrong (an Error that names every problem). */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', profile = 'captchaai', key = SIMULATOR_KEY, seed = 1 } = options
  const chance = labelledRandom(seed, `${profile} faults`)
  const firstPlan = planned(defaultPlan(profile), options.plan ?? {})
  let plan = firstPlan
  let spent = 0
  const faults = makeFaults(chance)
  faults.replace(plan.faults, Date.now())
  const requests: SeenRequest[] = []
  const pingbacks = makePingbacks(Date.now)
  const spend = (price: number) => {
    spent += price
    plan = { ...plan, balance: afterSpending(plan.balance, price) }
  }
  const account = makeAccount({ profile, key, seed, spend })
  const world = { account, chance, pingbacks, plan: () => plan, faults, requests }

  const api: Omit<Simulator, 'url' | 'port'> = {
    profile,
    key,
    ledger: () => account.charges.map((charge) => ({ ...charge })),
    requests: () => requests.map((request) => ({ ...request })),
    pingbacks: () => pingbacks.sent.map((call) => ({ ...call })),
    plan: () => plan,
    async set(change) {
      plan = planned(plan, change)
      if (change.faults !== undefined) faults.replace(plan.faults, Date.now())
      await listener.follow()
    },
    async simulate(order) {
      const window = { forSeconds: order.seconds }
      const armed = planned(plan, { faults: order.faults.map((fault) => ({ ...window, ...fault })) }).faults
      const running = faults.start(order.name, armed, order, Date.now())
      await listener.follow()
      return running
    },
    running: () => faults.running(Date.now()),
    async reset() {
      plan = { ...firstPlan, balance: afterSpending(firstPlan.balance, spent), faults: [] }
      faults.replace([], Date.now())
      await listener.follow()
    },
    async stop() {
      pingbacks.stop()
      await listener.stop()
    },
  }

  const handle = (request: IncomingMessage, response: ServerResponse) =>
    request.url?.startsWith('/_sim') ? answerControl(request, response, api) : exchange(request, response, world)
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  server.on('connection', (socket) => {
    if (faults.drops(Date.now())) socket.resetAndDestroy()
  })
  const listener = makeListener(server, host, options.port ?? 0, faults)
  const address: AddressInfo = await listener.start()
  return { ...api, url: `http://${host}:${address.port}`, port: address.port }
}

function planned(plan: ProviderBehaviour, change: unknown): ProviderBehaviour {
  const changed = changePlan(plan, change)
  if ('problem' in changed) throw new Error(changed.problem)
  return changed.plan
}
