import { startFrom } from '../core/evidence/sweep-accumulator.ts'
import { NOTHING_FOLDED } from '../core/outcome/fold.ts'
import type { Summary } from '../core/outcome/summary.ts'
import type { Clock, Log, MetricSink, OutcomeStore, QueueDepths, RecordStore, SpendStore } from '../core/ports.ts'
import { type Metric, metricsOf, type SweepDelta } from '../core/record/metrics.ts'
import { nextRecord, type RecordSettings } from '../core/record/next-record.ts'
import type { ReadinessRecord } from '../core/record/record.ts'
import { isStale } from '../core/record/view.ts'
import { type Account, askAccounts } from './ask-accounts.ts'
import { type ReadOutcomes, type ReadSettings, readOutcomes } from './read-outcomes.ts'
import { readQueues } from './read-queues.ts'

export interface SweepPorts {
  outcomes: Pick<OutcomeStore, 'list'>
  record: RecordStore
  depths: QueueDepths
  /** In order of preference. */
  providers: readonly Account[]
  spend: Pick<SpendStore, 'reached'>
  metrics: MetricSink
  clock: Clock
  log: Log
}

export interface SweepSettings extends RecordSettings, ReadSettings {
  maxInFlight: number
}

export type Swept =
  | { kind: 'swept'; record: ReadinessRecord; itemsRead: number }
  /** Another sweep wrote its record meanwhile: this one changed nothing and published nothing. */
  | { kind: 'overtaken'; version: number }

/**
 * One sweep: reads what the workers wrote since the last one, looks at queues and accounts, judges, and writes the
 * readiness record, fenced by its version. Rejects when it could not do all of that, so that the failure is seen; a
 * heartbeat is published only after the record was written.
 */
export function makeSweep(ports: SweepPorts, settings: SweepSettings): () => Promise<Swept> {
  const { record: store, depths, providers, spend, metrics, clock, log } = ports

  return async () => {
    const { last, version, isBroken } = await readLast(store, log)
    const now = clock.now()
    const [read, queue, spendLimit] = await Promise.all([
      readOutcomes(ports, { folded: foldedOf(last, now), accumulator: startFrom(last, now), now }, settings),
      readQueues(depths),
      spend.reached(now),
    ])
    const asked = await askAccounts(providers, last?.evidence.providers ?? [], {
      now,
      balanceSeconds: settings.balanceSeconds,
      refusals: refusedAsAWhole(read.totals) > refusedAsAWhole(last?.evidence.totals),
    })
    const found = { ...read, now, queue, spendLimit, providers: asked }
    const record = nextRecord(last, found, (version ?? 0) + 1, settings)
    if (!(await store.write(record, version))) {
      if (isBroken && version === null) throw new Error('the record can neither be read nor written over')
      log('warn', 'overtaken by another sweep', { version: record.version })
      return { kind: 'overtaken', version: record.version }
    }
    const caughtUp = !isStale(record, now, settings)
    logSweep(record, read, caughtUp)
    if (record.status !== last?.status) tellChange(last, record)
    const news: SweepDelta = { outcomes: read.settled, deadLetters: newDeadLetters(record, last) }
    await publish(metricsOf(record, news, { maxInFlight: settings.maxInFlight, caughtUp }))
    return { kind: 'swept', record, itemsRead: read.itemsRead }
  }

  function logSweep({ version, raw, evidence, sweptAt }: ReadinessRecord, read: ReadOutcomes, caughtUp: boolean): void {
    log(caughtUp ? 'info' : 'warn', caughtUp ? 'swept' : 'swept, outcomes left to read', {
      version,
      status: raw.status,
      mode: raw.mode,
      issues: raw.issues.join(' '),
      warnings: raw.warnings.join(' '),
      waiting: evidence.queue.waiting,
      inFlight: evidence.queue.inFlight,
      outcomes: read.itemsRead,
      behindSeconds: Math.round((evidence.sweptAt - sweptAt) / 1000),
      milliseconds: clock.now() - evidence.sweptAt,
    })
  }

  function tellChange(last: ReadinessRecord | null, { status, issues, warnings }: ReadinessRecord): void {
    const reasons = { issues: issues.join(' '), warnings: warnings.join(' ') }
    log('info', 'readiness changed', { from: last?.status ?? null, to: status, ...reasons })
  }

  /** The record stands by now; what this sweep had to tell is lost, and its silence is what the alarms hear. */
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
  /** Of what stands in the table, readable or not; null: nothing does, or it has none. */
  version: number | null
  isBroken: boolean
}

/** What the last sweep left. A record that nobody can read is written over: nothing else would ever mend it. */
async function readLast(store: RecordStore, log: Log): Promise<Last> {
  const read = await store.read()
  if ('record' in read) return { last: read.record, version: read.record?.version ?? null, isBroken: false }
  log('error', 'record unreadable, begun anew', { why: read.unreadable })
  return { last: null, version: read.version ?? null, isBroken: true }
}

/** A cursor ahead of time was left by a broken clock; kept, it would hide what is written until then. */
function foldedOf(last: ReadinessRecord | null, now: number) {
  if (last === null) return NOTHING_FOLDED
  return { cursor: Math.min(last.cursor, now), summary: last.folded, minutes: last.foldedMinutes }
}

/** Refusals that no single task is to blame for. */
const refusedAsAWhole = (totals: Summary | undefined): number =>
  (totals?.refusedByClass.auth ?? 0) + (totals?.refusedByClass.funds ?? 0)

/** By the depth of the queue, which counts also what SQS moved there by itself. A first sweep tells all it finds. */
const newDeadLetters = ({ evidence }: ReadinessRecord, last: ReadinessRecord | null): number =>
  Math.max(0, evidence.queue.deadLetters - (last?.evidence.queue.deadLetters ?? 0))
