import { methodOf } from '../../../../functions/core/provider/methods.ts'
import type { Charge } from '../../model/charge.ts'

/** Seconds until which polls come at the interval of the method; then a third of the task's age lies between two polls. */
const REGULAR_SECONDS = 120
const SHARE_OF_AGE = 0.35

/** The plan of the polls of one charge, as docs/decisions/0015 tells it; written again, so that it checks the fleet's own. */
export function pollPlanOf({ at, task }: Charge) {
  const { firstPollSeconds, pollSeconds } = methodOf(task.method, task.params)
  const firstAt = at + firstPollSeconds * 1000
  const next = (poll: number): number => {
    const age = (poll - at) / 1000
    const seconds = age < REGULAR_SECONDS ? pollSeconds : Math.max(pollSeconds, Math.floor(age * SHARE_OF_AGE))
    return poll + seconds * 1000
  }
  /** How many polls are planned until then. */
  const countUntil = (time: number): number => {
    let count = 1
    for (let poll = next(firstAt); poll <= time; poll = next(poll)) count += 1
    return count
  }
  return { firstAt, next, countUntil }
}
