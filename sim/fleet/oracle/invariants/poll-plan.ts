import { methodOf } from '../../../../functions/core/provider/methods.ts'
import type { Charge } from '../../model/charge.ts'
import type { RunLog } from '../run-log.ts'

/**
 * Seconds until which polls come at the interval of the method; then a third of the task's age lies between two polls.
 */
const REGULAR_SECONDS = 120
const SHARE_OF_AGE = 0.35
/** A poll is a little later than planned, and two workers' clocks differ. */
const AGE_OFF_SECONDS = 5
/** The fleet reckons a task's age from the answer to its submit, which takes so long at most. */
const ANSWER_SECONDS = 10
/** A worker may have read the admission item so long before it paid. */
const STALE_MS = 30_000

interface PollPlan {
  firstAt: number
  /** Between these the next poll is planned: the age of the task is known to a few seconds only. */
  soonest(poll: number): number
  latest(poll: number): number
  /** How many polls are planned until then. */
  countUntil(time: number): number
}

/**
 * The plan of the polls of one charge, as docs/decisions/0015 has it. It is written a second time here, so that it
 * checks the fleet's own. Null: the sweep changed the waits around the submit, or since, so the plan is not known.
 */
export function pollPlanOf({ at, task }: Charge, log: RunLog): PollPlan | null {
  if (log.pollsSince > at - STALE_MS) return null
  const { callbacks = false, waits = {} } = log.admission?.control ?? {}
  const own = methodOf(task.method, task.params)
  const first = Math.max(callbacks ? 60 : 0, waits[task.method]?.first ?? own.firstPollSeconds)
  const interval = Math.max(callbacks ? 30 : 0, waits[task.method]?.interval ?? own.pollSeconds)
  const firstAt = at + first * 1000
  const nextAtAge = (poll: number, age: number): number => {
    const seconds = age < REGULAR_SECONDS ? interval : Math.max(interval, Math.floor(age * SHARE_OF_AGE))
    return poll + seconds * 1000
  }
  const soonest = (poll: number): number => nextAtAge(poll, (poll - at) / 1000 - AGE_OFF_SECONDS - ANSWER_SECONDS)
  const latest = (poll: number): number => nextAtAge(poll, (poll - at) / 1000 + AGE_OFF_SECONDS)
  const countUntil = (time: number): number => {
    let count = 1
    for (let poll = soonest(firstAt); poll <= time; poll = soonest(poll)) count += 1
    return count
  }
  return { firstAt, soonest, latest, countUntil }
}
