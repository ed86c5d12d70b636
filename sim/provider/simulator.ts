import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { labelledRandom } from '../support/random.ts'
import { type Charge, makeAccount } from './account.ts'
import { changePlan, defaultPlan, type PlanChange, type ProviderBehaviour, type SimulatedProfile } from './behaviour.ts'
import { answerControl } from './control.ts'
import { exchange, type SeenRequest } from './exchange.ts'
import { makeFaults } from './faults.ts'
import { makeListener } from './listener.ts'
import { makePingbacks, type SentPingback } from './pingbacks.ts'

/** The key the simulator lets in unless it is given another. */
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
  ledger(): Charge[]
  /** The latest requests (at most 100,000), oldest first. */
  requests(): SeenRequest[]
  pingbacks(): SentPingback[]
  plan(): ProviderBehaviour
  /** Changes the named fields; faults begin to count anew. Resolves when the listener is as the plan says. */
  set(change: PlanChange): Promise<void>
  stop(): Promise<void>
}

/** Rejects when the port is in use (`code` EADDRINUSE) or the plan is wrong (an Error that names every problem). */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', profile = 'captchaai', key = SIMULATOR_KEY, seed = 1 } = options
  const chance = labelledRandom(seed, `${profile} faults`)
  let plan = planned(defaultPlan(profile), options.plan ?? {})
  let faults = makeFaults(plan.faults, chance, Date.now())
  const requests: SeenRequest[] = []
  const pingbacks = makePingbacks(Date.now)
  const spend = (price: number) => {
    if (typeof plan.balance === 'number') plan = { ...plan, balance: Math.round((plan.balance - price) * 1e6) / 1e6 }
  }
  const account = makeAccount({ profile, key, seed, plan: () => plan, spend })
  const world = { account, chance, pingbacks, plan: () => plan, faults: () => faults, requests }

  const api: Omit<Simulator, 'url' | 'port'> = {
    profile,
    key,
    ledger: () => account.charges.map((charge) => ({ ...charge })),
    requests: () => requests.map((request) => ({ ...request })),
    pingbacks: () => pingbacks.sent.map((call) => ({ ...call })),
    plan: () => plan,
    async set(change) {
      plan = planned(plan, change)
      if (change.faults !== undefined) faults = makeFaults(plan.faults, chance, Date.now())
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
  const listener = makeListener(server, host, options.port ?? 0, () => faults)
  const address: AddressInfo = await listener.start()
  return { ...api, url: `http://${host}:${address.port}`, port: address.port }
}

function planned(plan: ProviderBehaviour, change: unknown): ProviderBehaviour {
  const changed = changePlan(plan, change)
  if ('problem' in changed) throw new Error(changed.problem)
  return changed.plan
}
