import { PUNCTUAL_MS } from '../../../../functions/core/task/last-pending.ts'
import type { Charge } from '../../model/charge.ts'
import { invariant } from '../invariant.ts'
import type { RunLog } from '../run-log.ts'
import type { StepOf } from '../step.ts'
import type { TaskHistory } from '../task-history.ts'
import { hasSolution, resultOfTask } from './results.ts'
import { CLOCK_TOLERANCE_MS } from './tolerances.ts'

/** The life of a token, and not the number that the fleet happens to use. */
const TOKEN_LIFE_MS = 120_000
/** A poll so long before the next one may count for nothing: longer than Lambda ever waits. */
const LONGEST_BELIEVED_MS = 45_000
/** A poll reaches its provider so long after it began. */
const POLL_LEAVES_MS = 300

/** Until when a token may be used: never longer than it lives, and as long as the polls show that it does. */
export const USABLE_UNTIL = [
  invariant('usableUntil is never too late', ['sent'], (step, log) => {
    const token = tokenOf(step, log)
    if (token === null) return null
    const { charge, usableUntil, submittedAt } = token
    const over = usableUntil - (Math.max(charge.readyAt, submittedAt) + TOKEN_LIFE_MS)
    return over <= CLOCK_TOLERANCE_MS
      ? null
      : `${charge.task.taskId} says ${Math.round(over)} ms too much of ${charge.captchaId} ready ${charge.readyAt}`
  }),
  invariant('usableUntil forgets no answered poll', ['sent'], (step, log) => {
    const token = tokenOf(step, log)
    if (token === null) return null
    const { task, charge, usableUntil, isCalled } = token
    // A worker whose clock is wrong, or that gets a message very late, believes less than it could.
    const isVeryLate = log.now() - charge.pendingAt > LONGEST_BELIEVED_MS
    if (isCalled || task.pollForgotten || log.scenario.skew > 0 || isVeryLate) return null
    const under = charge.pendingAt + TOKEN_LIFE_MS - usableUntil
    return under <= PUNCTUAL_MS + POLL_LEAVES_MS
      ? null
      : `${task.taskId} says ${Math.round(under)} ms too little of ${charge.captchaId} pending ${charge.pendingAt}`
  }),
] as const

interface Token {
  task: TaskHistory
  charge: Charge
  usableUntil: number
  submittedAt: number
  isCalled: boolean
}

/** The token in a result, where it says how long it lives. */
function tokenOf(step: StepOf<'sent'>, log: RunLog): Token | null {
  const sent = resultOfTask(step, log)
  if (sent === null || !hasSolution(sent.result)) return null
  const { task, result } = sent
  const charge = task.charges.find(({ captchaId }) => captchaId === result.captchaId)
  if (charge === undefined || task.settled === null) return null
  // A callback is taken at its word about the time; one that is late itself cannot be distinguished from one that is not.
  const isCalled = task.settled.accounting.via === 'callback'
  if (result.usableUntil === undefined || (isCalled && charge.calledLate) || task.deliveredTwice) return null
  const [usableUntil, submittedAt] = [Date.parse(result.usableUntil), Date.parse(result.submittedAt ?? '')]
  return { task, charge, usableUntil, submittedAt, isCalled }
}
