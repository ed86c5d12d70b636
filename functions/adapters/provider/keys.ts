import type { Clock, Log, SharedKeys } from '../../core/ports.ts'
import type { ProviderFailure } from '../../core/provider/error-class.ts'
import { makeSecretCache, type SecretReader, secretEntry } from '../secrets/secret-cache.ts'
import { missingKey, unreadableSecret } from './key-failures.ts'
import { fingerprintOf, type KeyPermit, type KeyState, makeKeyStates } from './key-states.ts'
import { makePermitKey } from './permit-key.ts'

/** What an answer says about the key that the request was sent with. */
export type KeyJudgement = { kind: 'good' } | { kind: 'inconclusive' } | { kind: 'refused'; failure: ProviderFailure }

export interface KeyedCall<A> {
  provider: string
  /** The most milliseconds to wait, from now on, for the secret or for the probe of an untried key. */
  patienceMs(): number
  /** Whether there is time left for another request. */
  hasTime(): boolean
  attempt(key: string): Promise<A>
  judge(answer: A): KeyJudgement
  /** The answer when no key may be used. Nothing was sent. */
  refuse(failure: ProviderFailure): A
}

export interface Keys {
  /** Makes one call with the provider's key. Makes it once more if that key is refused and the secret has a new key. */
  use<A>(call: KeyedCall<A>): Promise<A>
}

interface KeysOptions {
  secret: SecretReader
  clock: Clock
  log: Log
  /** What the whole fleet knows about the keys. */
  shared: SharedKeys
  /** Where the fleet's knowledge cannot be read, a refused key is tried again after so many seconds. */
  keyRetrySeconds: number
}

/** While a key is refused, the secret is read this often in search of a new key. */
const REFUSED_READ_SECONDS = 30

/**
 * The API keys and the state of each. Providers ban addresses that use wrong keys. So one call in the whole fleet
 * probes an untried key before other calls use it, and a refused key is not sent again until it changes or the slow
 * retry is due.
 */
export function makeKeys({ secret, clock, log, shared, keyRetrySeconds }: KeysOptions): Keys {
  const cache = makeSecretCache({ secret, clock, log })
  const states = makeKeyStates(clock)
  const permitKey = makePermitKey({ states, shared, clock, log, keyRetrySeconds })

  /** The state of the key that the secret holds now. */
  async function currentKey(provider: string, patienceMs: () => number): Promise<KeyState | ProviderFailure> {
    const before = states.get(provider)
    const keys = await cache.keys(before?.kind === 'refused' ? REFUSED_READ_SECONDS : undefined, patienceMs(), provider)
    if (keys === null) return unreadableSecret(provider)
    const key = secretEntry(keys, provider)
    if (key === null) return missingKey(provider)
    const found = states.get(provider)
    if (found?.key === key) return found
    if (found !== undefined) log('info', 'key changed', { provider })
    return states.markUntried(provider, key)
  }

  async function permit(provider: string, patienceMs: () => number): Promise<KeyPermit | ProviderFailure> {
    const state = await currentKey(provider, patienceMs)
    return 'key' in state ? permitKey({ provider, state, patienceMs }) : state
  }

  async function attempt<A>({ key, end }: KeyPermit, { provider, attempt, judge }: KeyedCall<A>) {
    try {
      const answer = await attempt(key)
      const judged = judge(answer)
      await recordJudgement(provider, key, judged)
      return { answer, refused: judged.kind === 'refused' }
    } finally {
      end()
    }
  }

  /** An answer about a key that is no longer in use changes nothing. A change is reported to the fleet. */
  async function recordJudgement(provider: string, key: string, judged: KeyJudgement): Promise<void> {
    const state = states.get(provider)
    if (state?.key !== key) return
    const wasUntried = state.kind === 'untried'
    if (judged.kind === 'good' && wasUntried) states.markGood(provider, key)
    if (judged.kind === 'refused') {
      if (state.kind === 'refused') return
      log('warn', 'key refused', { provider, code: judged.failure.code })
      states.markRefused(provider, key, judged.failure.code)
    } else if (!wasUntried) return
    const code = judged.kind === 'refused' ? judged.failure.code : null
    await shared.reportAnswer(provider, fingerprintOf(key), judged.kind === 'inconclusive' ? 'inconclusive' : { code })
  }

  /** A secret that was read after the refused call began is new enough. So ten refusals at once cause one read. */
  const secondsSince = (askedAt: number): number => (clock.now() - askedAt) / 1000

  return {
    async use(call) {
      const { provider } = call
      const patienceMs = () => call.patienceMs()
      const permitted = await permit(provider, patienceMs)
      if ('class' in permitted) return call.refuse(permitted)
      const askedAt = clock.now()
      const first = await attempt(permitted, call)
      if (!first.refused) return first.answer
      await cache.keys(secondsSince(askedAt), patienceMs())
      const other = await permit(provider, patienceMs)
      if ('class' in other) return first.answer
      // If the refused key is good again by now, the provider refused it by mistake, and a third request is not worth
      // it. If no time is left for one, the next call uses the new key.
      if (other.key !== permitted.key && call.hasTime()) return (await attempt(other, call)).answer
      other.end()
      return first.answer
    },
  }
}
