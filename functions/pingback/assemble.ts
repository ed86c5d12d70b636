import { makeLook } from '../core/look.ts'
import { makeMeetSettled } from '../core/meet-settled.ts'
import type { Clock, Log, Outbox, OutcomeStore, Provider, TaskStore } from '../core/ports.ts'
import { makeRecordOutcome } from '../core/record-outcome.ts'
import { makePingback, type Pingback } from './pingback.ts'
import { makeRefusedCalls } from './refused-calls.ts'

export interface PingbackPorts {
  tasks: TaskStore
  outcomes: OutcomeStore
  outbox: Outbox
  providers: Provider[]
  clock: Clock
  log: Log
  /** Equality in constant time. */
  same: (a: string, b: string) => boolean
  /** Adds to a CloudWatch metric. */
  count: (name: string, value: number) => void
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
  const meetSettled = makeMeetSettled({ tasks, outcomes, clock, invocationSeconds: timeoutSeconds })
  // A callback settles or does nothing: when the next look is due is the poll message's business.
  const { confirm } = makeLook({ ...ports, meetSettled, pollSeconds: null })
  const recordOutcome = makeRecordOutcome({
    outcomes,
    clock,
    log,
    worker,
    function: 'pingback',
    invocationSeconds: timeoutSeconds,
  })
  const refused = makeRefusedCalls(clock, ports.count)
  return makePingback({ ...ports, confirm, recordOutcome, refused, provider })
}
