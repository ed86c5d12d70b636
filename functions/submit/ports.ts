import type { SpendLimits } from '../core/admission/places/spend.ts'
import type { ObserveSettings } from '../core/admission/steps/observe.ts'
import type { Ids, WorkerPorts } from '../core/ports.ts'
import type { AccountingOwner } from '../worker/accounting-owner.ts'
import type { KnownAdmission } from '../worker/known-admission.ts'
import type { RecordOutcome } from '../worker/record-outcome.ts'
import type { SendReport } from '../worker/report.ts'
import type { Admitter } from './admitter.ts'
import type { Turns } from './turns.ts'

export interface SubmitPorts extends WorkerPorts {
  /** What this environment knows of the admission item already; absent: nothing. */
  known?: KnownAdmission
  ids: Ids
  digest: (text: string) => string
}

export interface SubmitSettings extends SpendLimits, Omit<ObserveSettings, 'order'> {
  /** This execution environment. */
  worker: string
  timeoutSeconds: number
  providerTimeoutSeconds: number
  /** The queue's own limit: submit dead-letters a message at its last receive, with its id and the reason. */
  maxReceiveCount: number
  maxInFlight: number
  rebuyUnknown: number
  firstPollSeconds: number | null
  pollSeconds: number | null
  /** Base of the callback addresses; absent: no pingback. */
  pingbackUrl?: string | undefined
}

/** What the steps of submit work with; each step takes the part that it uses. */
export interface SubmitContext extends Pick<SubmitPorts, 'tasks' | 'sender' | 'clock' | 'ids' | 'log' | 'digest'> {
  settings: SubmitSettings
  admitter: Admitter
  turns: Turns
  accountingOwner: AccountingOwner
  recordOutcome: RecordOutcome
  sendReport: SendReport
}
