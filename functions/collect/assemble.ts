import { LIMITS, slowSeconds, visibilitySeconds, WRITES_SECONDS } from '../contract/limits.ts'
import type { ObserveSettings } from '../core/admission/steps/observe.ts'
import type { BatchUseCase, Ids, VisibilityPort, WorkerPorts } from '../core/ports.ts'
import { makeAccountingOwner } from '../worker/accounting-owner.ts'
import { type KnownAdmission, makeKnownAdmission } from '../worker/known-admission.ts'
import { makeRecordOutcome } from '../worker/record-outcome.ts'
import { makeSendReport } from '../worker/report.ts'
import { type CollectContext, collectBatch } from './collect.ts'

interface CollectPorts extends WorkerPorts {
  /** What this environment knows of the admission item already; absent: nothing. */
  known?: KnownAdmission
  visibility: VisibilityPort
  ids: Pick<Ids, 'fraction'>
}
export interface CollectSettings extends Omit<ObserveSettings, 'order'> {
  /** This execution environment. */
  worker: string
  timeoutSeconds: number
  providerTimeoutSeconds: number
  pollSeconds: number | null
  stalledSeconds: number
  /** Receives after which a poll message is renewed; default: well below the queue's limit. */
  renewAt?: number
}

/** The collect use case from its ports and settings: the same one in Lambda, in tests and in the simulation. */
export function assembleCollect(ports: CollectPorts, settings: CollectSettings): BatchUseCase {
  const { worker, pollSeconds, timeoutSeconds: invocationSeconds } = settings
  const context: CollectContext = {
    ...ports,
    pollSeconds,
    slowSeconds: slowSeconds(settings.stalledSeconds),
    accountingOwner: makeAccountingOwner({ ...ports, invocationSeconds }),
    sendReport: makeSendReport({
      ...ports,
      known: ports.known ?? makeKnownAdmission(ports),
      fraction: ports.ids.fraction,
      settings: { ...settings, order: ports.providers.map(({ name }) => name) },
    }),
    recordOutcome: makeRecordOutcome({ ...ports, worker, function: 'collect', invocationSeconds }),
    renewAt: settings.renewAt ?? LIMITS.pollRenewReceiveCount,
    visibilitySeconds: visibilitySeconds(invocationSeconds),
    callSeconds: settings.providerTimeoutSeconds + WRITES_SECONDS,
  }
  return (messages, invocation) => collectBatch(context, messages, invocation)
}
