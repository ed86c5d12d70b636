import { LIMITS, visibilitySeconds, WRITES_SECONDS } from '../contract/limits.ts'
import type {
  BatchUseCase,
  Clock,
  Log,
  MessageSender,
  OutcomeStore,
  Provider,
  TaskStore,
  VisibilityPort,
} from '../core/ports.ts'
import { makeAccountingOwner } from '../worker/accounting-owner.ts'
import { type PollTask, pollTask } from '../worker/poll-task.ts'
import { makeRecordOutcome } from '../worker/record-outcome.ts'
import { collectBatch } from './collect.ts'

interface CollectPorts {
  tasks: TaskStore
  outcomes: OutcomeStore
  sender: MessageSender
  visibility: VisibilityPort
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
  /** Receives after which a poll message is renewed; default: well below the queue's limit. */
  renewAt?: number
}

/** The collect use case from its ports and settings: the same one in Lambda, in tests and in the simulation. */
export function assembleCollect(ports: CollectPorts, settings: CollectSettings): BatchUseCase {
  const { tasks, outcomes, clock, log } = ports
  const { pollSeconds, timeoutSeconds, worker } = settings
  const accountingOwner = makeAccountingOwner({ tasks, outcomes, clock, invocationSeconds: timeoutSeconds })
  const poll: PollTask = (...of) => pollTask({ ...ports, accountingOwner, pollSeconds }, ...of)
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
  const parts = { ...ports, pollTask: poll, recordOutcome, pollSeconds, renewAt, callSeconds }
  const collectPorts = { ...parts, visibilitySeconds: visibilitySeconds(timeoutSeconds) }
  return (messages, invocation) => collectBatch(collectPorts, messages, invocation)
}
