import { invoked, isLoop, longest } from '../../sim/aws/lineage.ts'
import type { FunctionPool, Invoked } from '../lambda/function-pool.ts'
import type { FunctionPlan } from '../template/plan.ts'
import { hashOf, lineageIn, traceHeader } from './trace-header.ts'

/** `notInvoked`: Lambda refused; what was received spends its receive and comes back after its visibility timeout. */
export type FromQueue = Invoked | { kind: 'notInvoked' }

/**
 * What Lambda does between an event source and the function: it counts the invocations of the function along the chain
 * of messages and refuses a loop, unless the template allows it, and it throttles where the account has no concurrency.
 */
export function makeLambdaFront(options: {
  plan: Pick<FunctionPlan, 'arn' | 'recursiveLoop'>
  pool: Pick<FunctionPool, 'invoke'>
  newId: () => string
  isThrottled: () => boolean
  say: (text: string) => void
}): (event: { Records: unknown[] }, traceHeaders: readonly string[]) => Promise<FromQueue> {
  const { plan, pool, newId, isThrottled, say } = options
  const hash = hashOf(plan.arn)
  return async (event, traceHeaders) => {
    const lineage = longest(traceHeaders.map(lineageIn))
    if (plan.recursiveLoop === 'Terminate' && isLoop(lineage, hash)) {
      say(
        `Lambda would refuse this: a chain of messages has invoked the function ${lineage[hash]} times (loop detection)`,
      )
      return { kind: 'notInvoked' }
    }
    if (isThrottled()) {
      say('throttled: the account has no concurrency left, and the receive is spent')
      return { kind: 'notInvoked' }
    }
    return pool.invoke(event, traceHeader(newId(), invoked(lineage, hash)))
  }
}
