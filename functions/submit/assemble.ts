import { LIMITS, leaseSeconds, WRITES_SECONDS } from '../contract/limits.ts'
import type {
  BatchUseCase,
  Clock,
  Ids,
  Log,
  MessageSender,
  OutcomeStore,
  Provider,
  QueueDepths,
  SpendStore,
  TaskStore,
} from '../core/ports.ts'
import { pingbackAddress } from '../core/task/pingback-address.ts'
import { makeAccountingOwner } from '../worker/accounting-owner.ts'
import { makeRecordOutcome } from '../worker/record-outcome.ts'
import { makeSettle } from '../worker/settle.ts'
import { makeAdmission } from './admission.ts'
import { makeClaim } from './claim.ts'
import { makePark } from './park.ts'
import { makePay } from './pay.ts'
import { makeProcessTask } from './process-task.ts'
import { submitBatch } from './submit.ts'

interface SubmitPorts {
  tasks: TaskStore
  outcomes: OutcomeStore
  spend: SpendStore
  sender: MessageSender
  depths: QueueDepths
  providers: Provider[]
  clock: Clock
  ids: Ids
  log: Log
  digest: (text: string) => string
}
export interface SubmitSettings {
  /** This execution environment. */
  worker: string
  timeoutSeconds: number
  providerTimeoutSeconds: number
  maxReceiveCount: number
  maxInFlight: number
  rebuyUnknown: number
  balanceSeconds: number
  firstPollSeconds: number | null
  pollSeconds: number | null
  /** Base of the callback addresses; absent: no pingback. */
  pingbackUrl?: string | undefined
}

/** The submit use case from its ports and settings: the same one in Lambda, in tests and in the simulation. */
export function assembleSubmit(ports: SubmitPorts, settings: SubmitSettings): BatchUseCase {
  const { tasks, outcomes, clock, ids, log } = ports
  const { pingbackUrl, rebuyUnknown, balanceSeconds, timeoutSeconds, providerTimeoutSeconds } = settings
  const { firstPollSeconds, pollSeconds } = settings
  const itemDays = LIMITS.taskItemDays
  const attempt = ids.secret
  const admission = makeAdmission({ ...ports, maxInFlight: settings.maxInFlight })
  const park = makePark({ clock, ids, longestSeconds: LIMITS.longestDelaySeconds })
  const settle = makeSettle({ tasks, clock, log })
  const accountingOwner = makeAccountingOwner({ tasks, outcomes, clock, invocationSeconds: timeoutSeconds })
  const take = makeClaim({
    tasks,
    clock,
    log,
    attempt,
    token: () => (pingbackUrl === undefined ? undefined : ids.secret()),
    leaseSeconds: leaseSeconds(providerTimeoutSeconds, timeoutSeconds),
    itemDays,
    rebuyUnknown,
  })
  const pay = makePay({
    ...{ tasks, clock, log, park, settle, rebuyUnknown, balanceSeconds, firstPollSeconds, pollSeconds },
    hold: admission.backOff,
    pingbackUrl: (item) => (pingbackUrl === undefined ? undefined : pingbackAddress(pingbackUrl, item)),
  })
  const callSeconds = providerTimeoutSeconds + WRITES_SECONDS
  const receive = makeProcessTask({
    tasks,
    clock,
    log,
    take,
    pay,
    park,
    settle,
    accountingOwner,
    attempt,
    itemDays,
    callSeconds,
  })
  const recordOutcome = makeRecordOutcome({
    outcomes,
    clock,
    log,
    worker: settings.worker,
    function: 'submit',
    invocationSeconds: timeoutSeconds,
  })
  const { maxReceiveCount } = settings
  const parts = { ...ports, receive, admission, park, recordOutcome, maxReceiveCount }
  return (messages, invocation) => submitBatch(parts, messages, invocation)
}
