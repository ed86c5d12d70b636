import type { ProviderName } from '../../../functions/contract/providers.ts'
import type { Provider } from '../../../functions/core/ports.ts'
import type {
  BalanceAnswer,
  ResultAnswer,
  SubmitAnswer,
  ThreadsAnswer,
} from '../../../functions/core/provider/answers.ts'
import type { ProviderFailure } from '../../../functions/core/provider/error-class.ts'
import { PROFILES, type Profile } from '../../../functions/core/provider/profiles.ts'
import type { Environment } from '../fleet/environment.ts'
import type { Charge } from '../model/charge.ts'
import { isRefusedAt } from '../model/keys.ts'
import type { Answers } from './answers.ts'
import { drawnAnswers } from './drawn-answers.ts'
import { failure, makeProviderWorld, type ProviderParts, type ProviderWorld } from './provider-world.ts'
import { request } from './request.ts'
import { makeScriptedAnswers } from './scripted-answers.ts'

export const PROVIDER_TIMEOUT_SECONDS = 10
const BAD_KEY = failure('auth', 'ERROR_KEY_DOES_NOT_EXIST')
const LONGEST_MS = PROVIDER_TIMEOUT_SECONDS * 1000 - 100

/** The provider: every submit's fate is known when it arrives, and the ledger is the truth about money. */
export interface SimulatedProvider {
  readonly ledger: Charge[]
  /** In order of preference. `sent`: absent, the key is never refused, and each call begins when it is made. */
  providersOf(environment: Environment, sent?: SentKey): Provider[]
  /** The answer to a call for the first provider's balance at this moment, whoever makes the call. */
  balanceNow(): BalanceAnswer
  /** Who receives the provider's callbacks. */
  onCall: (path: string, captchaId: string) => void
}

/** `key`: the fingerprint of the key that is sent. `begunAt`: since when the call has waited for it. */
export interface SentKey {
  key: string
  begunAt: number
}

export function makeSimulatedProvider(parts: ProviderParts): SimulatedProvider {
  const world = makeProviderWorld(parts)
  const { oracle } = world
  const answers = answersOf(world)
  const begun = world.virtualTime.now()
  const isKeyRefused = (key: string): boolean =>
    isRefusedAt(world.scenario.trouble, key, (world.virtualTime.now() - begun) / 1000)
  const providerOf = (name: ProviderName, environment: Environment, sent?: SentKey): Provider => {
    const begunAt = () => sent?.begunAt ?? world.virtualTime.now()
    /** A call ends within its time-out, the wait for its key included. */
    const ask = <T extends { kind: string }>(at: string, effect: () => T, about = ''): Promise<T> => {
      const until = begunAt() + LONGEST_MS
      const takes = (answer: T) => Math.max(0, Math.min(answers.takes(answer), until - world.virtualTime.now()))
      return request(world, environment, { at, effect, about }, takes)
    }
    /** Null: the key is good. Nothing else happens with a request whose key is refused. */
    const refusal = (): ProviderFailure | null => {
      if (sent === undefined || !isKeyRefused(sent.key)) return null
      oracle.record({ kind: 'keyRefused', environment, provider: name, fingerprint: sent.key })
      return BAD_KEY
    }
    const { billing, submitRate }: Profile = PROFILES[name]
    return {
      name,
      billing,
      submitRate,
      async submit(task, pingbackUrl) {
        oracle.record({ kind: 'submitLeft', environment, task, provider: name, begunAt: begunAt() })
        const answer = await ask<SubmitAnswer>('provider.submit', () => {
          const refused = refusal()
          if (refused !== null) return { kind: 'refused', failure: refused }
          oracle.record({ kind: 'submitArrived', environment, task })
          return answers.submit({ task, pingbackUrl, environment, provider: name })
        })
        oracle.record({ kind: 'submitAnswered', environment, task, provider: name, answer })
        return answer
      },
      result: (captchaId) =>
        ask<ResultAnswer>(
          'provider.result',
          () => {
            const refused = refusal()
            if (refused !== null) return { kind: 'failed', failure: refused }
            const answer = answers.result(captchaId, environment.name, name)
            const charge = world.byId.get(captchaId) ?? null
            oracle.record({ kind: 'polled', environment, provider: name, charge, answer })
            return answer
          },
          ` ${captchaId}`,
        ),
      balance: () =>
        ask<BalanceAnswer>('provider.balance', () => {
          const refused = refusal()
          return refused === null ? answers.balance(name) : { kind: 'failed', failure: refused, ms: 100 }
        }),
      threads: () =>
        ask<ThreadsAnswer>('provider.threads', () => {
          const refused = refusal()
          return refused === null ? answers.threads(name) : { kind: 'failed', failure: refused }
        }),
    }
  }
  const { providers } = world.scenario
  return Object.assign(world, {
    providersOf: (environment: Environment, sent?: SentKey) =>
      providers.map((name) => providerOf(name, environment, sent)),
    balanceNow: () => answers.balance('captchaai'),
  })
}

function answersOf(world: ProviderWorld): Answers {
  const { scenario, oracle, virtualTime, keep, callAt } = world
  if (scenario.script === null) return drawnAnswers(world, LONGEST_MS)
  const timeoutMs = PROVIDER_TIMEOUT_SECONDS * 1000
  const { record } = oracle
  return makeScriptedAnswers(scenario.script, { record, now: virtualTime.now, keep, call: callAt, timeoutMs })
}
