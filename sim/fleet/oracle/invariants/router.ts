import { SETTINGS } from '../../../../functions/contract/settings.ts'
import { invariant } from '../invariant.ts'
import { CLOCK_TOLERANCE_MS } from './tolerances.ts'

/** Where new tasks go, and that tasks in flight stay where they are. */
export const ROUTER = [
  invariant('a bought task stays with its provider', ['polled'], ({ environment, provider, charge }) =>
    charge === null || charge.provider === provider
      ? null
      : `${environment.name} asks ${provider} about ${charge.task.taskId}, which ${charge.provider} has`,
  ),
  invariant('at most one switch in the dwell time', ['admitted'], ({ admission }, log) => {
    const before = log.admission?.control.route
    const { active, since } = admission.control.route
    if (before === undefined || before.active === active || before.since === 0) return null
    const dwelt = since - before.since + CLOCK_TOLERANCE_MS
    return dwelt >= SETTINGS.dwellSeconds.default * 1000
      ? null
      : `from ${before.active} to ${active} ${since - before.since} ms after the last switch`
  }),
  invariant(
    'a full plan or a rate lock is no reason to buy elsewhere',
    ['charged'],
    ({ charge }, { scenario, hasFoundFailing }) => {
      const [first] = scenario.providers
      // In this trouble the first provider does nothing but refuse for want of a thread, or because of the rate.
      if (scenario.trouble?.kind !== 'threads' || charge.provider === first || hasFoundFailing) return null
      return `${charge.task.taskId} is bought at ${charge.provider}`
    },
  ),
] as const
