import type { Clock, Provider } from '../../core/ports.ts'
import type { ErrorClass } from '../../core/provider/error-class.ts'
import { intervalOf, methodOf } from '../../core/provider/methods.ts'
import type { Task } from '../../core/task/task.ts'
import { failed } from './account-probe.ts'
import { type Found, OK } from './probe.ts'

/** Answers after which the task will never be solved. After any other answer it is asked for again. */
const ENDS: readonly ErrorClass[] = ['task', 'unsolvable', 'auth', 'funds', 'unknown']

/** Submits exactly one task, which costs one charge, and asks for its answer until it is solved or `seconds` are over. */
export async function probePaidTask(
  provider: Pick<Provider, 'submit' | 'result'>,
  task: Task,
  { clock, seconds }: { clock: Clock; seconds: number },
): Promise<Found> {
  const endsAt = clock.now() + seconds * 1000
  const submitted = await provider.submit(task)
  if (submitted.kind !== 'accepted') return failed(submitted.failure)
  let wait = methodOf(task.method).firstPollSeconds
  while (clock.now() + wait * 1000 < endsAt) {
    await clock.sleep(wait * 1000)
    const answer = await provider.result(submitted.captchaId)
    if (answer.kind === 'solved') return OK
    if (answer.kind === 'failed' && ENDS.includes(answer.failure.class)) return failed(answer.failure)
    wait = intervalOf(task.method, null)
  }
  return { status: 'degraded', error: 'not_solved', reason: `It was accepted and not solved within ${seconds} s.` }
}
