import { NO_TIME } from '../../contract/providers.ts'
import type { Clock, Log, Provider } from '../../core/ports.ts'
import type { ThreadsAnswer } from '../../core/provider/answers.ts'
import type { ErrorClass, ProviderFailure } from '../../core/provider/error-class.ts'
import { parseBalance, parseResult, parseSubmit, parseThreads } from '../../core/provider/parse-answer.ts'
import type { Profile } from '../../core/provider/profiles.ts'
import { makeConnectionPool } from './connection-pool.ts'
import type { KeyJudgement, Keys } from './keys.ts'
import { classifyReply, type HttpOutcome, submitFailed } from './replies.ts'
import { submitForm } from './submit-form.ts'
import { type HttpReply, sendRequest } from './transport.ts'

interface ProviderOptions {
  /** Also the name of the provider's key in the secret. */
  name: string
  profile: Profile
  /** With or without a trailing slash. */
  baseUrl: string
  keys: Keys
  timeoutSeconds: number
  clock: Clock
  log: Log
}

/**
 * The share of the time-out that must be left when a call starts. A call that is cut short counts as lost, not as
 * refused.
 */
const LEAST_SHARE = 0.5
/** The share of the time-out that a call may wait for the secret, and again for the probe of an untried key. */
const PATIENCE_SHARE = 0.2

/**
 * One account at a 2captcha-compatible provider. A submit is sent exactly once. Only if the key was refused, which
 * never costs a charge, is it sent once more with the new key. A URL that contains a key never leaves this file.
 */
export function makeProvider(options: ProviderOptions): Provider & { close(): void } {
  const { name, profile, keys, clock, log } = options
  const base = new URL(options.baseUrl.endsWith('/') ? options.baseUrl : `${options.baseUrl}/`)
  const timeoutMs = options.timeoutSeconds * 1000
  const pool = makeConnectionPool(() => clock.now())

  /** Sends the request with the current key, within the time-out. `parse` turns the reply into the answer. */
  async function ask<A extends ProviderAnswer>(
    what: string,
    call: (key: string) => Sent,
    parse: (read: HttpOutcome, ms: number) => A,
  ): Promise<A> {
    const startedAt = performance.now()
    const spent = () => performance.now() - startedAt
    const left = () => Math.max(0, timeoutMs - spent())
    const hasTime = () => left() >= timeoutMs * LEAST_SHARE
    const patienceMs = () => Math.min(left(), timeoutMs * PATIENCE_SHARE)
    const attempt = async (key: string) => {
      const reply: HttpReply = hasTime()
        ? await sendRequest(pool, { ...call(key), timeoutMs: left() })
        : { kind: 'notSent', code: NO_TIME }
      const answer = parse(classifyReply(profile, reply, clock.now()), Math.round(spent()))
      log('debug', 'provider answered', {
        provider: name,
        call: what,
        ms: Math.round(spent()),
        code: failureIn(answer)?.code,
      })
      return answer
    }
    const refuse = (failure: ProviderFailure) => parse({ kind: 'failed', failure, charge: 'none' }, Math.round(spent()))
    return keys.use<A>({ provider: name, patienceMs, hasTime, attempt, judge: judgeKey, refuse })
  }

  const get =
    (action: string, more: Record<string, string> = {}) =>
    (key: string): Sent => {
      const url = new URL('res.php', base)
      url.search = new URLSearchParams({ key, action, ...more, json: '1' }).toString()
      return { url, method: 'GET' }
    }

  return {
    name,
    billing: profile.billing,
    submitRate: profile.submitRate,
    submit: (task, pingbackUrl) =>
      ask(
        'submit',
        (key) => ({ url: new URL('in.php', base), method: 'POST', form: submitForm(task, key, pingbackUrl) }),
        (read) => (read.kind === 'text' ? parseSubmit(profile, read.body) : submitFailed(read)),
      ),
    result: (captchaId) =>
      ask('result', get('get', { id: captchaId }), (read) =>
        read.kind === 'text' ? parseResult(profile, read.body) : { kind: 'failed', failure: read.failure },
      ),
    balance: () =>
      ask('balance', get('getbalance'), (read, ms) =>
        read.kind === 'text' ? parseBalance(profile, read.body, ms) : { kind: 'failed', failure: read.failure, ms },
      ),
    threads: async () =>
      profile.hasThreads
        ? ask<ThreadsAnswer>('threads', get('threadsinfo'), (read) =>
            read.kind === 'text' ? parseThreads(profile, read.body) : { kind: 'failed', failure: read.failure },
          )
        : { kind: 'none' },
    close: () => pool.close(),
  }
}

type Sent = { url: URL; method: 'GET' | 'POST'; form?: URLSearchParams }
type ProviderAnswer = { kind: string; failure?: ProviderFailure }

const failureIn = (answer: ProviderAnswer): ProviderFailure | undefined => answer.failure

/** Classes of answers that say nothing about the key. */
const SAYS_NOTHING: readonly ErrorClass[] = ['transient', 'uncertain', 'rate', 'blocked']

export function judgeKey(answer: ProviderAnswer): KeyJudgement {
  const failure = failureIn(answer)
  if (failure?.class === 'auth') return { kind: 'refused', failure }
  return { kind: failure !== undefined && SAYS_NOTHING.includes(failure.class) ? 'inconclusive' : 'good' }
}
