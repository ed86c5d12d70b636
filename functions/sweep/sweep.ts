import { type EvidenceSettings, weigh } from '../core/evidence.ts'
import { NOTHING_FOLDED } from '../core/fold.ts'
import { type LatchSettings, latch } from '../core/latch.ts'
import { metricsOf, type News } from '../core/metrics.ts'
import type { Summary } from '../core/outcome.ts'
import { passingFrom } from '../core/passing.ts'
import type { Clock, Depths, Log, OutcomeStore, SpendStore } from '../core/ports.ts'
import type { Metric, MetricSink, QueueFacts, ReadinessRecord, RecordStore } from '../core/readiness.ts'
import type { RuleSettings } from '../core/rules.ts'
import { judge } from '../core/verdict.ts'
import { isStale } from '../core/view.ts'
import { type Account, askAccounts } from './ask-accounts.ts'
import { type ReadSettings, readOutcomes } from './read-outcomes.ts'

export interface SweepPorts {
  outcomes: Pick<OutcomeStore, 'list'>
  record: RecordStore
  depths: Depths
  /** In order of preference. */
  providers: readonly Account[]
  spend: Pick<SpendStore, 'reached'>
  metrics: MetricSink
  clock: Clock
  log: Log
}

export interface SweepSettings extends RuleSettings, EvidenceSettings, LatchSettings, ReadSettings {
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

  async function readQueues(): Promise<QueueFacts> {
    const [tasks, polls, dead] = await Promise.all([
      depths.read('tasks'),
      depths.read('polls'),
      depths.read('deadLetters'),
    ])
    return {
      waiting: tasks.visible + tasks.hidden + tasks.delayed,
      available: tasks.visible,
      inFlight: polls.visible + polls.hidden + polls.delayed,
      deadLetters: dead.visible + dead.hidden + dead.delayed,
    }
  }

  /** What the last sweep left. A record that nobody can read is written over: nothing else would ever mend it. */
  async function readLast(): Promise<{ last: ReadinessRecord | null; version: number | null; isBroken: boolean }> {
    const read = await store.read()
    if ('record' in read) return { last: read.record, version: read.record?.version ?? null, isBroken: false }
    log('error', 'record unreadable, begun anew', { why: read.unreadable })
    return { last: null, version: read.version ?? null, isBroken: true }
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

  return async () => {
    const { last, version, isBroken } = await readLast()
    const now = clock.now()
    const folded = last === null ? NOTHING_FOLDED : foldedOf(last, now)
    const [read, queue, spendLimit] = await Promise.all([
      readOutcomes(ports, { folded, passing: passingFrom(last, now), now }, settings),
      readQueues(),
      spend.reached(now),
    ])
    const known = last?.evidence.providers ?? []
    const refusals = refusedAsAWhole(read.totals) > refusedAsAWhole(last?.evidence.totals)
    const accounts = await askAccounts(providers, known, { now, balanceSeconds: settings.balanceSeconds, refusals })

    const counts = last === null || now - last.countedAt >= 500 * settings.sweepSeconds
    const evidence = weigh(last, { ...read, now, queue, providers: accounts, spendLimit, counts }, settings)
    const { verdict, since } = judge(evidence, last?.since ?? {}, settings)
    const record: ReadinessRecord = {
      schema: 1,
      version: (version ?? 0) + 1,
      sweptAt: read.reach,
      ...latch(last, verdict, counts, settings),
      mode: verdict.mode,
      activeProvider: evidence.activeProvider,
      raw: verdict,
      countedAt: counts ? now : (last?.countedAt ?? now),
      since,
      cursor: read.folded.cursor,
      folded: read.folded.summary,
      foldedMinutes: read.folded.minutes,
      evidence,
    }
    if (!(await store.write(record, version))) {
      if (isBroken && version === null) throw new Error('the record can neither be read nor written over')
      log('warn', 'overtaken by another sweep', { version: record.version })
      return { kind: 'overtaken', version: record.version }
    }
    const caughtUp = !isStale(record, now, settings)
    log(caughtUp ? 'info' : 'warn', caughtUp ? 'swept' : 'swept, outcomes left to read', {
      version: record.version,
      status: verdict.status,
      mode: verdict.mode,
      issues: verdict.issues.join(' '),
      warnings: verdict.warnings.join(' '),
      outcomes: read.itemsRead,
      behindSeconds: Math.round((now - read.reach) / 1000),
      milliseconds: clock.now() - now,
    })
    const news: News = { outcomes: read.settled, deadLetters: newDeadLetters(queue, last) }
    await publish(metricsOf(record, news, { maxInFlight: settings.maxInFlight, caughtUp }))
    return { kind: 'swept', record, itemsRead: read.itemsRead }
  }
}

/** A cursor ahead of time was left by a broken clock; kept, it would hide what is written until then. */
const foldedOf = ({ cursor, folded, foldedMinutes }: ReadinessRecord, now: number) => ({
  cursor: Math.min(cursor, now),
  summary: folded,
  minutes: foldedMinutes,
})

/** Refusals that no single task is to blame for. */
const refusedAsAWhole = (totals: Summary | undefined): number =>
  (totals?.refusedByClass.auth ?? 0) + (totals?.refusedByClass.funds ?? 0)

/** By the depth of the queue, which counts also what SQS moved there by itself. A first sweep tells all it finds. */
const newDeadLetters = ({ deadLetters }: QueueFacts, last: ReadinessRecord | null): number =>
  Math.max(0, deadLetters - (last?.evidence.queue.deadLetters ?? 0))
