import { type AdmissionReport, countsFreed } from '../core/admission/steps/plan-report.ts'
import { errorName } from '../core/error-name.ts'
import type { AdmissionStore, Log } from '../core/ports.ts'

/**
 * Gives back the places of tasks that are no longer in flight, in one write. Never throws, and never sends it twice.
 */
export type GiveBack = (places: Pick<AdmissionReport, 'freed' | 'ended'>) => Promise<void>

export const makeGiveBack =
  ({ admission, log }: { admission: AdmissionStore; log: Log }): GiveBack =>
  async (places) => {
    const { freed } = places
    if (freed.length === 0) return
    try {
      await admission.write({ add: countsFreed(places) })
    } catch (error) {
      log('error', 'places not given back', { freed: freed.length, error: errorName(error) })
    }
  }
