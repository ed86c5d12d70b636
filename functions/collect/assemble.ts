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
import { makeRecordOutcome } from '../worker/record-outcome.ts'
import { type CollectContext, collectBatch } from './collect.ts'

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
  const { worker, pollSeconds, timeoutSeconds: invocationSeconds } = settings
  const context: CollectContext = {
    ...ports,
    pollSeconds,
    accountingOwner: makeAccountingOwner({ ...ports, invocationSeconds }),
    recordOutcome: makeRecordOutcome({ ...ports, worker, function: 'collect', invocationSeconds }),
    renewAt: settings.renewAt ?? LIMITS.pollRenewReceiveCount,
    visibilitySeconds: visibilitySeconds(invocationSeconds),
    callSeconds: settings.providerTimeoutSeconds + WRITES_SECONDS,
  }
  return (messages, invocation) => collectBatch(context, messages, invocation)
}
