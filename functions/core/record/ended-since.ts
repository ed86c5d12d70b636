import type { IssueCode } from '../../contract/issues.ts'
import type { Settings } from '../../contract/settings.ts'
import type { Counters } from '../admission/item/admission.ts'
import { endedBetween, endedIn } from '../admission/item/ended.ts'
import { isProven, rateSince, recoveryWith } from '../evidence/recovery.ts'
import type { ReadinessRecord } from './record.ts'
import { isFailing } from './sweep-findings.ts'

export type ProofSettings = Pick<Settings, 'streakFailures' | 'emergencyErrorRate'>

/**
 * The issues of the last sweep that are over by the tasks that ended since, as the next sweep will find too. One solve
 * ends what says that nothing is solved; a failure streak, if too few failures came with the solve to make another one.
 * An error rate of a time in which nothing was solved ends with a proven recovery. Nothing else ends here: a solved
 * task may have been submitted long ago, so it does not show that a submit is accepted now.
 */
export function endedSince(
  record: ReadinessRecord,
  counts: Counters,
  now: number,
  { streakFailures, emergencyErrorRate }: ProofSettings,
): IssueCode[] {
  const { ended, recovery } = record.evidence
  const since = endedBetween(ended, endedIn(counts))
  if (since.solved === 0) return []
  const over: IssueCode[] = ['no_solve_for', 'overdue']
  if (since.failed < streakFailures) over.push('consecutive_failures')
  const recovered = recoveryWith(recovery, since, { isFailing: isFailing(record), now })
  if (isProven(recovered) && (rateSince(recovered, now) ?? 0) <= emergencyErrorRate) over.push('error_rate')
  return over
}
