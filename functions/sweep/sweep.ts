import type { Admission, AdmissionReading, Control } from '../core/admission/item/admission.ts'
import { IN_FLIGHT } from '../core/admission/item/counters.ts'
import { endedIn } from '../core/admission/item/ended.ts'
import { type SpendLimits, spendLimitReached } from '../core/admission/places/spend.ts'
import { breakerClosedAt } from '../core/evidence/fleet-control.ts'
import { startFrom } from '../core/evidence/sweep-accumulator.ts'
import type { FleetChange } from '../core/outcome/change.ts'
import { NOTHING_FOLDED } from '../core/outcome/fold.ts'
import type { Summary } from '../core/outcome/summary.ts'
import type {
  AdmissionStore,
  Clock,
  HistoryStore,
  Intake,
  Log,
  MetricSink,
  OutcomeStore,
  QueueDepths,
  RecordStore,
} from '../core/ports.ts'
import { type Metric, metricsOf, type SweepDelta } from '../core/record/metrics.ts'
import { nextRecord, type RecordSettings } from '../core/record/next-record.ts'
import type { ReadinessRecord } from '../core/record/record.ts'
import { driftOf, isFailing, openCharges, probesIn } from '../core/record/sweep-findings.ts'
import { isStale } from '../core/record/view.ts'
import type { KnownAdmission } from '../worker/known-admission.ts'
import { type AskedAccount, askAccounts } from './ask-accounts.ts'
import { ensureAdmission } from './ensure-admission.ts'
import { keepChanges } from './keep-changes.ts'
import { type ReadOutcomes, type ReadSettings, readOutcomes } from './read-outcomes.ts'
import { readQueues } from './read-queues.ts'
import { saveHistory } from './save-history.ts'
import { makeTendFleet, type TendSettings } from './tend-fleet.ts'

export interface SweepPorts {
  outcomes: Pick<OutcomeStore, 'list'>
  record: RecordStore
  history: Pick<HistoryStore, 'save'>
  depths: QueueDepths
  /** In order of preference. */
  providers: readonly AskedAccount[]
  admission: AdmissionStore
  /** What the account calls learn of the admission item, and change in it; absent: nothing. */
  known?: Pick<KnownAdmission, 'takeChanges' | 'last'>
  intake: Intake
  metrics: MetricSink
  clock: Clock
  log: Log
}

export interface SweepSettings extends RecordSettings, ReadSettings, TendSettings, SpendLimits {
  maxInFlight: number
}

export type Swept =
  | { kind: 'swept'; record: ReadinessRecord; itemsRead: number }
  /** Another sweep wrote its record in the meantime; this sweep changed and published nothing. */
  | { kind: 'overtaken'; version: number }

/**
 * One sweep: reads the outcomes since the last sweep, the queue depths and the accounts, makes the verdict, and writes
 * the readiness record, fenced by the record's version. Rejects if any of that fails, so that the failure is visible.
 * The heartbeat metric is published only after the record was written.
 */
export function makeSweep(ports: SweepPorts, settings: SweepSettings): () => Promise<Swept> {
  const { record: store, history, depths, providers, metrics, clock, log } = ports
  const tend = makeTendFleet(ports, settings)

  return async () => {
    const { last, version, isBroken } = await readLast(store, log)
    const now = clock.now()
    const [read, queue] = await Promise.all([
      readOutcomes(ports, { folded: foldedOf(last, now), accumulator: startedFrom(last, now), now }, settings),
      readQueues(depths),
    ])
    const names = providers.map(({ name }) => name)
    const admission = await ensureAdmission(ports, {
      providers: names,
      inFlight: Math.max(queue.inFlight, openCharges(read.totals), last?.drift?.sample.counted ?? 0),
      pause: last?.evidence.pause ?? null,
    })
    const { control, counts } = admission
    const spendLimit = spendLimitReached(admission, settings, now)
    const askedAt = clock.now()
    const asked = await askAccounts(providers, last?.evidence.providers ?? [], {
      now,
      balanceSeconds: settings.balanceSeconds,
      open: openBreakers(control, now),
      refusals: refusedAsAWhole(read.totals) > refusedAsAWhole(last?.evidence.totals),
    })
    const latest = afterCalls(admission, ports.known?.last(clock.now() - askedAt))
    const closedAt = breakerClosedAt(latest.control, last?.evidence.usableAgainAt ?? null)
    const found = {
      ...{ ...read, now, queue, spendLimit, control: latest.control, providers: asked, breakerClosedAt: closedAt },
      ended: endedIn(counts),
    }
    const judged = nextRecord(last, found, (version ?? 0) + 1, settings)
    const drift = driftOf(judged, last, counts[IN_FLIGHT] ?? 0, probesIn(control, now))
    const swept = await saveHistory({ ...judged, drift: drift.memory }, history, log)
    if (!(await store.write(swept, version))) {
      if (isBroken && version === null) throw new Error('the readiness record can neither be read nor replaced')
      log('warn', 'overtaken by another sweep', { version: swept.version })
      return { kind: 'overtaken', version: swept.version }
    }
    const caughtUp = !isStale(swept, now, settings)
    logSweep(swept, read, caughtUp)
    if (swept.status !== last?.status) logStatusChange(last, swept)
    const tended = await tend(latest, { record: swept, last, surplus: drift.surplus })
    const byCalls = (ports.known?.takeChanges() ?? []).map(({ kind: _, ...change }): FleetChange => change)
    const record = await keepChanges(swept, [...byCalls, ...tended.changes], store, log)
    const delta: SweepDelta = { outcomes: read.newlyFolded, deadLetters: newDeadLetters(record, last) }
    await publish(
      metricsOf(record, delta, {
        maxInFlight: settings.maxInFlight,
        caughtUp,
        gate: tended.gate,
      }),
    )
    if ('error' in tended) throw tended.error
    return { kind: 'swept', record, itemsRead: read.itemsRead }
  }

  function logSweep({ version, raw, evidence, sweptAt }: ReadinessRecord, read: ReadOutcomes, caughtUp: boolean): void {
    log(caughtUp ? 'info' : 'warn', caughtUp ? 'swept' : 'swept, outcomes are still unread', {
      version,
      status: raw.status,
      mode: raw.mode,
      issues: raw.issues.join(' '),
      warnings: raw.warnings.join(' '),
      waiting: evidence.queue.waiting,
      inFlight: evidence.queue.inFlight,
      outcomes: read.itemsRead,
      behindSeconds: Math.round((evidence.ranAt - sweptAt) / 1000),
      milliseconds: clock.now() - evidence.ranAt,
    })
  }

  function logStatusChange(last: ReadinessRecord | null, { status, issues, warnings }: ReadinessRecord): void {
    const reasons = { issues: issues.join(' '), warnings: warnings.join(' ') }
    log('info', 'readiness changed', { from: last?.status ?? null, to: status, ...reasons })
  }

  /**
   * The record is written at this point, so a failure here must not undo the sweep. The values of this sweep are lost,
   * and the alarms notice that the heartbeat metric is missing.
   */
  async function publish(values: Metric[]): Promise<void> {
    try {
      await metrics.publish(values)
    } catch (error) {
      log('error', 'metrics not published', { metrics: values.length })
      throw error
    }
  }
}

interface Last {
  last: ReadinessRecord | null
  /** The version of the stored record, readable or not. Null: no record is stored, or it has no version. */
  version: number | null
  isBroken: boolean
}

/** The record of the last sweep. An unreadable record is replaced, because nothing else would ever repair it. */
async function readLast(store: RecordStore, log: Log): Promise<Last> {
  const read = await store.read()
  if ('record' in read) return { last: read.record, version: read.record?.version ?? null, isBroken: false }
  log('error', 'readiness record unreadable, a new one is begun', { why: read.unreadable })
  return { last: null, version: read.version ?? null, isBroken: true }
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

/**
 * New dead letters by the depth of the queue, which also counts messages that SQS moved there itself. The first sweep
 * reports all that it finds.
 */
const newDeadLetters = ({ evidence }: ReadinessRecord, last: ReadinessRecord | null): number =>
  Math.max(0, evidence.queue.deadLetters - (last?.evidence.queue.deadLetters ?? 0))
