import type { BatchUseCase } from '../core/ports.ts'
import { makeAccountingOwner } from '../worker/accounting-owner.ts'
import { makeKnownAdmission } from '../worker/known-admission.ts'
import { makeRecordOutcome } from '../worker/record-outcome.ts'
import { makeSendReport } from '../worker/report.ts'
import { makeAdmitter } from './admitter.ts'
import type { SubmitContext, SubmitPorts, SubmitSettings } from './ports.ts'
import { submitBatch } from './submit.ts'
import { makeTurns } from './turns.ts'

/** The submit use case from its ports and settings: the same one in Lambda, in tests and in the simulation. */
export function assembleSubmit(ports: SubmitPorts, settings: SubmitSettings): BatchUseCase {
  const { worker, timeoutSeconds: invocationSeconds } = settings
  const { clock, log, ids, providers } = ports
  const { known = makeKnownAdmission(ports) } = ports
  const admitting = { known, clock, log, fraction: ids.fraction }
  const observing = { ...settings, order: providers.map(({ name }) => name) }
  const context: SubmitContext = {
    ...ports,
    settings,
    admitter: makeAdmitter({
      ...admitting,
      providers,
      settings: { ...observing, providers, leaseSeconds: invocationSeconds },
    }),
    turns: makeTurns(admitting, settings),
    sendReport: makeSendReport({ ...admitting, settings: observing }),
    accountingOwner: makeAccountingOwner({ ...ports, invocationSeconds }),
    recordOutcome: makeRecordOutcome({ ...ports, worker, function: 'submit', invocationSeconds }),
  }
  return (messages, invocation) => submitBatch(context, messages, invocation)
}
