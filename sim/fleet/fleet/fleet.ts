import { hash } from 'node:crypto'
import { assembleCollect } from '../../../functions/collect/assemble.ts'
import { LIMITS, workerTimeoutSeconds } from '../../../functions/contract/limits.ts'
import { SETTINGS } from '../../../functions/contract/settings.ts'
import { readPingbackPath } from '../../../functions/core/task/pingback-address.ts'
import { assemblePingback } from '../../../functions/pingback/assemble.ts'
import { assembleSubmit } from '../../../functions/submit/assemble.ts'
import { defaultObserveSettings } from '../../memory/observe-settings.ts'
import { PROVIDER_TIMEOUT_SECONDS } from '../provider/simulated-provider.ts'
import type { World } from '../world.ts'
import { makeEventSource } from './event-source.ts'
import { makeIntakeMapping } from './intake-mapping.ts'
import { makePool } from './pool.ts'
import { startSweeps } from './sweeps.ts'

/** The fleet's functions, each with its pool of environments, on the queues of the world. */
export interface Fleet {
  idle(): boolean
  /** One sweep; `swept` when it is over. */
  sweep(swept: () => void): void
}

const TIMEOUT_SECONDS = workerTimeoutSeconds(PROVIDER_TIMEOUT_SECONDS)
const PINGBACK_URL = 'https://callbacks.example/pingback'
const log = () => {}
/** As the handler has it: a poll message carries it, so its length counts. */
const digest = (text: string) => hash('sha256', text)

export function startFleet(world: World): Fleet {
  const { scenario, queues } = world
  const { sources, pollRenewReceiveCount } = world.aws.deployed
  const settings = { timeoutSeconds: TIMEOUT_SECONDS, providerTimeoutSeconds: PROVIDER_TIMEOUT_SECONDS }
  const submit = makePool(world, 'submit', TIMEOUT_SECONDS, (ports, worker) =>
    assembleSubmit(
      { ...ports, log, digest },
      {
        ...settings,
        worker,
        maxReceiveCount: LIMITS.taskMaxReceiveCount,
        maxInFlight: scenario.maxInFlight,
        spendPerHour: scenario.spend.perHour,
        spendPerDay: scenario.spend.perDay,
        rebuyUnknown: scenario.rebuyUnknown,
        ...defaultObserveSettings,
        firstPollSeconds: null,
        pollSeconds: null,
        pingbackUrl: scenario.pingback ? PINGBACK_URL : undefined,
      },
    ),
  )
  const collect = makePool(world, 'collect', TIMEOUT_SECONDS, (ports, worker) =>
    assembleCollect(
      { ...ports, log },
      {
        ...settings,
        worker,
        ...defaultObserveSettings,
        pollSeconds: null,
        stalledSeconds: SETTINGS.stalledSeconds.default,
        renewAt: pollRenewReceiveCount,
      },
    ),
  )
  const pingback = makePool(world, 'pingback', TIMEOUT_SECONDS, (ports, worker) =>
    assemblePingback({ ...ports, log, same: (a, b) => a === b, count: () => {} }, { ...settings, worker }),
  )
  const mapping = makeIntakeMapping(world, (state) => world.oracle.record({ kind: 'mappingTurned', state }))
  const sweeps = startSweeps(world, mapping)
  const most = { maximumConcurrency: scenario.workers, concurrency: scenario.workers }
  makeEventSource(world, { queue: queues.tasks, pool: submit, mapping, ...sources.submit, ...most })
  makeEventSource(world, { queue: queues.polls, pool: collect, ...sources.collect, ...most })
  world.provider.onCall = (path, captchaId) =>
    pingback.invoke(
      (follow, run) => follow(readPingbackPath(path), captchaId, run),
      () => {},
    )
  return { idle: () => submit.busy + collect.busy + pingback.busy === 0, sweep: sweeps.last }
}
