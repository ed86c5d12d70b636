import { KEY_UNTESTED, NO_TIME } from '../../../contract/providers.ts'
import type { FailureClass } from '../../provider/error-class.ts'
import type { Observation } from '../../provider/observation.ts'

type Weight = 'failure' | 'success' | 'nothing'

/**
 * What an answer of this class says about whether the provider works. An answer with its own code shows that it does.
 */
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

/** Codes of our own for requests that were never sent. */
const NOT_SENT: readonly string[] = [KEY_UNTESTED, NO_TIME]

/** The weight of an observation for the breaker. A rate limit, a refused key and an unknown code weigh nothing. */
export function weightOf({ answer }: Observation): Weight {
  if (answer.kind === 'ok') return 'success'
  return NOT_SENT.includes(answer.code) ? 'nothing' : (WEIGHTS[answer.class] ?? 'nothing')
}
