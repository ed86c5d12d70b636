import { randomUUID } from 'node:crypto'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { FunctionName } from '../../functions/contract/functions.ts'
import { makeLambdaFront } from '../aws/lambda-front.ts'
import type { Mappings } from '../engines/mappings.ts'
import { isThrottledAt, type LocalLimits, windowAtLowTraffic } from '../settings/aws-limits.ts'
import type { LogSink } from '../support/log-sink.ts'
import { type Plan, UNBOUNDED_SOURCE } from '../template/plan.ts'
import type { FunctionPools } from './function-pools.ts'
import { provisionQueues } from './provision.ts'
import { type QueuePoller, startQueuePoller } from './queue-poller.ts'

interface QueueClients {
  /** Receives and deletes with the permissions of the function's role, as Lambda does. */
  asFunction(target: FunctionName): SQSClient
  /** The client of the local runtime itself. */
  own: SQSClient
}

/** Passes the messages of each queue to its function, while the mapping is enabled. */
export function startEventSources(
  plan: Plan,
  mappings: Mappings,
  clients: QueueClients,
  pools: FunctionPools,
  sink: LogSink,
  limits: LocalLimits,
): { stop(): Promise<unknown> } {
  const pollers = new Map<string, QueuePoller>()
  for (const { uuid, target, maximumConcurrency, ...source } of plan.mappings) {
    const pool = pools[target]
    const made = plan.functions.find(({ name }) => name === target)
    if (pool === undefined || made === undefined)
      throw new Error(`the event source ${uuid} feeds ${target}, which is not there`)
    const enabled = mappings.get(uuid)?.enabled ?? source.enabled
    const poller = startQueuePoller({
      client: clients.asFunction(target),
      ownClient: clients.own,
      source: { ...source, enabled, maximumConcurrency: maximumConcurrency ?? UNBOUNDED_SOURCE },
      invoke: makeLambdaFront({
        plan: made,
        pool,
        newId: randomUUID,
        isThrottled: () => limits.throttle && isThrottledAt(performance.now()),
        say: (text) => sink.say(target, text),
      }),
      gatherSeconds: (windowSeconds) => windowAtLowTraffic(windowSeconds, Math.random()),
      warn: (text) => sink.say(target, text),
      makeQueues: async () => void (await provisionQueues(clients.own, plan.queues)),
    })
    pollers.set(uuid, poller)
  }
  mappings.onChange(({ uuid, enabled }) => pollers.get(uuid)?.setEnabled(enabled))
  return { stop: () => Promise.all([...pollers.values()].map((poller) => poller.stop())) }
}
