import type { Admission, AdmissionReading, Control } from '../core/admission/item/admission.ts'
import { endedIn } from '../core/admission/item/ended.ts'
import { type SpendLimits, spendLimitReached } from '../core/admission/places/spend.ts'
import { breakerClosedAt } from '../core/evidence/fleet-control.ts'
import { startFrom } from '../core/evidence/sweep-accumulator.ts'
import { NOTHING_FOLDED } from '../core/outcome/fold.ts'
import type { Summary } from '../core/outcome/summary.ts'
import type { AdmissionStore, Clock, Log, OutcomeStore, QueueDepths } from '../core/ports.ts'
import type { ReadinessRecord } from '../core/record/record.ts'
import { isFailing, openCharges } from '../core/record/sweep-findings.ts'
import type { KnownAdmission } from '../worker/known-admission.ts'
import { type AskedAccount, askAccounts } from './ask-accounts.ts'
import { ensureAdmission } from './ensure-admission.ts'
import { type ReadSettings, readOutcomes } from './read-outcomes.ts'
import { readQueues } from './read-queues.ts'

export interface ObservedPorts {
  outcomes: Pick<OutcomeStore, 'list'>
  depths: QueueDepths
  /** In order of preference. */
  providers: readonly AskedAccount[]
  admission: AdmissionStore
  /** What the account calls learn of the admission item; absent: nothing. */
  known?: Pick<KnownAdmission, 'last'>
  clock: Clock
  log: Log
}

interface ObservedSettings extends ReadSettings, SpendLimits {
  balanceSeconds: number
}

/**
 * All that a sweep reads, in this order: the outcomes since the last sweep beside the queue depths, the admission item,
 * and the accounts of the providers. `before` and `latest`: the admission item before and after the account calls.
 */
export async function readObservations(ports: ObservedPorts, last: ReadinessRecord | null, settings: ObservedSettings) {
  const { depths, providers, clock } = ports
  const now = clock.now()
  const [read, queue] = await Promise.all([
    readOutcomes(ports, { folded: foldedOf(last, now), accumulator: startedFrom(last, now), now }, settings),
    readQueues(depths),
  ])
  const before = await ensureAdmission(ports, {
    providers: providers.map(({ name }) => name),
    inFlight: Math.max(queue.inFlight, openCharges(read.totals), last?.drift?.sample.counted ?? 0),
    pause: last?.evidence.pause ?? null,
  })
  const spendLimit = spendLimitReached(before, settings, now)
  const askedAt = clock.now()
  const asked = await askAccounts(providers, last?.evidence.providers ?? [], {
    now,
    balanceSeconds: settings.balanceSeconds,
    open: openBreakers(before.control, now),
    refusals: refusedAsAWhole(read.totals) > refusedAsAWhole(last?.evidence.totals),
  })
  const latest = afterCalls(before, ports.known?.last(clock.now() - askedAt))
  const { control } = latest
  const closedAt = breakerClosedAt(control, last?.evidence.usableAgainAt ?? null)
  const found = {
    ...{ ...read, now, queue, spendLimit, control, providers: asked, breakerClosedAt: closedAt },
    ended: endedIn(before.counts),
  }
  return { found, before, latest }
}

const startedFrom = (last: ReadinessRecord | null, now: number) =>
  startFrom(last === null ? null : { ...last, isFailing: isFailing(last) }, now)

/** A broken clock left a cursor that is ahead of the time. If it were kept, it would hide all outcomes until then. */
function foldedOf(last: ReadinessRecord | null, now: number) {
  if (last === null) return NOTHING_FOLDED
  return { cursor: Math.min(last.cursor, now), summary: last.folded, minutes: last.foldedMinutes }
}

/** An answer about a key is written to the item during the account calls, and this sweep must know it. */
const afterCalls = (before: Admission, reading: AdmissionReading | null | undefined): Admission =>
  reading?.kind === 'admission' ? reading.admission : before

/** The providers whose open period is over: an answer of the account lets a real task try again. */
const openBreakers = ({ providers }: Control, now: number): ReadonlySet<string> =>
  new Set(
    Object.entries(providers).flatMap(([name, { breaker }]) =>
      breaker.state === 'open' && breaker.until <= now ? [name] : [],
    ),
  )

/** The number of refusals whose cause is the account and not one task. */
const refusedAsAWhole = (totals: Summary | undefined): number =>
  (totals?.refusedByClass.auth ?? 0) + (totals?.refusedByClass.funds ?? 0)
