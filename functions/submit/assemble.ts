import { LIMITS, leaseSeconds, WRITES_SECONDS } from '../contract.ts'
import type { BatchUseCase } from '../core/invocation.ts'
import { makeMeetSettled } from '../core/meet-settled.ts'
import { pingbackAddress } from '../core/pingback-address.ts'
import type { Clock, Depths, Ids, Log, Outbox, OutcomeStore, Provider, SpendStore, TaskStore } from '../core/ports.ts'
import { makeRecordOutcome } from '../core/record-outcome.ts'
import { makeSettleOpen } from '../core/settle-open.ts'
import { makeAdmission } from './admission.ts'
import { makePark } from './park.ts'
import { makePay } from './pay.ts'
import { makeReceive } from './receive.ts'
import { makeSubmit } from './submit.ts'
import { makeTake } from './take.ts'

export interface SubmitPorts {
  tasks: TaskStore
  outcomes: OutcomeStore
  spend: SpendStore
  outbox: Outbox
  depths: Depths
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
  const settleOpen = makeSettleOpen({ tasks, clock, log })
  const meetSettled = makeMeetSettled({ tasks, outcomes, clock, invocationSeconds: timeoutSeconds })
  const take = makeTake({
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
    ...{ tasks, clock, log, park, settleOpen, rebuyUnknown, balanceSeconds, firstPollSeconds, pollSeconds },
    hold: admission.hold,
    pingbackUrl: (item) => (pingbackUrl === undefined ? undefined : pingbackAddress(pingbackUrl, item)),
  })
  const callSeconds = providerTimeoutSeconds + WRITES_SECONDS
  const receive = makeReceive({
    tasks,
    clock,
    log,
    take,
    pay,
    park,
    settleOpen,
    meetSettled,
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
  return makeSubmit({ ...ports, receive, admission, park, recordOutcome, maxReceiveCount })
}
