import { classifyReply, type HttpOutcome, submitFailed } from '../../../functions/adapters/provider/replies.ts'
import { submitForm } from '../../../functions/adapters/provider/submit-form.ts'
import type { HttpReply } from '../../../functions/adapters/provider/transport.ts'
import type { ResultAnswer } from '../../../functions/core/provider/answers.ts'
import { parseBalance, parseResult, parseSubmit, parseThreads } from '../../../functions/core/provider/parse-answer.ts'
import { PROFILES } from '../../../functions/core/provider/profiles.ts'
import type { Task } from '../../../functions/core/task/task.ts'
import { type LedgerEntry, makeAccount } from '../../provider/account.ts'
import { afterSpending, changePlan, defaultPlan, type ProviderBehaviour } from '../../provider/behaviour.ts'
import { encodeAnswer, HTML_PAGE } from '../../provider/encode-answer.ts'
import { preventsProcessing } from '../../provider/fault-response.ts'
import { type AnswerFault, aimOf, makeFaults } from '../../provider/faults.ts'
import { callbacksOf } from '../../provider/pingbacks.ts'
import { labelledRandom } from '../../support/random.ts'
import type { Environment } from '../fleet/environment.ts'
import type { Charge } from '../model/charge.ts'
import type { ProviderScript } from '../model/seed-scenario.ts'
import type { Oracle } from '../oracle/oracle.ts'
import type { Answers } from './answers.ts'

interface ScriptedParts {
  record: Oracle['record']
  now: () => number
  /** Enters an accepted submit into the ledger. */
  keep: (charge: Charge, environment: Environment) => void
  /** Calls this path back about a captcha, at this time. */
  call: (at: number, path: string, captchaId: string) => void
  timeoutMs: number
}

const PROFILE = PROFILES.captchaai
const KEY = 'k'.repeat(32)
const USUAL_MS = 150
const JSON_WANTED = true
/** Longer than any task may wait. */
const NEVER_MS = 3_600_000

/** What one exchange comes to, and what it left in the ledger. */
interface Exchanged {
  read: HttpOutcome
  ms: number
  bought: { entry: LedgerEntry; plan: ProviderBehaviour } | null
}

/**
 * The answers of the simulated provider, with its account, its ledger and its faults, in virtual time: the bytes that
 * it would send are read by the fleet's own adapter.
 */
export function makeScriptedAnswers(
  script: ProviderScript,
  { record, now, keep, call, timeoutMs }: ScriptedParts,
): Answers {
  const first = changePlan({ ...defaultPlan(PROFILE.name), solveRate: 1 }, script.plan)
  if ('problem' in first) throw new Error(first.problem)
  let { plan } = first
  const faults = makeFaults(labelledRandom(1, 'scripted faults'))
  faults.replace(plan.faults, now())
  const spend = (price: number) => {
    plan = { ...plan, balance: afterSpending(plan.balance, price) }
  }
  const account = makeAccount({ profile: PROFILE.name, key: KEY, seed: 1, spend })
  const charges = new Map<string, Charge>()
  /** How long the last exchange takes; asked for before the next one begins. */
  let ms = 0

  function exchange(action: string, params: Record<string, string>, ownCode: string | null = null): Exchanged {
    if (faults.refuses(now())) return arrived({ kind: 'notSent', code: 'REFUSED' }, USUAL_MS)
    if (faults.drops(now())) return arrived({ kind: 'notSent', code: 'RESET' }, USUAL_MS)
    const struck = faults.strike(aimOf(action), now(), plan)
    const { answer: fault } = struck
    const took = isHanging(fault) ? timeoutMs : USUAL_MS + struck.delayMs
    if (fault !== null && preventsProcessing(fault)) return arrived(replyOf(fault, ''), took)
    const code = fault?.kind === 'code' ? fault.code : ownCode
    const request = { action, key: KEY, params }
    const said = code === null ? account.answer(request, now(), struck.plan) : { kind: 'code' as const, code }
    const entry = said.kind === 'id' ? account.byId.get(said.id) : undefined
    const bought = entry === undefined ? null : { entry, plan: struck.plan }
    return arrived(replyOf(fault, encodeAnswer(said, JSON_WANTED, struck.plan)), took, bought)
  }

  /** What the fleet's adapter makes of a reply that takes so long. */
  function arrived(reply: HttpReply, took: number, bought: Exchanged['bought'] = null): Exchanged {
    ms = Math.min(took, timeoutMs)
    const inTime: HttpReply = took < timeoutMs ? reply : { kind: 'noResponse', code: 'TIMEOUT' }
    return { read: classifyReply(PROFILE, inTime, now()), ms, bought }
  }

  function buy(task: Task, pingbackUrl: string | undefined, bought: Exchanged['bought']): Charge | null {
    if (bought === null) return null
    const { entry, plan: then } = bought
    const charge: Charge = {
      ...{
        captchaId: entry.id,
        provider: PROFILE.name,
        task,
        at: entry.at,
        solution: entry.answer,
        readyAt: entry.dueAt,
        pendingAt: entry.at,
      },
      fate: entry.dueAt - entry.at > NEVER_MS ? 'never' : entry.solvable ? 'solved' : 'unsolvable',
      pingbackUrl,
      calledLate: then.pingback === 'late' || then.pingback === 'twice',
    }
    charges.set(entry.id, charge)
    for (const { afterMs, url } of callbacksOf(entry, then)) call(entry.at + afterMs, new URL(url).pathname, entry.id)
    return charge
  }

  function note(charge: Charge, answer: ResultAnswer, who: string): void {
    // A poll by pingback is not recorded in any poll message.
    if (answer.kind === 'pending' && who.startsWith('collect')) charge.pendingAt = now()
    if (answer.kind !== 'failed' || answer.failure.class !== 'unsolvable') return
    record({ kind: 'unsolved', charge, why: answer.failure.lostId === true ? 'lostId' : 'unsolvable' })
  }

  return {
    submit({ task, pingbackUrl, environment }) {
      const { key: _, json: __, ...params } = Object.fromEntries(submitForm(task, KEY, pingbackUrl))
      const { read, bought } = exchange('submit', params, script.refuses?.(task) ?? null)
      const charge = buy(task, pingbackUrl, bought)
      if (charge !== null) keep(charge, environment)
      const answer = read.kind === 'text' ? parseSubmit(PROFILE, read.body) : submitFailed(read)
      if (answer.kind === 'httpError') record({ kind: 'httpError', task, masked: charge })
      return answer
    },
    result(captchaId, who) {
      const { read } = exchange('get', { id: captchaId })
      const answer = read.kind === 'text' ? parseResult(PROFILE, read.body) : failed(read)
      const charge = charges.get(captchaId)
      if (charge !== undefined) note(charge, answer, who)
      return answer
    },
    balance() {
      const { read, ms: took } = exchange('getbalance', {})
      return read.kind === 'text' ? parseBalance(PROFILE, read.body, took) : { ...failed(read), ms: took }
    },
    threads() {
      const { read } = exchange('threadsinfo', {})
      return read.kind === 'text' ? parseThreads(PROFILE, read.body) : failed(read)
    },
    takes: () => ms,
  }
}

const isHanging = (fault: AnswerFault | null): boolean =>
  fault?.kind === 'hang' || (fault?.kind === 'lose' && fault.by === 'hang')
const failed = ({ failure }: Extract<HttpOutcome, { kind: 'failed' }>) => ({ kind: 'failed' as const, failure })

/** What arrives in place of this body. */
function replyOf(fault: AnswerFault | null, body: string): HttpReply {
  const page = (status: number, text: string, retryAfter?: string): HttpReply => ({
    ...{ kind: 'answered', status, retryAfter, body: text, bodyError: null },
  })
  const bodiless = (bodyError: 'CUT' | 'BODY_TOO_LARGE'): HttpReply => ({
    ...{ kind: 'answered', status: 200, retryAfter: undefined, body: null, bodyError },
  })
  const how = fault?.kind === 'lose' ? fault.by : (fault?.kind ?? 'code')
  switch (how) {
    case 'code':
      return page(200, body)
    case 'http':
      return fault !== null && 'status' in fault
        ? page(fault.status, HTML_PAGE, 'retryAfter' in fault ? fault.retryAfter : undefined)
        : page(502, HTML_PAGE)
    case 'html':
      return page(200, HTML_PAGE)
    case 'garbage':
      return page(200, '\u0007\u0000\u001f')
    case 'empty':
      return page(200, '')
    case 'huge':
      return bodiless('BODY_TOO_LARGE')
    case 'cut':
      return bodiless('CUT')
    case 'hang':
      return { kind: 'noResponse', code: 'TIMEOUT' }
    case 'reset':
      return { kind: 'noResponse', code: 'RESET' }
  }
}
