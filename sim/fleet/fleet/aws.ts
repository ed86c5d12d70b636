import { EVENT_SOURCES, RECURSIVE_LOOP } from '../../../functions/contract/event-sources.ts'
import type { FunctionName } from '../../../functions/contract/functions.ts'
import { LIMITS } from '../../../functions/contract/limits.ts'
import type { QueueName } from '../../../functions/core/message/message.ts'
import { AWS_LIMITS, type AwsLimit, WINDOW_WAIT_SECONDS } from '../../aws/documented.ts'
import { isLoop, type Lineage } from '../../aws/lineage.ts'
import type { Random } from '../../support/random.ts'
import type { SeedScenario } from '../model/seed-scenario.ts'

/** Which of AWS's documented limits a run shows: those named, or those that the seed draws. */
export type ShownLimits = readonly AwsLimit[] | 'drawn'

/** What the stack deploys, as far as AWS's limits depend on it. */
export interface Deployed {
  sources: Readonly<Record<'submit' | 'collect', { batchSize: number; windowSeconds: number }>>
  recursiveLoop: Readonly<Record<FunctionName, 'Allow' | 'Terminate'>>
  pollMaxReceiveCount: number
  pollRenewReceiveCount: number
}

/** As it is deployed, but for receive counts so small that poll messages are renewed for them too. */
export const DEPLOYED: Deployed = {
  sources: EVENT_SOURCES,
  recursiveLoop: RECURSIVE_LOOP,
  pollMaxReceiveCount: 20,
  pollRenewReceiveCount: 14,
}

/** AWS in one run. Draws from a generator of its own, so that a seed's faults and traffic stay the same. */
export interface Aws {
  readonly deployed: Deployed
  readonly shown: ReadonlySet<AwsLimit>
  readonly random: Random
  /** Seconds of the run in which the account has no concurrency left: what is received then spends a receive. */
  readonly throttled: readonly { from: number; until: number }[]
  /** Messages that a queue may have received and not deleted: 120,000 in the cloud, far fewer here. */
  readonly inFlightMessages: number
  /** The task of this number is as large as a task may be; null: none is. */
  readonly largeTask: number | null
  /** Whether Lambda refuses to invoke the function because of this chain. */
  refusesLoop(name: FunctionName, lineage: Lineage): boolean
  /**
   * How long a source with this window waits before it invokes, milliseconds. `isFull`: whether a whole batch waits.
   */
  waitMs(windowSeconds: number, isFull: () => boolean): number
  fits(queue: QueueName, bytes: number): boolean
}

/** A calm run has no fault and room for every task: there it is known when everything must happen. */
export interface Conditions {
  scenario: SeedScenario
  aws: Aws
}

/** Of the runs that draw their limits, so many are calm. */
const CALM_SHARE = 0.15

export function conditionsOf(drawn: SeedScenario, random: Random, shown: ShownLimits, deployed = DEPLOYED): Conditions {
  const isCalm = random.chance(CALM_SHARE) && shown === 'drawn'
  const scenario = isCalm ? calmed(drawn) : drawn
  const drawnLimits = AWS_LIMITS.filter((limit) => ALWAYS.has(limit) || random.chance(0.4))
  const limits = new Set(shown === 'drawn' ? drawnLimits : shown)
  if (isCalm) for (const limit of DISTURBING) limits.delete(limit)
  const throttled = limits.has('throttle') ? [phase(random), phase(random)] : []
  const inFlightMessages = limits.has('inflight') ? random.pick([8, 15, 30]) : Number.POSITIVE_INFINITY
  const isLarge = limits.has('sizes') && random.chance(0.3)
  return {
    scenario,
    aws: {
      deployed,
      shown: limits,
      random,
      throttled,
      inFlightMessages,
      largeTask: isLarge ? random.between(0, scenario.tasks - 1) : null,
      refusesLoop: (name, lineage) =>
        limits.has('recursion') && deployed.recursiveLoop[name] === 'Terminate' && isLoop(lineage, name),
      waitMs(windowSeconds, isFull) {
        const window = windowSeconds * 1000
        if (windowSeconds === 0 || !limits.has('window') || isFull()) return window
        return window + random.next() * Math.max(0, WINDOW_WAIT_SECONDS * 1000 - window)
      },
      fits: (queue, bytes) => !limits.has('sizes') || bytes <= LARGEST[queue],
    },
  }
}

/** They change nothing in a fleet that is deployed as it should be. */
const ALWAYS = new Set<AwsLimit>(['recursion', 'window', 'sizes'])
/** Under these limits it is not known when something must happen. */
const DISTURBING: readonly AwsLimit[] = ['throttle', 'inflight']

/** The largest message of each queue, as the stack says it. */
const LARGEST: Record<QueueName, number> = {
  tasks: LIMITS.messageBytes - LIMITS.attributeBytes,
  polls: LIMITS.messageBytes - LIMITS.attributeBytes,
  results: LIMITS.messageBytes,
  deadLetters: LIMITS.messageBytes,
}

function phase(random: Random) {
  const from = random.between(0, 300)
  return { from, until: from + random.pick([20, 120, 300]) }
}

const calmed = (scenario: SeedScenario): SeedScenario => ({
  ...scenario,
  calm: true,
  faults: {},
  refusedAt: null,
  redrive: false,
  workers: Math.max(4, scenario.workers),
  maxInFlight: 1000,
  spend: { perHour: null, perDay: null },
})
