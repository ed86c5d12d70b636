import { SECRET_UNREADABLE } from '../../contract/providers.ts'
import type { Clock, Log } from '../../core/ports.ts'
import type { ProviderFailure } from '../../core/provider/error-class.ts'
import { makeSecretCache, noLongerThan, type SecretReader, secretEntry } from '../secrets/secret-cache.ts'

/** What an answer says about the key it was asked with. */
export type KeyJudgement = { kind: 'good' } | { kind: 'silent' } | { kind: 'refused'; failure: ProviderFailure }

export interface KeyUse<A> {
  provider: string
  /** Most milliseconds to wait from now on for the secret, or for another call's verdict on an untried key. */
  patienceMs(): number
  /** Whether the time that is left is enough for another request. */
  hasTime(): boolean
  attempt(key: string): Promise<A>
  judge(answer: A): KeyJudgement
  /** The answer where no key may be used; nothing was sent. */
  refuse(failure: ProviderFailure): A
}

export interface Keys {
  /** Runs one call with the provider's key, and once more if that key is refused and the secret has another. */
  use<A>(use: KeyUse<A>): Promise<A>
}

interface KeysOptions {
  secret: SecretReader
  clock: Clock
  log: Log
  /** After a refusal the same key is tried again this late. */
  keyRetrySeconds: number
}

/** While a key is refused, the secret is looked at this often (seconds) for a new one. */
const REFUSED_LOOK = 30

type KeyState = { key: string } & (
  | { kind: 'untried'; probe: Promise<void> | null }
  | { kind: 'good' }
  | { kind: 'refused'; at: number; failure: ProviderFailure }
)

/** Leave to send one request with this key; `end` says that its answer is in. */
type KeyPermit = { key: string; end(): void }

/** Synchronous, so that of many calls at once exactly one gets the trial. */
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
 * The API keys and how they stand. Wrong keys get addresses banned, so an untried key goes out with one call alone
 * before the others follow, and a refused one does not go out again until it changes or the slow retry is due.
 */
export function makeKeys({ secret, clock, log, keyRetrySeconds }: KeysOptions): Keys {
  const cache = makeSecretCache({ secret, clock, log })
  const standings = new Map<string, KeyState>()

  /** How the key that is in the secret now stands. */
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

  /** Leave to ask with the key of now: for one call alone while it is untried, or after waiting for that call. */
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

  /** A verdict on a key that is no longer the one in use changes nothing. */
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
      // A key that stands well again was refused by a slip of the provider: not worth a third request. Without the time
      // for one, the next call takes the new key.
      if (other.key !== leave.key && use.hasTime()) return (await attempt(other, use)).answer
      other.end()
      return first.answer
    },
  }

  /** A secret read after the refused call began is new enough: ten refusals at once make one read. */
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
