import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { QueueName } from '../../functions/core/message/message.ts'
import type { OutcomeEvent } from '../../functions/core/outcome/event.ts'
import type { OutcomeItem } from '../../functions/core/outcome/summary.ts'
import type { Metric } from '../../functions/core/record/metrics.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import { makeSweep, type SweepPorts, type SweepSettings, type Swept } from '../../functions/sweep/sweep.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock } from '../../sim/memory/clock.ts'
import { memoryHistoryStore } from '../../sim/memory/history-store.ts'
import { memoryIntake } from '../../sim/memory/intake.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { memoryMetricSink } from '../../sim/memory/metric-sink.ts'
import { memoryOutcomeStore } from '../../sim/memory/outcome-store.ts'
import { memoryProvider, type ScriptedAnswers } from '../../sim/memory/provider.ts'
import { memoryRecordStore } from '../../sim/memory/record-store.ts'
import { defaultSweepSettings } from '../../sim/memory/sweep-settings.ts'
import { outcome } from '../build/outcomes.ts'

export const sweepSettings = (changes: Partial<SweepSettings> = {}): SweepSettings => ({
  ...defaultSweepSettings,
  ...changes,
})

/** A fleet whose queues hold what the test says, swept on in-memory ports. */
export function sweptFleet(
  changes: Partial<SweepSettings> = {},
  script: ScriptedAnswers = {},
  first: ReadinessRecord | null = null,
) {
  const clock = memoryClock()
  const outcomes = memoryOutcomeStore()
  const record = memoryRecordStore(first)
  const history = memoryHistoryStore()
  const metrics = memoryMetricSink()
  const admission = memoryAdmissionStore({
    kind: 'admission',
    admission: initialAdmission(['captchaai']),
  })
  const intake = memoryIntake(clock)
  const { log, lines } = memoryLog()
  const queues: Record<QueueName, number> = { tasks: 0, polls: 0, results: 0, deadLetters: 0 }
  const calls = { lists: 0, read: 0, balance: 0 }
  const counting = {
    ...script,
    balance: () => {
      calls.balance += 1
      return script.balance?.() ?? { kind: 'balance' as const, value: 25, ms: 40 }
    },
  }
  const ports: SweepPorts = {
    outcomes: {
      async list(shard, after, until, limit) {
        const page = await outcomes.list(shard, after, until, limit)
        calls.lists += 1
        calls.read += page.items.length
        return page
      },
    },
    record,
    history,
    depths: { read: async (queue) => ({ visible: queues[queue], hidden: 0, delayed: 0 }) },
    providers: [memoryProvider(() => clock.now(), counting)],
    admission,
    intake,
    metrics,
    clock,
    log,
  }
  const settings = sweepSettings(changes)
  const sweep = makeSweep(ports, settings)
  return {
    ...{ clock, outcomes, record, history, admission, intake, metrics, lines, queues, calls, ports, settings, sweep },
    write: (events: OutcomeEvent[], item: Partial<OutcomeItem> = {}) =>
      outcomes.write(outcome(clock.now(), events, item)),
    /** Some seconds later, one sweep. */
    async sweepAfter(seconds: number): Promise<ReadinessRecord> {
      clock.set(clock.now() + seconds * 1000)
      return recordIn(await sweep())
    },
    /** The sum of a metric over all sweeps. */
    sum: (name: string): number => sumOf(metrics.published.flat(), name),
  }
}

export function recordIn(swept: Swept): ReadinessRecord {
  if (swept.kind !== 'swept') throw new Error(`the sweep was ${swept.kind}`)
  return swept.record
}

const sumOf = (metrics: Metric[], name: string): number =>
  metrics
    .filter((metric) => metric.name === name && metric.dimensions === undefined)
    .reduce((sum, { value = 0 }) => sum + value, 0)
