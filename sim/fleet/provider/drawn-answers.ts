import type { ProviderName } from '../../../functions/contract/providers.ts'
import type { ThreadsAnswer } from '../../../functions/core/provider/answers.ts'
import { PROFILES } from '../../../functions/core/provider/profiles.ts'
import { answerPoll } from './answer-poll.ts'
import { answerSubmit } from './answer-submit.ts'
import type { Answers } from './answers.ts'
import { failure, type ProviderWorld } from './provider-world.ts'

const BAD_GATEWAY = { kind: 'failed' as const, failure: failure('transient', 'HTTP_502') }

/** The plan's threads, where the provider has a call for them. */
function threadsOf({ scenario: { trouble } }: ProviderWorld, provider: ProviderName): ThreadsAnswer {
  const isUntold = trouble?.kind === 'threads' && !trouble.told
  if (isUntold || !PROFILES[provider].hasThreads) return { kind: 'none' }
  const total = trouble?.kind === 'threads' ? trouble.threads : 100
  return { kind: 'threads', total, free: Math.floor(total / 2) }
}

/** Answers of a provider whose faults are drawn, each with its probability at each opportunity. */
export function drawnAnswers(world: ProviderWorld, longestMs: number): Answers {
  const { faults, random } = world
  const usual = () =>
    faults.strikes('slowAnswer') ? 3000 + random.next() * (longestMs - 3000) : 30 + random.next() * 200
  const fails = (provider: ProviderName) => world.isDown(provider) || faults.strikes('transient')
  return {
    submit: (ask) => answerSubmit(world, ask),
    result: (captchaId, who, provider) => answerPoll(world, { captchaId, who, provider }),
    balance: (provider) => (fails(provider) ? { ...BAD_GATEWAY, ms: 100 } : { kind: 'balance', value: 25, ms: 100 }),
    threads: (provider) => (fails(provider) ? BAD_GATEWAY : threadsOf(world, provider)),
    takes: ({ kind }) => (kind === 'lost' && random.chance(0.7) ? longestMs : usual()),
  }
}
