import { PUNCTUAL_MS } from '../../../../functions/core/task/last-pending.ts'
import { TABLE_UNREACHABLE } from '../../../../functions/core/task/waiting-reason.ts'
import { invariant } from '../invariant.ts'
import { messageTaskId } from '../message-task-id.ts'
import type { RunLog } from '../run-log.ts'
import type { StepOf } from '../step.ts'
import type { TaskHistory, Wanted } from '../task-history.ts'
import { pollPlanOf } from './poll-plan.ts'
import { CLOCK_TOLERANCE_MS, SOON_MS } from './tolerances.ts'

/**
 * Two polls may be so much closer than an interval: a delay is whole seconds, and the plan does not move when a poll
 * comes late but punctually. In a calm run no worker is late.
 */
const JITTER_MS = { calm: 1500, disturbed: PUNCTUAL_MS + 1000 } as const
/** The last poll that can help and the one that expires the task come at the deadline, whatever the interval. */
const AT_DEADLINE_MS = 3000
/** A delay that ends at the deadline ends at most so long after it: a second, and the next whole one. */
const PAST_DEADLINE_MS = 2000
/**
 * The shortest delays of a parked task, milliseconds: the first, the longest, and the least share of them by chance.
 */
const PARK = { first: 5000, longest: 30_000, share: 0.8, growth: 1.5 } as const
/** A task that waits for a place comes back by turns, not later with every park; a critical one comes back sooner. */
const FOR_PLACE = /^(max_in_flight=|capacity from |paused$)/
const PLACE_MS = { critical: 2000, other: PARK.share * PARK.first } as const
/**
 * Polls that the plan does not count: the last one that can help, and the one at the deadline. Where a provider is slow
 * an answer is not punctual, and the copy that follows comes after a second: one poll more.
 */
const POLLS_AT_DEADLINE = { calm: 2, disturbed: 3 } as const

/** What must not come before its time, nor more often than planned. */
export const SCHEDULE = [
  invariant('no poll comes before its plan', ['polled'], (step, log) => {
    const plan = duePoll(step, log)
    if (plan === null || plan.isAtDeadline) return null
    const { soonestAt, tolerance, taskId } = plan
    const early = Math.round(soonestAt - log.now())
    const jitter = JITTER_MS[log.scenario.calm ? 'calm' : 'disturbed']
    return early <= jitter + tolerance ? null : `${taskId} is polled ${early} ms early`
  }),
  invariant('no poll comes long after its plan', ['polled'], (step, log) => {
    const plan = duePoll(step, log)
    if (plan === null || !log.scenario.calm) return null
    const late = Math.round(log.now() - plan.latestAt)
    return late <= SOON_MS + plan.tolerance ? null : `${plan.taskId} is polled ${late} ms late`
  }),
  invariant('polls per charge are bounded by their plan', ['polled'], (step, log) => {
    const plan = duePoll(step, log)
    if (plan === null) return null
    const { countUntil, count, taskId, tolerance } = plan
    const allowed = countUntil(log.now() + tolerance) + POLLS_AT_DEADLINE[log.scenario.calm ? 'calm' : 'disturbed']
    return count <= allowed ? null : `${taskId} is polled ${count} times, ${allowed} are planned`
  }),
  invariant('no poll before the time that the provider asked for', ['polled'], (step, log) => {
    const plan = duePoll(step, log)
    if (plan === null || plan.isAtDeadline) return null
    const early = Math.round(plan.notBefore - log.now())
    return early <= plan.tolerance ? null : `${plan.taskId} is polled ${early} ms early`
  }),
  invariant(
    'no submit before the time that the provider asked for',
    ['submitLeft'],
    ({ environment, task, provider }, log) => {
      const { batch, backOffs } = log.workOf(environment)
      const backOff = backOffs.get(provider)
      // Of the submits of one batch some leave before another one is refused.
      if (batch === null || backOff === undefined || backOff.askedAt > batch.at) return null
      const early = Math.round(backOff.until - log.now())
      return early <= toleranceOf(log) ? null : `${environment.name} pays for ${task.taskId} ${early} ms early`
    },
  ),
  invariant('a parked task waits as long as the provider asked for', ['sent'], (step, log) => {
    const parked = parkedCopy(step, log)
    if (parked === null) return null
    const { taskId, deadlineAt } = parked
    const { batch, refusals } = log.workOf(step.environment)
    const refusal = refusals.get(taskId)
    // Two messages of one task in one batch may be parked for two reasons.
    const isOnlyOne = batch?.messages.filter((message) => messageTaskId(message) === taskId).length === 1
    if (refusal === undefined || !isOnlyOne) return null
    const dueAt = Math.min(refusal.at + refusal.retryAfterSeconds * 1000, deadlineAt - CLOCK_TOLERANCE_MS)
    const early = Math.round(dueAt - step.message.visibleAt)
    return early <= 0 ? null : `${taskId} comes back ${early} ms early`
  }),
  invariant('a parked task waits longer with every park', ['sent'], (step, log) => {
    const parked = parkedCopy(step, log)
    if (parked === null || log.now() > parked.deadlineAt - AT_DEADLINE_MS) return null
    const { taskId, parks, deadlineAt } = parked
    const { priority } = JSON.parse(step.message.body)
    const isForPlace = FOR_PLACE.test(step.message.attributes.while ?? '')
    const least = isForPlace ? PLACE_MS[priority === 'critical' ? 'critical' : 'other'] : leastDelay(parks - 1)
    const dueAt = Math.min(log.now() + least, deadlineAt - AT_DEADLINE_MS)
    const early = Math.round(dueAt - step.message.visibleAt)
    return early <= 0 ? null : `${taskId} comes back ${early} ms early after ${parks} parks`
  }),
  invariant('a parked task is back at its deadline', ['sent'], (step, log) => {
    const parked = parkedCopy(step, log)
    if (parked === null || log.now() > parked.deadlineAt - CLOCK_TOLERANCE_MS) return null
    // Without the table a worker has only its own clock, and may believe that the deadline has passed.
    if (log.scenario.skew > 0 && step.message.attributes.while === TABLE_UNREACHABLE) return null
    // The delay is decided on during the invocation and counts from the end of it, when the copy is sent.
    const decidedAt = log.workOf(step.environment).batch?.at ?? log.now()
    const late = Math.round(step.message.visibleAt - log.now() - (parked.deadlineAt - decidedAt))
    return late <= PAST_DEADLINE_MS + toleranceOf(log) ? null : `${parked.taskId} comes back ${late} ms late`
  }),
] as const

const toleranceOf = ({ scenario }: RunLog): number => (scenario.skew > 0 ? CLOCK_TOLERANCE_MS : 0)

/** When the next poll of a charge is due, by the polls before it; null: something that went wrong moved it. */
function duePoll({ environment, charge }: StepOf<'polled'>, log: RunLog) {
  if (charge === null || !environment.name.startsWith('collect')) return null
  const { task } = charge
  const history = log.task(task.taskId)
  if (history.settled !== null || (!log.scenario.calm && isMoved(history, log))) return null
  const plan = pollPlanOf(charge, log)
  if (plan === null) return null
  const { firstAt, soonest, latest, countUntil } = plan
  const polls = history.polls.get(charge)
  const before = polls?.at.at(-1)
  const deadlineAt = Math.min(...history.wanted.map((wanted) => wanted.deadlineAt))
  const due = (regular: number) => Math.min(regular, deadlineAt)
  return {
    taskId: task.taskId,
    countUntil,
    soonestAt: due(before === undefined ? firstAt : soonest(before)),
    latestAt: due(before === undefined ? firstAt : latest(before)),
    notBefore: polls?.notBefore ?? 0,
    count: (polls?.at.length ?? 0) + 1,
    isAtDeadline: log.now() >= deadlineAt - AT_DEADLINE_MS - toleranceOf(log),
    tolerance: toleranceOf(log),
  }
}

/** A poll message that came twice, or that a worker received while something went wrong, does not keep to the plan. */
const isMoved = (task: TaskHistory, { scenario }: RunLog): boolean =>
  task.pollForgotten || task.deliveredTwice || task.disturbed || scenario.skew > 0

/** A copy of a task message that submit puts back. */
function parkedCopy({ queue, message }: StepOf<'sent'>, log: RunLog) {
  if (queue !== 'tasks') return null
  const parks = Number(message.attributes.parks ?? 0)
  if (parks === 0) return null
  const { taskId = '', origin } = message.attributes
  const wanted: Wanted | undefined = log.tasks.get(taskId)?.wanted.find(({ messageId }) => messageId === origin)
  if (wanted === undefined) return null
  return { taskId, parks, deadlineAt: wanted.deadlineAt }
}

/** Milliseconds that a task is parked for at least, after so many parks before. */
const leastDelay = (parks: number): number => PARK.share * Math.min(PARK.longest, PARK.first * PARK.growth ** parks)
