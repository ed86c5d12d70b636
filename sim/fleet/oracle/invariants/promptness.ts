import type { Charge } from '../../model/charge.ts'
import { invariant } from '../invariant.ts'
import type { RunLog } from '../run-log.ts'
import { pollPlanOf } from './poll-plan.ts'
import { hasSolution, resultOfTask } from './results.ts'
import { SOON_MS } from './tolerances.ts'

/** A result leaves so long after its settlement was written, in a run without faults. */
const SENT_AFTER_MS = 500

/**
 * What must happen soon. It can be said of calm runs only: nothing goes wrong there, and there is room for every task.
 */
export const PROMPTNESS = [
  invariant('a task is bought soon after it was sent', ['charged'], ({ charge: { task } }, log) => {
    const { charges, wanted } = log.task(task.taskId)
    const sentAt = Math.min(...wanted.map((one) => one.sentAt))
    return charges.length === 0 ? lateness(log, sentAt, SOON_MS, task.taskId) : null
  }),
  invariant('an expired task is told of soon after its deadline', ['wrote'], ({ transition, after }, log) =>
    after.state === 'expired' && transition.kind !== 'transferAccounting'
      ? lateness(log, after.deadlineAt, SOON_MS, after.taskId)
      : null,
  ),
  invariant('a result comes with the next planned poll', ['sent'], (step, log) => {
    const sent = resultOfTask(step, log)
    if (sent === null || sent.task.settled === null || sent.task.solvedBy !== null) return null
    const charge = sent.task.charges.find(({ captchaId }) => captchaId === sent.result.captchaId)
    if (charge === undefined || !hasSolution(sent.result)) return null
    const dueAt = nextPollAt(charge, log)
    return dueAt === null ? null : lateness(log, dueAt, SOON_MS, sent.task.taskId)
  }),
  invariant('a result is visible as soon as its task is settled', ['sent'], (step, log) => {
    const task = resultOfTask(step, log)?.task
    if (task === undefined || task.settled === null || !log.scenario.calm) return null
    const late = Math.round(step.message.visibleAt - task.settled.at)
    return late <= SENT_AFTER_MS ? null : `${task.taskId} is ${late} ms late`
  }),
  invariant('a fleet that works is not called stalled', ['judged'], ({ record: { raw } }, log) => {
    if (!log.scenario.calm) return null
    const wrong = raw.issues.filter((issue) => issue.startsWith('stalled_for'))
    if (raw.mode === 'emergency') wrong.push('emergency')
    return wrong.length === 0 ? null : wrong.join(' ')
  }),
] as const

function lateness(log: RunLog, dueAt: number, allowedMs: number, taskId: string): string | null {
  const late = Math.round(log.now() - dueAt)
  return log.scenario.calm && late > allowedMs ? `${taskId} is ${late} ms late` : null
}

/**
 * When the plan of polls finds a solution: at the first poll, or an interval after it was there at the latest. Null:
 * not known.
 */
function nextPollAt(charge: Charge, log: RunLog): number | null {
  const plan = pollPlanOf(charge, log)
  if (plan === null) return null
  const { firstAt, latest } = plan
  return charge.readyAt <= firstAt ? firstAt : latest(charge.readyAt)
}
