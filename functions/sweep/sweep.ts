import { IN_FLIGHT } from '../core/admission/item/counters.ts'
import type { SpendLimits } from '../core/admission/places/spend.ts'
import type { FleetChange } from '../core/outcome/change.ts'
import type { HistoryStore, Intake, MetricSink, RecordStore } from '../core/ports.ts'
import { type Metric, metricsOf, type SweepDelta } from '../core/record/metrics.ts'
import { nextRecord, type RecordSettings } from '../core/record/next-record.ts'
import type { ReadinessRecord } from '../core/record/record.ts'
import { driftOf, probesIn } from '../core/record/sweep-findings.ts'
import { isStale } from '../core/record/view.ts'
import type { KnownAdmission } from '../worker/known-admission.ts'
import { keepChanges } from './keep-changes.ts'
import { readLast } from './read-last.ts'
import { type ObservedPorts, readObservations } from './read-observations.ts'
import type { ReadSettings } from './read-outcomes.ts'
import { saveHistory } from './save-history.ts'
import { makeTendFleet, type TendSettings } from './tend-fleet.ts'

export interface SweepPorts extends ObservedPorts {
  record: RecordStore
  history: Pick<HistoryStore, 'save'>
  /** What the account calls learn of the admission item, and change in it; absent: nothing. */
  known?: Pick<KnownAdmission, 'takeChanges' | 'last'>
  intake: Intake
  metrics: MetricSink
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
  const { record: store, history, metrics, clock, log } = ports
  const tend = makeTendFleet(ports, settings)

  return async () => {
    const { last, version, isBroken } = await readLast(store, log)
    const observed = await readObservations(ports, last, settings)
    const { found } = observed
    const judged = judge(observed, last, (version ?? 0) + 1)
    const swept = await saveHistory(judged.record, history, log)
    if (!(await store.write(swept, version))) {
      if (isBroken && version === null) throw new Error('the readiness record can neither be read nor replaced')
      log('warn', 'overtaken by another sweep', { version: swept.version })
      return { kind: 'overtaken', version: swept.version }
    }
    const caughtUp = !isStale(swept, found.now, settings)
    logSweep(swept, found.itemsRead, caughtUp)
    if (swept.status !== last?.status) logStatusChange(last, swept)
    const tended = await tend(observed.latest, { record: swept, last, surplus: judged.surplus })
    const byCalls = (ports.known?.takeChanges() ?? []).map(({ kind: _, ...change }): FleetChange => change)
    const record = await keepChanges(swept, [...byCalls, ...tended.changes], store, log)
    const delta: SweepDelta = { outcomes: found.newlyFolded, deadLetters: newDeadLetters(record, last) }
    const { maxInFlight } = settings
    await publish(metricsOf(record, delta, { maxInFlight, caughtUp, gate: tended.gate }))
    if ('error' in tended) throw tended.error
    return { kind: 'swept', record, itemsRead: found.itemsRead }
  }

  /** The record of this sweep, and the places of the admission item that no task has. */
  function judge({ found, before }: Observed, last: ReadinessRecord | null, version: number) {
    const record = nextRecord(last, found, version, settings)
    const { memory, surplus } = driftOf(
      record,
      last,
      before.counts[IN_FLIGHT] ?? 0,
      probesIn(before.control, found.now),
    )
    return { record: { ...record, drift: memory }, surplus }
  }

  function logSweep({ version, raw, evidence, sweptAt }: ReadinessRecord, itemsRead: number, caughtUp: boolean): void {
    log(caughtUp ? 'info' : 'warn', caughtUp ? 'swept' : 'swept, outcomes are still unread', {
      version,
      status: raw.status,
      mode: raw.mode,
      issues: raw.issues.join(' '),
      warnings: raw.warnings.join(' '),
      waiting: evidence.queue.waiting,
      inFlight: evidence.queue.inFlight,
      outcomes: itemsRead,
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

type Observed = Awaited<ReturnType<typeof readObservations>>

/**
 * New dead letters by the depth of the queue, which also counts messages that SQS moved there itself. The first sweep
 * reports all that it finds.
 */
const newDeadLetters = ({ evidence }: ReadinessRecord, last: ReadinessRecord | null): number =>
  Math.max(0, evidence.queue.deadLetters - (last?.evidence.queue.deadLetters ?? 0))
