import type { MetricName } from '../contract/metrics.ts'
import type { Clock, Log, MessageSender, OutcomeStore, Provider, TaskStore } from '../core/ports.ts'
import { makeAccountingOwner } from '../worker/accounting-owner.ts'
import { type PollOnCallback, pollOnCallback } from '../worker/poll-task.ts'
import { makeRecordOutcome } from '../worker/record-outcome.ts'
import { makePingback, type Pingback } from './pingback.ts'
import { makeRefusedCalls } from './refused-calls.ts'

interface PingbackPorts {
  tasks: TaskStore
  outcomes: OutcomeStore
  sender: MessageSender
  providers: Provider[]
  clock: Clock
  log: Log
  /** Equality in constant time. */
  same: (a: string, b: string) => boolean
  /** Adds to a CloudWatch metric. */
  count: (name: MetricName, value: number) => void
}
export interface PingbackSettings {
  /** This execution environment. */
  worker: string
  timeoutSeconds: number
  /** The first provider's name. */
  provider: string
}

/** The pingback use case from its ports and settings. */
export function assemblePingback(ports: PingbackPorts, settings: PingbackSettings): Pingback {
  const { tasks, outcomes, clock, log } = ports
  const { timeoutSeconds, provider, worker } = settings
  const accountingOwner = makeAccountingOwner({ tasks, outcomes, clock, invocationSeconds: timeoutSeconds })
  const poll: PollOnCallback = (...of) => pollOnCallback({ ...ports, accountingOwner }, ...of)
  const recordOutcome = makeRecordOutcome({
    outcomes,
    clock,
    log,
    worker,
    function: 'pingback',
    invocationSeconds: timeoutSeconds,
  })
  const refused = makeRefusedCalls(clock, ports.count)
  return makePingback({ ...ports, pollOnCallback: poll, recordOutcome, refused, provider })
}
