import { createHash } from 'node:crypto'
import { KEY_UNTESTED, SECRET_UNREADABLE } from '../../contract/providers.ts'
import type { Clock, Log, SharedKeys } from '../../core/ports.ts'
import type { ProviderFailure } from '../../core/provider/error-class.ts'
import { makeSecretCache, noLongerThan, type SecretReader, secretEntry } from '../secrets/secret-cache.ts'

/** What an answer says about the key that the request was sent with. */
export type KeyJudgement = { kind: 'good' } | { kind: 'inconclusive' } | { kind: 'refused'; failure: ProviderFailure }

export interface KeyUse<A> {
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
  use<A>(use: KeyUse<A>): Promise<A>
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
/** While another environment probes a key, the admission item is read for its result this often. */
const SHARED_READ_MS = 250

type KeyState = { key: string } & (
  | { kind: 'untried'; probe: Promise<void> | null }
  | { kind: 'good' }
  | { kind: 'refused'; at: number; failure: ProviderFailure }
)
type Untried = Extract<KeyState, { kind: 'untried' }>

/** Permission to send one request with this key. Call `end` when the answer has arrived. */
type KeyPermit = { key: string; end(): void }

/** Synchronous, so that exactly one of many concurrent calls gets the probe. */
function startProbe(state: Untried): KeyPermit {
  const over = Promise.withResolvers<void>()
  state.probe = over.promise
  return {
    key: state.key,
    end() {
      state.probe = null
      over.resolve()
    },
  }
}

/** The first 8 hexadecimal digits of the key's SHA-256: names a key without telling anything about it. */
export const fingerprintOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 8)

/**
 * The API keys and the state of each. Providers ban addresses that use wrong keys. So one call in the whole fleet probes
 * an untried key before other calls use it, and a refused key is not sent again until it changes or the slow retry is
 * due.
 */
export function makeKeys({ secret, clock, log, shared, keyRetrySeconds }: KeysOptions): Keys {
  const cache = makeSecretCache({ secret, clock, log })
  const states = new Map<string, KeyState>()

  const set = (provider: string, state: KeyState): void => {
    states.set(provider, state)
  }

  /** The state of the key that the secret holds now. */
  async function currentKey(provider: string, patienceMs: () => number): Promise<KeyState | ProviderFailure> {
    const before = states.get(provider)
    const keys = await cache.keys(before?.kind === 'refused' ? REFUSED_READ_SECONDS : undefined, patienceMs(), provider)
    if (keys === null) return secretUnreadable(provider)
    const key = secretEntry(keys, provider)
    if (key === null) return missing(provider)
    const found = states.get(provider)
    if (found?.key === key) return found
    if (found !== undefined) log('info', 'key changed', { provider })
    const untried: KeyState = { kind: 'untried', key, probe: null }
    set(provider, untried)
    return untried
  }

  const isRetryDue = (state: KeyState) => state.kind === 'refused' && clock.now() - state.at >= keyRetrySeconds * 1000

  async function admit(provider: string, patienceMs: () => number): Promise<KeyPermit | ProviderFailure> {
    const state = await currentKey(provider, patienceMs)
    if (!('key' in state)) return state
    switch (state.kind) {
      case 'good':
        return admitGood(provider, state.key)
      case 'refused':
        return admitRefused(provider, state)
      case 'untried':
        return state.probe === null
          ? probe(provider, state, patienceMs)
          : followProbe(provider, state, state.probe, patienceMs)
    }
  }

  /** Another worker may have met a refusal of this very key. */
  async function admitGood(provider: string, key: string): Promise<KeyPermit | ProviderFailure> {
    const code = await shared.refusalOf(provider, fingerprintOf(key))
    return code === null ? { key, end() {} } : markRefused(provider, key, code)
  }

  /** Another worker may have found the key good again, or this one may try it once. */
  async function admitRefused(
    provider: string,
    state: Extract<KeyState, { kind: 'refused' }>,
  ): Promise<KeyPermit | ProviderFailure> {
    const { key, failure } = state
    const use = await shared.useOf(provider, fingerprintOf(key))
    if (use.kind === 'refused' || use.kind === 'wait') return failure
    if (use.kind === 'unknown' && !isRetryDue(state)) return failure
    if (use.kind === 'send') return markGood(provider, key)
    log('info', 'key is tried again', { provider })
    const untried: Untried = { kind: 'untried', key, probe: null }
    set(provider, untried)
    return startProbe(untried)
  }

  /** One call of this environment asks for the fleet's lease, and waits while another environment has it. */
  async function probe(
    provider: string,
    state: Untried,
    patienceMs: () => number,
  ): Promise<KeyPermit | ProviderFailure> {
    const permit = startProbe(state)
    const admitted = await admitUntried(provider, permit, patienceMs)
    if ('class' in admitted) permit.end()
    return admitted
  }

  async function admitUntried(
    provider: string,
    permit: KeyPermit,
    patienceMs: () => number,
  ): Promise<KeyPermit | ProviderFailure> {
    const { key } = permit
    const until = clock.now() + patienceMs()
    for (;;) {
      const use = await shared.useOf(provider, fingerprintOf(key))
      switch (use.kind) {
        case 'send':
          markGood(provider, key)
          return permit
        case 'refused':
          return markRefused(provider, key, use.code)
        case 'probe':
        case 'unknown':
          return permit
        case 'wait':
          if (clock.now() + SHARED_READ_MS > until) return untested(provider)
          await clock.sleep(SHARED_READ_MS)
      }
    }
  }

  /** The other calls of this environment wait for its probe. Without an answer in time they need a lease of their own. */
  async function followProbe(
    provider: string,
    state: Untried,
    over: Promise<void>,
    patienceMs: () => number,
  ): Promise<KeyPermit | ProviderFailure> {
    await noLongerThan(patienceMs(), over)
    const now = states.get(provider) ?? state
    if (now.kind === 'refused') return now.failure
    if (now.kind === 'good') return { key: now.key, end() {} }
    return admitUntried(provider, { key: now.key, end() {} }, () => 0)
  }

  function markGood(provider: string, key: string): KeyPermit {
    set(provider, { kind: 'good', key })
    return { key, end() {} }
  }

  function markRefused(provider: string, key: string, code: string): ProviderFailure {
    const failure = refusedByCache(code)
    set(provider, { kind: 'refused', key, at: clock.now(), failure })
    return failure
  }

  async function attempt<A>({ key, end }: KeyPermit, { provider, attempt, judge }: KeyUse<A>) {
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
    if (judged.kind === 'good' && wasUntried) markGood(provider, key)
    if (judged.kind === 'refused') {
      if (state.kind === 'refused') return
      log('warn', 'key refused', { provider, code: judged.failure.code })
      markRefused(provider, key, judged.failure.code)
    } else if (!wasUntried) return
    const code = judged.kind === 'refused' ? judged.failure.code : null
    await shared.reportAnswer(provider, fingerprintOf(key), judged.kind === 'inconclusive' ? 'inconclusive' : { code })
  }

  return {
    async use(use) {
      const { provider } = use
      const patienceMs = () => use.patienceMs()
      const permit = await admit(provider, patienceMs)
      if ('class' in permit) return use.refuse(permit)
      const askedAt = clock.now()
      const first = await attempt(permit, use)
      if (!first.refused) return first.answer
      await cache.keys(secondsSince(askedAt), patienceMs())
      const other = await admit(provider, patienceMs)
      if ('class' in other) return first.answer
      // If the refused key is good again by now, the provider refused it by mistake, and a third request is not worth
      // it. If no time is left for one, the next call uses the new key.
      if (other.key !== permit.key && use.hasTime()) return (await attempt(other, use)).answer
      other.end()
      return first.answer
    },
  }

  /** A secret that was read after the refused call began is new enough. So ten refusals at once cause one read. */
  function secondsSince(askedAt: number): number {
    return (clock.now() - askedAt) / 1000
  }
}

const auth = (code: string, message: string): ProviderFailure => ({ class: 'auth', code, message })
const secretUnreadable = (provider: string) =>
  auth(SECRET_UNREADABLE, `The secret with the API keys cannot be read, so ${provider} was not asked.`)
const missing = (provider: string) => auth('KEY_MISSING', `The secret holds no API key for ${provider}.`)
const refusedByCache = (code: string) =>
  auth(code, `The API key was refused (${code}) and is not tried again until it changes or some time has passed.`)
const untested = (provider: string): ProviderFailure => ({
  class: 'transient',
  code: KEY_UNTESTED,
  message: `Another worker is trying the new API key of ${provider}, so nothing was sent.`,
})
