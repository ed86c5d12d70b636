import type { Context } from 'aws-lambda'
import type { Clock, Invocation, TaskStore } from '../core/ports.ts'
import { makeClockSync } from './sync-clock.ts'

/** What Lambda tells a handler of the invocation, as far as a use case needs it. */
export type InvocationContext = Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>
export type BeginInvocation = (context: InvocationContext) => Promise<Invocation>

/** First the clock is set, and then its time tells when the invocation ends. */
export function makeBeginInvocation({
  clock,
  tasks,
}: {
  clock: Clock
  tasks: Pick<TaskStore, 'read'>
}): BeginInvocation {
  const syncClock = makeClockSync(tasks)
  return async (context) => {
    const clockUnknown = !(await syncClock())
    return { id: context.awsRequestId, endsAt: clock.now() + context.getRemainingTimeInMillis(), clockUnknown }
  }
}
