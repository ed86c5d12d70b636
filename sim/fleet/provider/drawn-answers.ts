import { answerPoll } from './answer-poll.ts'
import { answerSubmit } from './answer-submit.ts'
import type { Answers } from './answers.ts'
import { failure, type ProviderWorld } from './provider-world.ts'

const BAD_GATEWAY = { kind: 'failed' as const, failure: failure('transient', 'HTTP_502') }

/** Answers of a provider whose faults are drawn, each with its probability at each opportunity. */
export function drawnAnswers(world: ProviderWorld, longestMs: number): Answers {
  const { faults, random } = world
  const usual = () =>
    faults.strikes('slowAnswer') ? 3000 + random.next() * (longestMs - 3000) : 30 + random.next() * 200
  const fails = () => world.isDown() || faults.strikes('transient')
  return {
    submit: (task, pingbackUrl, environment) => answerSubmit(world, environment, task, pingbackUrl),
    result: (captchaId, who) => answerPoll(world, captchaId, who),
    balance: () => (fails() ? { ...BAD_GATEWAY, ms: 100 } : { kind: 'balance', value: 25, ms: 100 }),
    threads: () => (fails() ? BAD_GATEWAY : { kind: 'threads', total: 100, free: 50 }),
    takes: ({ kind }) => (kind === 'lost' && random.chance(0.7) ? longestMs : usual()),
  }
}
