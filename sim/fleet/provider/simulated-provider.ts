import type { Provider } from '../../../functions/core/ports.ts'
import type { BalanceAnswer } from '../../../functions/core/provider/answers.ts'
import type { Environment } from '../fleet/environment.ts'
import type { Charge } from '../model/charge.ts'
import type { Answers } from './answers.ts'
import { drawnAnswers } from './drawn-answers.ts'
import { makeProviderWorld, type ProviderParts, type ProviderWorld } from './provider-world.ts'
import { request } from './request.ts'
import { makeScriptedAnswers } from './scripted-answers.ts'

export const PROVIDER_TIMEOUT_SECONDS = 10
export const PROVIDER_NAME = 'captchaai'
const LONGEST_MS = PROVIDER_TIMEOUT_SECONDS * 1000 - 100

/** The provider: every submit's fate is known when it arrives, and the ledger is the truth about money. */
export interface SimulatedProvider {
  readonly ledger: Charge[]
  providerOf(environment: Environment): Provider
  /** What a call for the balance is answered at this moment, by whoever makes it. */
  balanceNow(): BalanceAnswer
  /** Who receives the provider's callbacks. */
  onCall: (path: string, captchaId: string) => void
}

export function makeSimulatedProvider(parts: ProviderParts): SimulatedProvider {
  const world = makeProviderWorld(parts)
  const { oracle } = world
  const answers = answersOf(world)
  const providerOf = (environment: Environment): Provider => {
    const ask = <T extends { kind: string }>(at: string, effect: () => T, about = ''): Promise<T> =>
      request(world, environment, { at, effect, about }, answers.takes)
    return {
      name: PROVIDER_NAME,
      billing: 'threads',
      async submit(task, pingbackUrl) {
        oracle.record({ kind: 'submitLeft', environment, task })
        const answer = await ask('provider.submit', () => {
          oracle.record({ kind: 'submitArrived', environment, task })
          return answers.submit(task, pingbackUrl, environment)
        })
        oracle.record({ kind: 'submitAnswered', environment, task, answer })
        return answer
      },
      result: (captchaId) =>
        ask(
          'provider.result',
          () => {
            const answer = answers.result(captchaId, environment.name)
            oracle.record({ kind: 'polled', environment, charge: world.byId.get(captchaId) ?? null, answer })
            return answer
          },
          ` ${captchaId}`,
        ),
      balance: () => ask('provider.balance', answers.balance),
      threads: () => ask('provider.threads', answers.threads),
    }
  }
  return Object.assign(world, { providerOf, balanceNow: answers.balance })
}

function answersOf(world: ProviderWorld): Answers {
  const { scenario, oracle, timeline, keep, callAt } = world
  if (scenario.script === null) return drawnAnswers(world, LONGEST_MS)
  const timeoutMs = PROVIDER_TIMEOUT_SECONDS * 1000
  const { record } = oracle
  return makeScriptedAnswers(scenario.script, { record, now: timeline.now, keep, call: callAt, timeoutMs })
}
