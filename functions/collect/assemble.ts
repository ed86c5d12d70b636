import { LIMITS, visibilitySeconds, WRITES_SECONDS } from '../contract.ts'
import type { BatchUseCase } from '../core/invocation.ts'
import { makeLook } from '../core/look.ts'
import { makeMeetSettled } from '../core/meet-settled.ts'
import type { Clock, Log, Outbox, OutcomeStore, Provider, TaskStore, Visibility } from '../core/ports.ts'
import { makeRecordOutcome } from '../core/record-outcome.ts'
import { makeCollect } from './collect.ts'

export interface CollectPorts {
  tasks: TaskStore
  outcomes: OutcomeStore
  outbox: Outbox
  visibility: Visibility
  providers: Provider[]
  clock: Clock
  log: Log
}
export interface CollectSettings {
  /** This execution environment. */
  worker: string
  timeoutSeconds: number
  providerTimeoutSeconds: number
  pollSeconds: number | null
  /** Looks under way at a time: a whole batch, so that a slow answer holds up none of its neighbours. */
  parallel: number
  /** Receives after which a heartbeat is renewed; default: well below the queue's limit. */
  renewAt?: number
}

/** The collect use case from its ports and settings: the same one in Lambda, in tests and in the simulation. */
export function assembleCollect(ports: CollectPorts, settings: CollectSettings): BatchUseCase {
  const { tasks, outcomes, clock, log } = ports
  const { pollSeconds, timeoutSeconds, parallel, worker } = settings
  const meetSettled = makeMeetSettled({ tasks, outcomes, clock, invocationSeconds: timeoutSeconds })
  const { look } = makeLook({ ...ports, meetSettled, pollSeconds })
  const recordOutcome = makeRecordOutcome({
    outcomes,
    clock,
    log,
    worker,
    function: 'collect',
    invocationSeconds: timeoutSeconds,
  })
  const callSeconds = settings.providerTimeoutSeconds + WRITES_SECONDS
  const { renewAt = LIMITS.pollRenewReceiveCount } = settings
  return makeCollect({
    ...{ ...ports, look, recordOutcome, pollSeconds, parallel, renewAt, callSeconds },
    visibilitySeconds: visibilitySeconds(timeoutSeconds),
  })
}
