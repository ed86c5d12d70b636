import type { Breaker } from '../../../../functions/core/admission/breaker/breaker-state.ts'
import type { Admission } from '../../../../functions/core/admission/item/admission.ts'
import { IN_FLIGHT, inFlightAt } from '../../../../functions/core/admission/item/counters.ts'
import { isSettled, type TaskItem } from '../../../../functions/core/task/task.ts'
import { firstWrong, invariant } from '../invariant.ts'
import type { RunLog } from '../run-log.ts'

/** What must be exact for the whole fleet, whatever crashes, comes twice or is answered late. */
export const ADMISSION = [
  invariant('no more tasks are in flight than the limit', ['admitted'], ({ admission }, { scenario }) => {
    const inFlight = admission.counts[IN_FLIGHT] ?? 0
    return inFlight <= scenario.maxInFlight ? null : `${inFlight} places are taken of ${scenario.maxInFlight}`
  }),
  invariant('the places at the providers add up', ['admitted'], ({ admission: { counts, control } }, { scenario }) => {
    const at = Object.keys(control.providers).map((name) => counts[inFlightAt(name)] ?? 0)
    const sum = at.reduce((all, each) => all + each, 0)
    if (sum !== (counts[IN_FLIGHT] ?? 0)) return `${sum} at the providers, ${counts[IN_FLIGHT]} in all`
    // It is not known which of two providers has a surplus until a sweep finds a count below zero.
    return isPollQueueDown(scenario) || at.length > 1
      ? null
      : firstWrong(at, (count) => (count < 0 ? `${count} places` : null))
  }),
  invariant('every task in flight has its place', ['wrote', 'admitted'], (step, { admission, inFlight, scenario }) => {
    if (isPollQueueDown(scenario)) return null
    if (step.kind === 'admitted') return placesFor(step.admission, inFlight.size)
    const others = inFlight.size - (inFlight.has(step.after.taskId) ? 1 : 0)
    return admission === null ? null : placesFor(admission, others + (isInFlight(step.after) ? 1 : 0))
  }),
  invariant('nothing is bought while the breaker is open', ['submitLeft'], ({ environment, task, provider }, log) => {
    const breaker = breakerAtBatch(log, environment, provider)
    return breaker?.state === 'open' ? `${environment.name} pays for ${task.taskId}` : null
  }),
  invariant('one probe at a time', ['submitLeft'], ({ environment, task, provider }, log) => {
    const breaker = breakerAtBatch(log, environment, provider)
    if (breaker?.state !== 'half_open') return null
    const { bought } = log.workOf(environment)
    const other = bought.find(({ taskId }) => taskId !== task.taskId)
    if (other !== undefined) return `${environment.name} pays for ${task.taskId} beside ${other.taskId}`
    return breaker.lease === null ? `${environment.name} pays for ${task.taskId} without a lease` : null
  }),
] as const

/**
 * The sweep gives back what neither the poll queue nor the outcomes know of. While the poll queue takes no message for
 * minutes, a task whose worker died before it wrote its outcome is known to neither.
 */
const isPollQueueDown = ({ faults, down }: RunLog['scenario']): boolean =>
  faults.queueDown !== undefined && down.queue === 'polls'

export const isInFlight = (item: TaskItem): boolean => item.state === 'submitted' && !isSettled(item)

function placesFor({ counts }: Admission, tasks: number): string | null {
  const places = counts[IN_FLIGHT] ?? 0
  return places >= tasks ? null : `${tasks} tasks are in flight, ${places} places are taken`
}

/**
 * The breaker, where it has been in this state since before the batch was invoked: the worker cannot have missed it.
 */
function breakerAtBatch(
  log: RunLog,
  environment: Parameters<RunLog['workOf']>[0],
  name: string,
): Exclude<Breaker, { state: 'closed' }> | null {
  const { batch } = log.workOf(environment)
  const provider = log.admission?.control.providers[name]
  if (batch === null || provider === undefined || provider.breaker.state === 'closed') return null
  return (log.breakerSince.get(name) ?? 0) < batch.at ? provider.breaker : null
}
