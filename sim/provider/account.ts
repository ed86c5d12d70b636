import { hexDigits, labelledRandom, type Random } from '../support/random.ts'
import { makeGate } from './access-rules.ts'
import type { ProviderBehaviour, SimulatedProfile } from './behaviour.ts'
import { whatIsMissing } from './requirements.ts'
import { type Answer, decideFate } from './solver.ts'

/** One accepted submit: the provider takes money for it, whatever becomes of the answer. Times: ms since 1970. */
export interface LedgerEntry {
  at: number
  id: string
  method: string
  /** As sent, without key and json. */
  params: Record<string, string>
  /** When the solver is (or will be) done. */
  dueAt: number
  solvable: boolean
  answer: Answer
  /** Polls of the result. */
  polls: number
  /** When the final answer or error first left. */
  answeredAt: number | null
  /** How the answer to the submit was lost, where a fault lost it. */
  lost: string | null
}

/** The provider's answer, before it is encoded as JSON or text. */
export type AccountReply =
  | { kind: 'id'; id: string; asNumber: boolean }
  | { kind: 'answer'; answer: Answer }
  | { kind: 'code'; code: string }
  | { kind: 'balance'; balance: string }
  | { kind: 'threads'; total: number; working: number }
  | { kind: 'reported' }

const code = (said: string): AccountReply => ({ kind: 'code', code: said })

/** No solver works longer on one captcha, so a captcha that is never solved does not hold its thread for ever. */
const LONGEST_WORK_MS = 300_000

interface Request {
  action: string
  key: string | undefined
  params: Record<string, string>
}

interface AccountOptions {
  profile: SimulatedProfile
  key: string
  seed: number
  /** The provider's own bookkeeping of what was spent. */
  spend: (price: number) => void
}

/**
 * The provider's rules and its ledger, as functions of the request and the time; no I/O. The ledger is the truth that
 * tests compare with.
 */
export function makeAccount({ profile, key, seed, spend }: AccountOptions) {
  const charges: LedgerEntry[] = []
  const byId = new Map<string, LedgerEntry>()
  const gate = makeGate(key)
  let saturated = 0

  const working = (now: number) => charges.filter(({ at, dueAt }) => now < Math.min(dueAt, at + LONGEST_WORK_MS)).length

  function submit(params: Record<string, string>, now: number, plan: ProviderBehaviour): AccountReply {
    const { strict, threads, saturationCode, balance, price, ids } = plan
    const wrong = strict ? whatIsMissing(params) : null
    if (wrong !== null) return code(wrong)
    if (threads !== null && working(now) >= threads) {
      const codes = [saturationCode].flat()
      return code(codes[saturated++ % codes.length] ?? 'ERROR_NO_SLOT_AVAILABLE')
    }
    if (typeof balance === 'number' && price > 0 && balance < price) return code('ERROR_ZERO_BALANCE')
    const charge = accept(params, now, plan)
    return { kind: 'id', id: charge.id, asNumber: ids === 'number' || ids === 'bigNumber' }
  }

  function accept(params: Record<string, string>, now: number, plan: ProviderBehaviour): LedgerEntry {
    const random = labelledRandom(seed, `${profile} charge ${charges.length}`)
    const { seconds, ...fate } = decideFate(params, plan, random)
    const id = newId(random, charges.length, plan.ids)
    const dueAt = now + seconds * 1000
    const method = params.method ?? ''
    const charge = { at: now, id, method, params, dueAt, ...fate, polls: 0, answeredAt: null, lost: null }
    charges.push(charge)
    byId.set(id, charge)
    spend(plan.price)
    gate.accepted()
    return charge
  }

  function newId(random: Random, nth: number, ids: ProviderBehaviour['ids']): string {
    const serial = String(nth).padStart(7, '0')
    const digits = (length: number) => Array.from({ length }, () => Math.floor(random.next() * 10)).join('')
    switch (ids) {
      case 'string':
        return `${hexDigits(random, 4)}-${hexDigits(random, 4)}_${serial}`
      case 'number':
        return `2${digits(2)}${serial}`
      case 'digits':
      case 'bigNumber':
        return `9${digits(12)}${serial}`
    }
  }

  function result(id: string | undefined, now: number, plan: ProviderBehaviour): AccountReply {
    const charge = byId.get(id ?? '')
    if (id === undefined || charge === undefined) return code('ERROR_WRONG_CAPTCHA_ID')
    charge.polls += 1
    if (charge.dueAt > now) return code(plan.notReadyCode)
    const life = plan.resultLifeSeconds
    if (life !== null && now > charge.dueAt + life * 1000) return code('ERROR_NO_SUCH_CAPCHA_ID')
    charge.answeredAt ??= now
    return charge.solvable ? { kind: 'answer', answer: charge.answer } : code('ERROR_CAPTCHA_UNSOLVABLE')
  }

  function askAccount(
    action: string,
    params: Record<string, string>,
    now: number,
    plan: ProviderBehaviour,
  ): AccountReply {
    const { balance, threads } = plan
    switch (action) {
      case 'get':
        return result(params.id, now, plan)
      case 'getbalance':
        return { kind: 'balance', balance: typeof balance === 'number' ? balance.toFixed(5) : balance }
      case 'threadsinfo':
        if (profile !== 'captchaai') return code('ERROR_EMPTY_ACTION')
        return { kind: 'threads', total: threads ?? 500, working: working(now) }
      case 'reportbad':
      case 'reportgood':
        return byId.has(params.id ?? '') ? { kind: 'reported' } : code('ERROR_WRONG_CAPTCHA_ID')
      default:
        return code('ERROR_EMPTY_ACTION')
    }
  }

  return {
    charges,
    byId,
    isKey: (given: string | undefined) => given === key,
    /**
     * Answers one request under the plan that holds for it; a submit that is accepted stands in the ledger from here
     * on.
     */
    answer({ action, key: given, params }: Request, now: number, plan: ProviderBehaviour): AccountReply {
      const isSubmit = action === 'submit'
      const { limits, keyCode } = plan
      const refused = gate.refusal({ key: given, isSubmit, now, limits, keyCode })
      if (refused !== null) return code(refused)
      return isSubmit ? submit(params, now, plan) : askAccount(action, params, now, plan)
    },
  }
}
export type Account = ReturnType<typeof makeAccount>
