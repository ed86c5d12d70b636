import { classifyReply, submitFailed } from '../../../functions/adapters/provider/replies.ts'
import type { Provider } from '../../../functions/core/ports.ts'
import type { ResultAnswer, SubmitAnswer } from '../../../functions/core/provider/answers.ts'
import type { ErrorClass, ProviderFailure } from '../../../functions/core/provider/error-class.ts'
import { parseSubmit } from '../../../functions/core/provider/parse-answer.ts'
import { PROFILES } from '../../../functions/core/provider/profiles.ts'
import type { Task } from '../../../functions/core/task/task.ts'
import { logNormal, type Random } from '../../support/random.ts'
import type { Environment } from '../fleet/environment.ts'
import type { Charge } from '../model/charge.ts'
import type { Faults } from '../model/faults.ts'
import type { Fault, SeedScenario } from '../model/seed-scenario.ts'
import type { Timeline, Trace } from '../model/timeline.ts'
import type { Oracle } from '../oracle/oracle.ts'

export const PROVIDER_TIMEOUT_SECONDS = 10

/** The provider: every submit's fate is drawn when it arrives, and the ledger is the truth about money. */
export interface SimulatedProvider {
  readonly ledger: Charge[]
  providerOf(environment: Environment): Provider
  /** Who receives the provider's callbacks. */
  onCall: (path: string, captchaId: string) => void
}

const failure = (kind: ErrorClass, code: string, more: Partial<ProviderFailure> = {}): ProviderFailure => ({
  class: kind,
  code,
  message: `the provider said ${code}`,
  ...more,
})

const REFUSALS: readonly (readonly [Fault, ProviderFailure])[] = [
  ['capacity', failure('capacity', 'ERROR_NO_SLOT_AVAILABLE')],
  ['rate', failure('rate', 'MAX_USER_TURN', { retryAfterSeconds: 10 })],
  ['taskFault', failure('task', 'ERROR_BAD_PARAMETERS')],
  ['unknownCode', failure('unknown', 'ERROR_NEVER_SEEN')],
  ['keyRefused', failure('auth', 'ERROR_KEY_DOES_NOT_EXIST')],
  ['noFunds', failure('funds', 'ERROR_ZERO_BALANCE')],
  ['blocked', failure('blocked', 'IP_BANNED', { retryAfterSeconds: 60 })],
]
/** What the fleet's own adapter makes of a page with this status, in answer to a submit. */
function answeredBy(status: number): SubmitAnswer {
  const reply = { kind: 'answered', status, retryAfter: undefined, body: '<h1>sorry</h1>', bodyError: null } as const
  const read = classifyReply(PROFILES.captchaai, reply, 0)
  return read.kind === 'text' ? parseSubmit(PROFILES.captchaai, read.body) : submitFailed(read)
}
/** Statuses of gateways that gave up waiting, and of those that failed in some other way. */
const TIMEOUTS = [408, 504, 524] as const
const ERRORS = [500, 502, 503] as const
const LOST: SubmitAnswer = { kind: 'lost', failure: failure('uncertain', 'TIMEOUT') }

/** Each fault that decides what becomes of a charge, in the order in which they are drawn. */
const FATES: readonly (readonly [Fault, Charge['fate']])[] = [
  ['unsolvable', 'unsolvable'],
  ['lostId', 'lostId'],
  ['neverSolved', 'never'],
  ['taskFault', 'taskFault'],
  ['unknownCode', 'unknownCode'],
]
const fateOf = (faults: Faults): Charge['fate'] => FATES.find(([fault]) => faults.strikes(fault))?.[1] ?? 'solved'

export function makeSimulatedProvider(parts: {
  scenario: SeedScenario
  timeline: Timeline
  faults: Faults
  oracle: Oracle
  random: Random
  trace: Trace | null
}): SimulatedProvider {
  const { scenario, timeline, faults, oracle, random, trace } = parts
  const ledger: Charge[] = []
  const byId = new Map<string, Charge>()
  const began = timeline.now()
  const second = () => (timeline.now() - began) / 1000
  const outageAt = timeline.now() + random.next() * scenario.span * 1000
  const outageEnds = outageAt + random.between(30, 240) * 1000
  const down = () =>
    scenario.faults.outage !== undefined &&
    !faults.stopped &&
    timeline.now() >= outageAt &&
    timeline.now() < outageEnds &&
    faults.strikes('outage')

  function charge(task: Task, pingbackUrl: string | undefined): Charge {
    const number = 7_000_000_000 + ledger.length
    const captchaId = random.chance(0.5) ? String(number) : `c${number}`
    const at = timeline.now()
    const fate = scenario.script?.stuck?.(second()) === true ? 'never' : fateOf(faults)
    const text = `solution of ${captchaId}`
    const solution = task.method === 'geetest' ? { challenge: text, validate: 'v', seccode: 's' } : text
    const seconds = scenario.script?.solveSeconds ?? Math.min(180, logNormal(random, 14, 0.7))
    const readyAt = at + seconds * 1000
    const entry: Charge = {
      captchaId,
      task,
      at,
      fate,
      solution,
      readyAt,
      pendingAt: at,
      pingbackUrl,
      calledLate: false,
    }
    ledger.push(entry)
    byId.set(captchaId, entry)
    trace?.('provider', `${task.taskId} charged as ${captchaId}, will be ${fate}`)
    if (pingbackUrl !== undefined) callBack(entry, pingbackUrl)
    return entry
  }

  /** On time, early, late, twice, never, or by somebody who guesses. */
  function callBack(charge: Charge, url: string): void {
    const { captchaId, fate, readyAt, at } = charge
    const { pathname } = new URL(url)
    const call = (when: number, path = pathname, id = captchaId) =>
      timeline.at(when, () => {
        trace?.('provider', `calls ${path} about ${id}`)
        solver.onCall(path, id)
      })
    if (faults.strikes('callbackForged')) {
      call(at + random.next() * 30_000, pathname.replace(/[^/]+$/, 'f'.repeat(32)))
      call(at + random.next() * 30_000, pathname.replace('/t', '/x'))
      call(at + random.next() * 30_000, pathname, '999')
    }
    if (faults.strikes('callbackEarly')) call(at + random.next() * (readyAt - at))
    if (fate === 'never' || faults.strikes('callbackMissing')) return
    const on = readyAt + 50 + random.next() * 300
    const late = faults.strikes('callbackLate')
    const twice = faults.strikes('callbackTwice')
    charge.calledLate = late || twice
    call(late ? on + random.next() * 600_000 : on)
    if (twice) call(on + random.next() ** 4 * 600_000)
  }

  /** An answer that hides whether the submit was charged; `masked`: it was. */
  function httpError(task: Task, masked?: Charge): SubmitAnswer {
    oracle.record({ kind: 'httpError', task, masked: masked ?? null })
    return answeredBy(random.pick(ERRORS))
  }

  /** What happens when the bytes of a submit arrive. */
  function arrive(task: Task, pingbackUrl: string | undefined, environment: Environment): SubmitAnswer {
    oracle.record({ kind: 'submitArrived', environment, task })
    const refusal = scenario.script?.submit?.(second(), task) ?? null
    if (refusal !== null) return { kind: 'refused', failure: refusal }
    if (down() || faults.strikes('transient')) return httpError(task)
    for (const [fault, refusal] of REFUSALS) if (faults.strikes(fault)) return { kind: 'refused', failure: refusal }
    if (faults.strikes('requestLost')) return LOST
    const entry = charge(task, pingbackUrl)
    oracle.record({ kind: 'charged', environment, charge: entry })
    if (faults.strikes('gatewayTimeout')) return answeredBy(random.pick(TIMEOUTS))
    if (faults.strikes('gatewayError')) return httpError(task, entry)
    if (faults.strikes('answerLost')) return LOST
    if (faults.strikes('wrongBody')) return { kind: 'lost', failure: failure('uncertain', 'UNREADABLE') }
    return { kind: 'accepted', captchaId: entry.captchaId }
  }

  function poll(captchaId: string, who: string): ResultAnswer {
    const entry = byId.get(captchaId)
    const scripted = scenario.script?.poll?.(second()) ?? null
    if (scripted?.class === 'unsolvable' && entry !== undefined)
      oracle.record({ kind: 'unsolved', charge: entry, why: 'unsolvable' })
    if (scripted !== null) return { kind: 'failed', failure: scripted }
    if (down() || faults.strikes('transient')) return { kind: 'failed', failure: failure('transient', 'HTTP_500') }
    if (faults.strikes('wrongBody')) return { kind: 'failed', failure: failure('transient', 'UNREADABLE') }
    if (faults.strikes('keyRefused')) return { kind: 'failed', failure: failure('auth', 'ERROR_KEY_DOES_NOT_EXIST') }
    if (faults.strikes('rate')) {
      return { kind: 'failed', failure: failure('rate', 'HTTP_429', { retryAfterSeconds: 20 }) }
    }
    if (entry === undefined || entry.fate === 'lostId') {
      if (entry !== undefined) oracle.record({ kind: 'unsolved', charge: entry, why: 'lostId' })
      return { kind: 'failed', failure: failure('unsolvable', 'ERROR_WRONG_CAPTCHA_ID', { lostId: true }) }
    }
    if (entry.fate === 'never' || timeline.now() < entry.readyAt) {
      // What pingback asks, no poll message knows of.
      if (who.startsWith('collect')) entry.pendingAt = timeline.now()
      return { kind: 'pending' }
    }
    switch (entry.fate) {
      case 'solved':
        return { kind: 'solved', solution: entry.solution }
      case 'unsolvable':
        oracle.record({ kind: 'unsolved', charge: entry, why: 'unsolvable' })
        return { kind: 'failed', failure: failure('unsolvable', 'ERROR_CAPTCHA_UNSOLVABLE') }
      case 'taskFault':
        return { kind: 'failed', failure: failure('task', 'ERROR_BAD_TOKEN_OR_PAGEURL') }
      case 'unknownCode':
        return { kind: 'failed', failure: failure('unknown', 'ERROR_NEVER_SEEN') }
    }
  }

  function answerPoll(captchaId: string, environment: Environment): ResultAnswer {
    const answer = poll(captchaId, environment.name)
    oracle.record({ kind: 'polled', environment, charge: byId.get(captchaId) ?? null, answer })
    return answer
  }

  /** A call that never throws and ends within the provider's time-out, unless its worker dies first. */
  function request<T>(
    environment: Environment,
    at: string,
    effect: () => T,
    takes: (answer: T) => number,
    about = '',
  ): Promise<T> {
    if (environment.dead) return new Promise(() => {})
    const crash = faults.crashes(at) ? random.pick(['before', 'after'] as const) : null
    const there = 20 + random.next() * 80
    return new Promise((resolve) => {
      timeline.after(
        there,
        () => {
          if (environment.dead && random.chance(0.5)) return
          if (crash === 'before') return environment.die(`crash before ${at}`)
          const answer = effect()
          trace?.(environment.name, `${at}${about}: ${JSON.stringify(answer)}`)
          if (crash === 'after') return environment.die(`crash after ${at}`)
          timeline.after(takes(answer), () => environment.dead || resolve(answer))
        },
        true,
      )
    })
  }

  /** One account call: its answer, or why it failed. */
  function accountNow<T, M>(answer: (account: { balance: number; threads: number }) => T, more: M) {
    const failed = (why: ProviderFailure) => ({ kind: 'failed' as const, failure: why, ...more })
    if (down() || faults.strikes('transient')) return failed(failure('transient', 'HTTP_502'))
    const scripted = scenario.script?.account?.(second()) ?? { balance: 25, threads: 100 }
    return 'class' in scripted ? failed(scripted) : answer(scripted)
  }

  const longest = PROVIDER_TIMEOUT_SECONDS * 1000 - 100
  const usual = () =>
    faults.strikes('slowAnswer') ? 3000 + random.next() * (longest - 3000) : 30 + random.next() * 200

  const solver: SimulatedProvider = {
    ledger,
    onCall: () => {},
    providerOf: (environment) => ({
      name: 'captchaai',
      billing: 'threads',
      submit: (task, pingbackUrl) => {
        oracle.record({ kind: 'submitLeft', environment, task })
        return request(
          environment,
          'provider.submit',
          () => arrive(task, pingbackUrl, environment),
          (answer) => (answer.kind === 'lost' && random.chance(0.7) ? longest : usual()),
        ).then((answer) => {
          oracle.record({ kind: 'submitAnswered', environment, task, answer })
          return answer
        })
      },
      result: (captchaId) =>
        request(environment, 'provider.result', () => answerPoll(captchaId, environment), usual, ` ${captchaId}`),
      balance: () =>
        request(
          environment,
          'provider.balance',
          () => accountNow((found) => ({ kind: 'balance' as const, value: found.balance, ms: 100 }), { ms: 100 }),
          usual,
        ),
      threads: () =>
        request(
          environment,
          'provider.threads',
          () =>
            accountNow(
              ({ threads }) => ({ kind: 'threads' as const, total: threads, free: Math.ceil(threads / 2) }),
              {},
            ),
          usual,
        ),
    }),
  }
  return solver
}
