import type { AdmissionReading } from '../core/admission/item/admission.ts'
import { endedOf } from '../core/admission/item/ended.ts'
import type { ObserveSettings } from '../core/admission/steps/observe.ts'
import { type AdmissionReport, planReport } from '../core/admission/steps/plan-report.ts'
import { errorName } from '../core/error-name.ts'
import type { Handled } from '../core/message/disposition.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Clock, Log } from '../core/ports.ts'
import type { KnownAdmission } from './known-admission.ts'
import { logChanges } from './log-changes.ts'

/**
 * Reports to the fleet what an invocation has found, and gives back its places. Answers what that changed. Never
 * throws.
 */
export type SendReport = (report: AdmissionReport) => Promise<OutcomeEvent[]>

/** The last reading of the item may be so old. */
const KNOWN_MS = 5000
/** Other writers change the control too. After so many lost races only the places are given back. */
const TRIES = 4
const LONGEST_PAUSE_MS = 40

/**
 * A write that is not answered is never sent again: its additions could count twice, and tasks would then be submitted
 * beyond the limit. Without it a place stays taken until a sweep repairs the count.
 */
export function makeSendReport(ports: {
  known: KnownAdmission
  clock: Clock
  fraction: () => number
  log: Log
  settings: ObserveSettings
}): SendReport {
  const { known, clock, log, settings } = ports

  /** Answers whether the item knows all of it now. */
  async function send(report: AdmissionReport, events: OutcomeEvent[]): Promise<boolean> {
    let left = report
    let reading: AdmissionReading | null = known.last(KNOWN_MS)
    if (reading === null && left.freed.length === 0 && left.observations.length > 0) reading = await known.read()
    for (let n = 0; n < TRIES; n += 1) {
      const plan = planReport(reading, left, clock.now(), settings)
      if (plan === null) return true
      const answer = await known.write(plan.change)
      if (answer.applied) {
        events.push(...logChanges(log, reading, plan.change, clock.now()))
        if (plan.isWhole) return true
        left = { ...left, freed: [] }
      } else if (answer.reading.kind !== 'admission') return false
      else await clock.sleep(ports.fraction() * LONGEST_PAUSE_MS)
      reading = answer.reading
    }
    log('warn', 'report given up', { observations: left.observations.length })
    const plan = planReport(null, left, clock.now(), settings)
    if (plan !== null) await known.write(plan.change)
    return false
  }

  return async (report) => {
    const observations = [...known.unreported, ...report.observations]
    const events: OutcomeEvent[] = []
    // Whether the write is applied or not, this environment acts on the failures that it has seen.
    known.keepUnreported(observations.filter(({ answer }) => answer.kind === 'failure'))
    try {
      if (await send({ ...report, observations }, events)) known.keepUnreported([])
    } catch (error) {
      log('error', 'report not answered', { freed: report.freed.length, error: errorName(error) })
    }
    return [...known.takeChanges(), ...events]
  }
}

/** The places that tasks of these messages give back, and how those tasks ended. */
export const placesOf = (handled: readonly Handled[]): Pick<AdmissionReport, 'freed' | 'ended'> => ({
  freed: handled.flatMap(({ freed = [] }) => freed),
  ended: endedOf(handled.flatMap(({ freed = [], events }) => (freed.length > 0 ? events : []))),
})

/** The report of the messages of a batch. */
export const reportOf = (by: string, handled: readonly Handled[]): AdmissionReport => ({
  by,
  ...placesOf(handled),
  unspent: null,
  observations: handled.flatMap(({ observations = [] }) => observations),
})
