import { assembleCollect } from '../../functions/collect/assemble.ts'
import { LIMITS, workerTimeoutSeconds } from '../../functions/contract.ts'
import { assembleSubmit } from '../../functions/submit/assemble.ts'
import { makeEventSource } from './event-source.ts'
import { makePool } from './pool.ts'
import { PROVIDER_TIMEOUT_SECONDS } from './solver.ts'
import type { World } from './world.ts'

/** The fleet's functions, each with its pool of environments, on the queues of the world. */
export interface Fleet {
  idle(): boolean
  /** One sweep; `swept` when it is over. */
  sweep(swept: () => void): void
}

const TIMEOUT_SECONDS = workerTimeoutSeconds(PROVIDER_TIMEOUT_SECONDS)
const log = () => {}
/** The texts are short and few here, and nobody looks for collisions. */
const digest = (text: string) => text

export function startFleet(world: World): Fleet {
  const { plan, queues } = world
  const settings = { timeoutSeconds: TIMEOUT_SECONDS, providerTimeoutSeconds: PROVIDER_TIMEOUT_SECONDS }
  const submit = makePool(world, 'submit', TIMEOUT_SECONDS, ({ provider, ...ports }, worker) =>
    assembleSubmit(
      { ...ports, providers: [provider], log, digest },
      {
        ...settings,
        worker,
        maxReceiveCount: LIMITS.taskMaxReceiveCount,
        maxInFlight: plan.maxInFlight,
        rebuyUnknown: plan.rebuyUnknown,
        firstPollSeconds: null,
        pingbackUrl: plan.pingback ? 'https://callbacks.example/pingback' : undefined,
      },
    ),
  )
  const collect = makePool(world, 'collect', TIMEOUT_SECONDS, ({ provider, ...ports }, worker) =>
    assembleCollect({ ...ports, providers: [provider], log }, { ...settings, worker, pollSeconds: null, parallel: 20 }),
  )
  const { workers } = plan
  makeEventSource(world, { queue: queues.tasks, pool: submit, batchSize: 10, windowSeconds: 0, workers })
  makeEventSource(world, { queue: queues.polls, pool: collect, batchSize: 100, windowSeconds: 1, workers })
  return {
    idle: () => submit.busy + collect.busy === 0,
    sweep: (swept) => swept(),
  }
}
