import { SECRET_UNREADABLE } from '../../contract/providers.ts'
import type { Clock, Log } from '../../core/ports.ts'
import type { ProviderFailure } from '../../core/provider/error-class.ts'
import { makeSecretCache, noLongerThan, type SecretReader, secretEntry } from '../secrets/secret-cache.ts'

/** What an answer says about the key that the request was sent with. */
export type KeyJudgement = { kind: 'good' } | { kind: 'silent' } | { kind: 'refused'; failure: ProviderFailure }

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
  /** The same key is tried again this many seconds after it was refused. */
  keyRetrySeconds: number
}

/** While a key is refused, the secret is read this often (seconds) in search of a new key. */
const REFUSED_LOOK = 30

type KeyState = { key: string } & (
  | { kind: 'untried'; probe: Promise<void> | null }
  | { kind: 'good' }
  | { kind: 'refused'; at: number; failure: ProviderFailure }
)

/** Permission to send one request with this key. Call `end` when the answer has arrived. */
type KeyPermit = { key: string; end(): void }

/** Synchronous, so that exactly one of many concurrent calls gets the probe. */
function startProbe(standing: Extract<KeyState, { kind: 'untried' }>): KeyPermit {
  const over = Promise.withResolvers<void>()
  standing.probe = over.promise
  return {
    key: standing.key,
    end() {
      standing.probe = null
      over.resolve()
    },
  }
}

/**
 * The API keys and the state of each. Providers ban addresses that use wrong keys. So one call alone probes an untried
 * key before other calls use it, and a refused key is not sent again until it changes or the slow retry is due.
 */
export function makeKeys({ secret, clock, log, keyRetrySeconds }: KeysOptions): Keys {
  const cache = makeSecretCache({ secret, clock, log })
  const standings = new Map<string, KeyState>()

  /** The state of the key that the secret holds now. */
  async function look(provider: string, patienceMs: () => number): Promise<KeyState | ProviderFailure> {
    const before = standings.get(provider)
    const keys = await cache.keys(before?.kind === 'refused' ? REFUSED_LOOK : undefined, patienceMs(), provider)
    if (keys === null) return secretUnreadable(provider)
    const key = secretEntry(keys, provider)
    if (key === null) return missing(provider)
    const found = standings.get(provider)
    if (found?.key === key && !isRetryDue(found)) return found
    if (found !== undefined) log('info', found.key === key ? 'key is tried again' : 'key changed', { provider })
    const untried: KeyState = { kind: 'untried', key, probe: null }
    standings.set(provider, untried)
    return untried
  }

  const isRetryDue = (standing: KeyState) =>
    standing.kind === 'refused' && clock.now() - standing.at >= keyRetrySeconds * 1000

  /**
   * Permission to send with the current key. While the key is untried, one call gets it at once and the others wait for
   * that call.
   */
  async function admit(provider: string, patienceMs: () => number): Promise<KeyPermit | ProviderFailure> {
    const standing = await look(provider, patienceMs)
    if (!('key' in standing)) return standing
    if (standing.kind === 'refused') return standing.failure
    if (standing.kind === 'good') return { key: standing.key, end() {} }
    if (standing.probe === null) return startProbe(standing)
    await noLongerThan(patienceMs(), standing.probe)
    const now = standings.get(provider) ?? standing
    return now.kind === 'refused' ? now.failure : { key: now.key, end() {} }
  }

  async function attempt<A>({ key, end }: KeyPermit, { provider, attempt, judge }: KeyUse<A>) {
    try {
      const answer = await attempt(key)
      const judged = judge(answer)
      recordVerdict(provider, key, judged)
      return { answer, refused: judged.kind === 'refused' }
    } finally {
      end()
    }
  }

  /** An answer about a key that is no longer in use changes nothing. */
  function recordVerdict(provider: string, key: string, judged: KeyJudgement): void {
    const standing = standings.get(provider)
    if (standing?.key !== key || judged.kind === 'silent') return
    if (judged.kind === 'good') {
      if (standing.kind === 'untried') standings.set(provider, { kind: 'good', key })
      return
    }
    if (standing.kind !== 'refused') log('warn', 'key refused', { provider, code: judged.failure.code })
    standings.set(provider, { kind: 'refused', key, at: clock.now(), failure: refusedByCache(judged.failure) })
  }

  return {
    async use(use) {
      const { provider } = use
      const patienceMs = () => use.patienceMs()
      const leave = await admit(provider, patienceMs)
      if ('class' in leave) return use.refuse(leave)
      const askedAt = clock.now()
      const first = await attempt(leave, use)
      if (!first.refused) return first.answer
      await cache.keys(secondsSince(askedAt), patienceMs())
      const other = await admit(provider, patienceMs)
      if ('class' in other) return first.answer
      // If the refused key is good again by now, the provider refused it by mistake, and a third request is not worth
      // it. If no time is left for one, the next call uses the new key.
      if (other.key !== leave.key && use.hasTime()) return (await attempt(other, use)).answer
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
const refusedByCache = ({ code }: ProviderFailure) =>
  auth(code, `The API key was refused (${code}) and is not tried again until it changes or some time has passed.`)
