import type { FailureClass } from '../provider/error-class.ts'
import type { Operation } from './breaker-state.ts'

/** What one request to a provider showed about it. */
export type Observation = { provider: string; operation: Operation; at: number } & (
  | { kind: 'ok' }
  | {
      kind: 'failure'
      class: FailureClass
      /** The provider's own code, or ours for what the transport came to. */
      code: string
      /** How long the provider asks us to wait. */
      retryAfterSeconds?: number | undefined
    }
)

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
export const weightOf = (observation: Observation): Weight =>
  observation.kind === 'ok' ? 'success' : (WEIGHTS[observation.class] ?? 'nothing')
