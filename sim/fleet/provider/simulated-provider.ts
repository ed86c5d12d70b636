import type { Provider } from '../../../functions/core/ports.ts'
import type { Environment } from '../fleet/environment.ts'
import type { Charge } from '../model/charge.ts'
import { answerAccount } from './answer-account.ts'
import { answerPoll } from './answer-poll.ts'
import { answerSubmit } from './answer-submit.ts'
import { makeProviderWorld, type ProviderParts } from './provider-world.ts'
import { request } from './request.ts'

export const PROVIDER_TIMEOUT_SECONDS = 10
const LONGEST_MS = PROVIDER_TIMEOUT_SECONDS * 1000 - 100

/** The provider: every submit's fate is drawn when it arrives, and the ledger is the truth about money. */
export interface SimulatedProvider {
  readonly ledger: Charge[]
  providerOf(environment: Environment): Provider
  /** Who receives the provider's callbacks. */
  onCall: (path: string, captchaId: string) => void
}

export function makeSimulatedProvider(parts: ProviderParts): SimulatedProvider {
  const world = makeProviderWorld(parts)
  const { faults, oracle, random } = world
  const usual = () =>
    faults.strikes('slowAnswer') ? 3000 + random.next() * (LONGEST_MS - 3000) : 30 + random.next() * 200
  const providerOf = (environment: Environment): Provider => ({
    name: 'captchaai',
    billing: 'threads',
    async submit(task, pingbackUrl) {
      oracle.record({ kind: 'submitLeft', environment, task })
      const answer = await request(world, environment, {
        at: 'provider.submit',
        effect: () => answerSubmit(world, environment, task, pingbackUrl),
        takes: ({ kind }) => (kind === 'lost' && random.chance(0.7) ? LONGEST_MS : usual()),
      })
      oracle.record({ kind: 'submitAnswered', environment, task, answer })
      return answer
    },
    result: (captchaId) =>
      request(world, environment, {
        at: 'provider.result',
        effect: () => answerPoll(world, environment, captchaId),
        takes: usual,
        about: ` ${captchaId}`,
      }),
    balance: () =>
      request(world, environment, {
        at: 'provider.balance',
        effect: () =>
          answerAccount(world, ({ balance }) => ({ kind: 'balance' as const, value: balance, ms: 100 }), { ms: 100 }),
        takes: usual,
      }),
    threads: () =>
      request(world, environment, {
        at: 'provider.threads',
        effect: () =>
          answerAccount(
            world,
            ({ threads }) => ({ kind: 'threads' as const, total: threads, free: Math.ceil(threads / 2) }),
            {},
          ),
        takes: usual,
      }),
  })
  return Object.assign(world, { providerOf })
}
