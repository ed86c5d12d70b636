import type { FailureClass } from '../provider/error-class.ts'
import type { Observation } from '../provider/observation.ts'

type Weight = 'failure' | 'success' | 'nothing'

/** What an answer of this class says about whether the provider works. An answer with its own code shows that it does. */
const WEIGHTS: Partial<Record<FailureClass, Weight>> = {
  transient: 'failure',
  uncertain: 'failure',
  blocked: 'failure',
  pending: 'success',
  capacity: 'success',
  task: 'success',
  unsolvable: 'success',
  funds: 'success',
}

/** The weight of an observation for the breaker. A rate limit, a refused key and an unknown code weigh nothing. */
export const weightOf = ({ answer }: Observation): Weight =>
  answer.kind === 'ok' ? 'success' : (WEIGHTS[answer.class] ?? 'nothing')
