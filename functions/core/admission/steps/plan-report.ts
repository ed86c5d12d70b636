import type { Observation } from '../../provider/observation.ts'
import type { Admission, AdmissionChange, AdmissionReading, Control, Counters } from '../item/admission.ts'
import { IN_FLIGHT, inFlightAt, SPENT_DAY, SPENT_HOUR } from '../item/counters.ts'
import { countsEnded, type Ended } from '../item/ended.ts'
import { countersBegun, type ObserveSettings, observe } from './observe.ts'

/** What an invocation reports to the fleet when its work is done. */
export interface AdmissionReport {
  /** The invocation. */
  by: string
  /** The provider of each task that is no longer in flight there. */
  freed: readonly string[]
  /** How those tasks ended that were in flight. */
  ended: Ended
  /** Reserved charges that were certainly not made; `spend`: the hour and day in which they were reserved. */
  unspent: { count: number; spend: NonNullable<Control['spend']> } | null
  observations: readonly Observation[]
}

/** The write that is due. `isWhole`: it holds the whole report. Null: nothing is due. */
type ReportPlan = { change: AdmissionChange; isWhole: boolean } | null

/**
 * One write holds the whole report where the item is known. Where it is not, places are given back first, because that
 * needs no knowledge, and the answer brings the item for the rest.
 */
export function planReport(
  reading: AdmissionReading | null,
  report: AdmissionReport,
  now: number,
  settings: ObserveSettings,
): ReportPlan {
  const freed = countsFreed(report)
  const givesBack = report.freed.length > 0
  if (reading?.kind !== 'admission') return givesBack ? { change: { add: freed }, isWhole: false } : null
  const { admission } = reading
  const { epoch } = admission
  const control = observe({ ...admission, counts: added(admission.counts, freed) }, report, now, settings)
  const unspent = countsUnspent(admission, report)
  const add = { ...freed, ...unspent }
  if (control !== admission.control) {
    const set = countersBegun(admission.control, control)
    return { change: { epoch, add, set, control }, isWhole: true }
  }
  if (Object.keys(unspent).length > 0) return { change: { epoch, add }, isWhole: true }
  return givesBack ? { change: { add: freed }, isWhole: true } : null
}

/**
 * What giving back these places adds to the counters, and beside it how their tasks ended: that needs no other write.
 */
export function countsFreed({ freed, ended }: Pick<AdmissionReport, 'freed' | 'ended'>): Counters {
  if (freed.length === 0) return {}
  const at = [...new Set(freed)].map((name) => [inFlightAt(name), -freed.filter((one) => one === name).length])
  return { [IN_FLIGHT]: -freed.length, ...Object.fromEntries(at), ...countsEnded(ended) }
}

const added = (counts: Counters, more: Counters): Counters => ({
  ...counts,
  ...Object.fromEntries(Object.entries(more).map(([name, count]) => [name, (counts[name] ?? 0) + count])),
})

/** Charges are given back only to the hour and the day that they were taken from. */
function countsUnspent({ control: { spend } }: Admission, { unspent }: AdmissionReport): Counters {
  if (unspent === null || unspent.count === 0 || spend === null) return {}
  const { count, spend: of } = unspent
  return {
    ...(of.hour === spend.hour ? { [SPENT_HOUR]: -count } : {}),
    ...(of.day === spend.day ? { [SPENT_DAY]: -count } : {}),
  }
}
