import { isRecord } from '../../contract/is-record.ts'
import type { BalanceAnswer, ResultAnswer, Solution, SubmitAnswer, ThreadsAnswer } from './answers.ts'
import type { ProviderFailure } from './error-class.ts'
import { type ParsedBody, parseBody } from './parse-body.ts'
import { classify, failureOf, isKnown, type Profile } from './profiles.ts'

/**
 * Parses the body of an answer with status 2xx (or another status if `holdsCode`). Nothing here throws, and no message
 * contains anything of the body except a known code.
 */

const unreadable = (profile: Profile, why: string): ProviderFailure => ({
  class: 'transient',
  code: 'UNREADABLE',
  message: `${profile.name} gave an answer that cannot be read: ${why}.`,
})

/**
 * Whether a body is one of the provider's own codes that we know. Text that a gateway writes must not be taken for a
 * code.
 */
export function holdsCode(profile: Profile, body: string): boolean {
  const parsed = parseBody(body)
  return parsed.kind === 'code' && isKnown(profile, parsed.code)
}

/** A submit without a readable answer may have been charged. */
const lost = (profile: Profile, why: string): SubmitAnswer => ({
  kind: 'lost',
  failure: { ...unreadable(profile, why), class: 'uncertain' },
})

export function parseSubmit(profile: Profile, body: string): SubmitAnswer {
  const parsed = parseBody(body)
  switch (parsed.kind) {
    case 'ok': {
      const captchaId = idOf(profile, parsed.value)
      return captchaId === null ? lost(profile, 'it accepted without a usable id') : { kind: 'accepted', captchaId }
    }
    case 'code': {
      const { class: kind } = classify(profile, parsed.code)
      if (kind === 'pending' || kind === 'ignore') return lost(profile, 'its code does not answer a submit')
      return { kind: 'refused', failure: failureOf(profile, parsed.code) }
    }
    case 'text':
    case 'unreadable':
      return lost(profile, whyOf(parsed))
  }
}

export function parseResult(profile: Profile, body: string): ResultAnswer {
  const parsed = parseBody(body)
  switch (parsed.kind) {
    case 'ok': {
      const solution = solutionOf(profile, parsed.value)
      if (solution !== null) return { kind: 'solved', solution }
      return { kind: 'failed', failure: unreadable(profile, 'it is solved without a usable answer') }
    }
    case 'code':
      if (classify(profile, parsed.code).class === 'pending') return { kind: 'pending' }
      return { kind: 'failed', failure: failureOf(profile, parsed.code) }
    case 'text':
    case 'unreadable':
      return { kind: 'failed', failure: unreadable(profile, whyOf(parsed)) }
  }
}

export function parseBalance(profile: Profile, body: string, ms: number): BalanceAnswer {
  const parsed = parseBody(body)
  switch (parsed.kind) {
    case 'ok':
    case 'text': {
      const value = decimalOf(parsed.kind === 'ok' ? parsed.value : parsed.text)
      if (value !== null) return { kind: 'balance', value, ms }
      return { kind: 'failed', failure: unreadable(profile, 'the balance is not a decimal number'), ms }
    }
    case 'code':
      return { kind: 'failed', failure: failureOf(profile, parsed.code), ms }
    case 'unreadable':
      return { kind: 'failed', failure: unreadable(profile, parsed.why), ms }
  }
}

/** Reads the counts at the top or inside `request`, as numbers or as text, because no documentation says which. */
export function parseThreads(profile: Profile, body: string): ThreadsAnswer {
  const parsed = parseBody(body)
  switch (parsed.kind) {
    case 'ok':
      return (
        threadsOf(isRecord(parsed.value) ? parsed.value : parsed.fields) ?? {
          kind: 'failed',
          failure: unreadable(profile, 'it has no thread counts'),
        }
      )
    case 'code':
      return { kind: 'failed', failure: failureOf(profile, parsed.code) }
    case 'text':
    case 'unreadable':
      return { kind: 'failed', failure: unreadable(profile, whyOf(parsed)) }
  }
}

const whyOf = (parsed: Extract<ParsedBody, { kind: 'text' | 'unreadable' }>): string =>
  parsed.kind === 'unreadable' ? parsed.why : 'it is neither JSON nor a code'

/** Visible ASCII without the characters that would make it markup, a bar or a quotation. */
const ID = /^(?=.*[1-9A-Za-z])[\w.:+/=~@$%,;*()[\]!?&#'-]{1,128}$/

/** The id exactly as it was sent. A code, an object, a fraction or nothing is not an id. */
function idOf(profile: Profile, value: unknown): string | null {
  if (typeof value === 'number' && (!Number.isInteger(value) || value < 1)) return null
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
  return ID.test(text) && !isKnown(profile, text) && !text.startsWith('ERROR') ? text : null
}

const DEEPEST = 16

/** A string or the provider's object is kept unchanged; lists and numbers become text. */
function solutionOf(profile: Profile, value: unknown): Solution | null {
  if (typeof value === 'string') return value.trim() === '' || isKnown(profile, value.trim()) ? null : value
  if (typeof value === 'number') return String(value)
  if (!isShallow(value, DEEPEST)) return null
  if (Array.isArray(value)) return value.length === 0 ? null : JSON.stringify(value)
  return isRecord(value) && Object.keys(value).length > 0 ? value : null
}

/** Whether the value is nested so little that every later step can store and send it. */
function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1))
}

const DECIMAL = /^-?\d{1,12}(\.\d{1,12})?$/

function decimalOf(value: unknown): number | null {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
  return DECIMAL.test(text) ? Number(text) : null
}

function threadsOf(fields: Record<string, unknown>): ThreadsAnswer | null {
  const total = countOf(fields.threads)
  if (total === null) return null
  const working = countOf(fields.working_threads)
  const free = countOf(fields.free_threads) ?? (working === null ? null : Math.max(0, total - working))
  return free === null ? null : { kind: 'threads', total, free }
}

function countOf(value: unknown): number | null {
  const count = decimalOf(value)
  return count !== null && Number.isInteger(count) && count >= 0 ? count : null
}
