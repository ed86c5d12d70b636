import type { IssueCode } from '../../contract/issues.ts'
import type { Mode } from '../admission/item/admission.ts'
import { shareOf, takesAll } from '../admission/places/shares.ts'
import { hasIssue } from '../rules/issue.ts'
import type { Priority } from '../task/task.ts'

/** Which priorities the fleet accepts. If it accepts a priority, it also accepts every higher one. */
type Accepting = Readonly<Record<Priority, boolean>>
/** The share of the limit, 0 to 1, that each priority may fill. It never falls from low to critical. */
type Admitting = Readonly<Record<Priority, number>>

interface Fleet {
  mode: Mode
  issues: readonly string[]
}

const each = <T>(of: (priority: Priority) => T): Readonly<Record<Priority, T>> => ({
  low: of('low'),
  normal: of('normal'),
  high: of('high'),
  critical: of('critical'),
})

/** For a fleet whose state is unknown. */
export const acceptingNothing: Accepting = each(() => false)
export const admittingNothing: Admitting = each(() => 0)

/** While one of these issues is present, the fleet pays for no task, whatever its priority. */
const CLOSING: readonly IssueCode[] = ['paused', 'no_usable_provider', 'spend_limit']
const isClosed = ({ issues }: Fleet): boolean => hasIssue(issues, ...CLOSING)

/** The priorities that the fleet accepts without a bound of their own, as `/health` shows them. */
export const acceptingOf = (fleet: Fleet): Accepting =>
  isClosed(fleet) ? acceptingNothing : each((priority) => takesAll(fleet.mode, priority))

/** The same as shares, by the very table that admission uses. `limit`: the most tasks in flight. */
export const admittingOf = (fleet: Fleet, limit: number): Admitting =>
  isClosed(fleet) ? admittingNothing : each((priority) => shareOf(limit, fleet.mode, priority))
