import type { FailureClass } from '../provider/error-class.ts'
import type { Operation } from './breaker-state.ts'

/** One answer of a provider, as an invocation reports it. */
export interface Observation {
  provider: string
  operation: Operation
  answer: { kind: 'ok' } | ObservedFailure
  at: number
}
interface ObservedFailure {
  kind: 'failure'
  class: FailureClass
  /** The provider's own code, or ours for what became of the request. */
  code: string
  /** How long the provider asks us to wait. */
  retryAfterSeconds?: number | undefined
}

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
