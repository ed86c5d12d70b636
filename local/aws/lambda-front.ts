import { invoked, isLoop, longest } from '../../sim/aws/lineage.ts'
import type { FunctionPool, Invoked } from '../lambda/function-pool.ts'
import type { FunctionPlan } from '../template/plan.ts'
import { lineageHashOf, lineageIn, traceHeader } from './trace-header.ts'

/** `notInvoked`: Lambda refused. The receive is used up, and the message comes back after its visibility timeout. */
export type FromQueue = Invoked | { kind: 'notInvoked' }

/**
 * The checks of Lambda between an event source and the function. It counts the invocations of the function along the
 * chain of messages and stops a loop, unless the template allows loops. It throttles if the account has no concurrency
 * left.
 */
export function makeLambdaFront(options: {
  plan: Pick<FunctionPlan, 'arn' | 'recursiveLoop'>
  pool: Pick<FunctionPool, 'invoke'>
  newId: () => string
  isThrottled: () => boolean
  say: (text: string) => void
}): (event: { Records: unknown[] }, traceHeaders: readonly string[]) => Promise<FromQueue> {
  const { plan, pool, newId, isThrottled, say } = options
  const hash = lineageHashOf(plan.arn)
  return async (event, traceHeaders) => {
    const lineage = longest(traceHeaders.map(lineageIn))
    if (plan.recursiveLoop === 'Terminate' && isLoop(lineage, hash)) {
      say(
        `Lambda would refuse this: a chain of messages has invoked the function ${lineage[hash]} times (loop detection)`,
      )
      return { kind: 'notInvoked' }
    }
    if (isThrottled()) {
      say('throttled: the account has no concurrency left, and the receive is used up')
      return { kind: 'notInvoked' }
    }
    return pool.invoke(event, traceHeader(newId(), invoked(lineage, hash)))
  }
}
