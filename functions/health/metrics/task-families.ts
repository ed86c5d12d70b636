import { sumOf } from '../../core/outcome/histogram.ts'
import { HISTOGRAM_SECONDS, type Histogram, type Summary } from '../../core/outcome/summary.ts'
import { METHOD_NAMES } from '../../core/provider/methods.ts'
import type { Family, Sample } from './family.ts'

/** Totals since the fleet began. They begin again at zero only if the readiness record was lost. */
export function taskFamilies(totals: Summary | null): Family[] {
  if (totals === null) return []
  const charges = totals.solved + totals.failedCharged + totals.expiredSubmitted + totals.resubmitted + totals.unknown
  return [
    {
      ...{ type: 'counter', name: 'lifesign_tasks_total', labelNames: ['outcome', 'class'] },
      help: 'Settled tasks by outcome; class is the error class of a failure, and none for a solved task.',
      samples: settled(totals),
    },
    {
      ...{ type: 'histogram', name: 'lifesign_solve_seconds' },
      help: 'Seconds from the submit of a task until the solver was done, as far as polls tell. A solve that is older than the sum is in it as the middle of its class.',
      bounds: HISTOGRAM_SECONDS,
      distributions: Object.entries(byKnownMethod(totals)).map(([method, { counts, ms }]) => ({
        ...{ labels: { method }, counts, sum: ms / 1000 },
      })),
    },
    counter('lifesign_charges_total', 'Paid submits that are known or possible.', charges),
    counter(
      'lifesign_unknown_charges_total',
      'Submits whose answer was lost, so that a charge is possible.',
      totals.unknown,
    ),
    counter('lifesign_submits_accepted_total', 'Submits that a provider accepted.', totals.accepted),
    counter('lifesign_polls_total', 'Polls for a result.', totals.polled),
    counter('lifesign_parks_total', 'Times that a task was put back to wait.', totals.parked),
    counter(
      'lifesign_messages_received_total',
      'Messages that were tasks, each once for each receive.',
      totals.received,
    ),
    counter('lifesign_messages_invalid_total', 'Messages that were not valid tasks.', totals.invalid),
    counter('lifesign_faults_total', 'Errors of the fleet itself.', totals.faults),
  ]
}

const counter = (name: string, help: string, value: number): Family => ({
  ...{ type: 'counter', name, help, labelNames: [] },
  samples: [{ labels: {}, value }],
})

/** The classes are a closed list; those that never occurred are absent. */
function settled({ solved, failedByClass, expiredSubmitted, expiredWaiting }: Summary): Sample[] {
  const sample = (outcome: string, of: string, value: number): Sample => ({ labels: { outcome, class: of }, value })
  return [
    sample('solved', 'none', solved),
    sample('expired', 'deadline', expiredSubmitted + expiredWaiting),
    ...Object.entries(failedByClass).map(([of, count]) => sample('failed', of, count)),
  ]
}

/** Clients may send any text as a method. A label with all of them would have no end, so they are one: `other`. */
function byKnownMethod({ solveSeconds, solveMs }: Summary): Record<string, { counts: Histogram; ms: number }> {
  const known: Record<string, { counts: Histogram; ms: number }> = {}
  for (const [method, times] of Object.entries(solveSeconds)) {
    const name = METHOD_NAMES.includes(method) ? method : 'other'
    const before = known[name] ?? { counts: [], ms: 0 }
    known[name] = { counts: sumOf([before.counts, times]), ms: before.ms + (solveMs[method] ?? 0) }
  }
  return known
}
