import type { BatchUseCase } from '../core/ports.ts'
import { makeAccountingOwner } from '../worker/accounting-owner.ts'
import { makeRecordOutcome } from '../worker/record-outcome.ts'
import { makeAdmission } from './admission.ts'
import type { SubmitContext, SubmitPorts, SubmitSettings } from './ports.ts'
import { submitBatch } from './submit.ts'

/** The submit use case from its ports and settings: the same one in Lambda, in tests and in the simulation. */
export function assembleSubmit(ports: SubmitPorts, settings: SubmitSettings): BatchUseCase {
  const { worker, maxInFlight, timeoutSeconds: invocationSeconds } = settings
  const context: SubmitContext = {
    ...ports,
    settings,
    admission: makeAdmission({ ...ports, maxInFlight }),
    accountingOwner: makeAccountingOwner({ ...ports, invocationSeconds }),
    recordOutcome: makeRecordOutcome({ ...ports, worker, function: 'submit', invocationSeconds }),
  }
  return (messages, invocation) => submitBatch(context, messages, invocation)
}
