import { type MetricName, PINGBACKS_REFUSED, PINGBACKS_REPEATED } from '../contract/metrics.ts'
import type { Invocation, WorkerPorts } from '../core/ports.ts'
import type { Called } from '../core/task/pingback-address.ts'
import { makeAccountingOwner } from '../worker/accounting-owner.ts'
import { makeGiveBack } from '../worker/give-back.ts'
import { makeRecordOutcome } from '../worker/record-outcome.ts'
import { makeCountedCalls } from './counted-calls.ts'
import { pingback } from './pingback.ts'

interface PingbackPorts extends WorkerPorts {
  /** Equality in constant time. */
  same: (a: string, b: string) => boolean
  /** Adds to a CloudWatch metric. */
  count: (name: MetricName, value: number) => void
}
export interface PingbackSettings {
  /** This execution environment. */
  worker: string
  timeoutSeconds: number
}

/** The pingback use case from its ports and settings. */
export function assemblePingback(ports: PingbackPorts, settings: PingbackSettings) {
  const { tasks, outcomes, clock, log } = ports
  const { timeoutSeconds, worker } = settings
  const accountingOwner = makeAccountingOwner({ tasks, outcomes, clock, invocationSeconds: timeoutSeconds })
  const recordOutcome = makeRecordOutcome({
    outcomes,
    clock,
    log,
    worker,
    function: 'pingback',
    invocationSeconds: timeoutSeconds,
  })
  const refused = makeCountedCalls(clock, ports.count, PINGBACKS_REFUSED)
  const repeated = makeCountedCalls(clock, ports.count, PINGBACKS_REPEATED)
  const counts = { refused, repeated }
  const context = { ...ports, accountingOwner, recordOutcome, giveBack: makeGiveBack(ports), ...counts }
  return (called: Called | null, captchaId: string, invocation: Invocation): Promise<void> =>
    pingback(context, called, captchaId, invocation)
}
