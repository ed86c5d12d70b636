import { eachCount } from '../../../../functions/core/outcome/counts.ts'
import type { OutcomeItem, Summary } from '../../../../functions/core/outcome/summary.ts'
import type { TaskItem } from '../../../../functions/core/task/task.ts'
import { firstWrong, invariant } from '../invariant.ts'
import type { RunLog } from '../run-log.ts'
import type { StepOf } from '../step.ts'
import type { TaskHistory } from '../task-history.ts'

/** What the outcome items and the readiness record say of the settlements, when everything has come to rest. */
export const OUTCOMES = [
  invariant('every invocation writes its outcome', ['atRest'], ({ outcomes }, log) => {
    const written = new Set(outcomes.map(({ invocation }) => invocation))
    return firstWrong(log.accountedBy, ([invocation, tasks]) =>
      tasks.size === 0 || (invocation !== null && (written.has(invocation) || log.unreliable.has(invocation)))
        ? null
        : `${invocation} did not`,
    )
  }),
  invariant('outcomes count each settlement once', ['atRest'], ({ outcomes }, log) =>
    firstWrong(outcomes, (item) =>
      firstWrong(countsOf(tasksOf(item, log)), ([name, value]) =>
        item[name] === value ? null : `${item.invocation} tells ${name} ${item[name]}, true is ${value}`,
      ),
    ),
  ),
  invariant('the streak is that of the settle log', ['atRest'], ({ outcomes }, log) =>
    firstWrong(outcomes, (item) => {
      const tasks = tasksOf(item, log)
      const [counted, trailing] = [streakOf(tasks), item.trailingFailures]
      const isWrong = settledAs(tasks, 'solved').length === 0 ? trailing !== counted : trailing > counted
      return isWrong ? `${item.invocation} tells ${trailing} of ${counted}` : null
    }),
  ),
  invariant('every charge is explained', ['atRest'], unexplainedCharges),
  invariant('the record tells what the outcomes tell', ['atRest'], ({ outcomes, totals }) => {
    if (totals === null) return null
    const sums = { ...eachCount(0), trailingFailures: 0 }
    let name: keyof typeof sums
    for (const item of outcomes) {
      const streak = (item.lastSolveAt === null ? sums.trailingFailures : 0) + item.trailingFailures
      for (name in sums) sums[name] += item[name]
      sums.trailingFailures = streak
    }
    for (name in sums) if (totals[name] !== sums[name]) return `${name} is ${totals[name]}, should be ${sums[name]}`
    return null
  }),
] as const

const tasksOf = ({ invocation }: OutcomeItem, log: RunLog): TaskHistory[] => [
  ...(log.accountedBy.get(invocation) ?? []),
]

const settledAs = (tasks: TaskHistory[], state: TaskItem['state']) =>
  tasks.filter(({ settled }) => settled?.item.state === state)

const isSubmitted = (task: TaskHistory): boolean => task.settled?.result.submittedAt !== undefined

const lengthensStreak = ({ settled }: TaskHistory): boolean =>
  ['unsolvable', 'uncertain', 'transient', 'unknown'].includes(settled?.result.error?.class ?? '')

/** Seconds that a provider usually needs for a method; 15 for those that are not here. */
const FIRST_POLLS: Record<string, number | undefined> = { turnstile: 10, base64: 5 }

/** An expired task counts against the provider only if its flight was as long as its method usually needs. */
function wasInTime({ settled }: TaskHistory): boolean {
  if (settled?.result.submittedAt === undefined) return false
  const { submittedAt, settledAt } = settled.result
  const { deadlineAt, method } = settled.item
  const seconds = (Math.min(deadlineAt, Date.parse(settledAt)) - Date.parse(submittedAt)) / 1000
  return seconds >= (FIRST_POLLS[method] ?? 15)
}

const streakOf = (tasks: TaskHistory[]): number =>
  settledAs(tasks, 'expired').filter(wasInTime).length + settledAs(tasks, 'failed').filter(lengthensStreak).length

/** The true counts of what one invocation has to count. */
function countsOf(tasks: TaskHistory[]) {
  const expired = settledAs(tasks, 'expired')
  const failed = settledAs(tasks, 'failed')
  return [
    ['solved', settledAs(tasks, 'solved').length],
    ['failed', failed.length],
    ['failedCharged', failed.filter(isSubmitted).length],
    ['expiredSubmitted', expired.filter(isSubmitted).length],
    ['expiredWaiting', expired.filter((task) => !isSubmitted(task)).length],
    ['counted', streakOf(tasks)],
  ] as const
}

/** Every charge on the ledger is explained by the outcomes. */
function unexplainedCharges({ outcomes }: StepOf<'atRest'>, log: RunLog): string | null {
  const known = new Map(outcomes.map((item) => [item.invocation, item]))
  let charges = 0
  let isExact = true
  for (const [invocation, tasks] of log.accountedBy) {
    if (invocation === null || !known.has(invocation)) continue
    for (const task of tasks) {
      charges += task.charges.length - task.masked
      isExact &&= !task.chargesUncertain
    }
  }
  const explained = [...known.values()].reduce((sum, item) => sum + explainedBy(item), 0)
  const isWrong = explained < charges || (isExact && explained !== charges)
  return isWrong ? `the ledger has ${charges}, the outcomes explain ${explained}` : null
}

const explainedBy = (s: Summary): number => s.solved + s.failedCharged + s.expiredSubmitted + s.resubmitted + s.unknown
