import type { ProviderFailure } from '../../../functions/core/provider/error-class.ts'
import { failure, type ProviderWorld } from './provider-world.ts'

/** One account call: its answer, or why it failed. */
export function answerAccount<T, M>(
  world: ProviderWorld,
  answer: (account: { balance: number; threads: number }) => T,
  more: M,
) {
  const failed = (why: ProviderFailure) => ({ kind: 'failed' as const, failure: why, ...more })
  if (world.isDown() || world.faults.strikes('transient')) return failed(failure('transient', 'HTTP_502'))
  const scripted = world.scenario.script?.account?.(world.second()) ?? { balance: 25, threads: 100 }
  return 'class' in scripted ? failed(scripted) : answer(scripted)
}
