import { isRecord } from '../../contract/is-record.ts'

/** The content of an answer's body, whatever the request was. */
export type ParsedBody =
  /** `status` 1, or `OK|`: the value as it was sent. Numbers that JavaScript would change are kept as their digits. */
  | { kind: 'ok'; value: unknown; fields: Record<string, unknown> }
  /** `status` 0, or only a code. */
  | { kind: 'code'; code: string }
  /** Neither of the two, for example a bare decimal. */
  | { kind: 'text'; text: string }
  /** `why` is a clause for a person and contains nothing of the body. */
  | { kind: 'unreadable'; why: string }

/** A code without a status. HTML, sentences and garbage never look like this. */
const CODE = /^[A-Z][A-Z0-9]*_[A-Z0-9_]{1,60}$/
/** A code with `status` 0: it may lack the underscore. */
const TOLD_CODE = /^[A-Z][A-Z0-9_]{1,60}$/
const NUMBERED_CODE = /^ERROR: ?(\d{1,6})$/
const OK_PREFIX = 'OK|'

/** Reads JSON or the older text form. Never throws. */
export function parseBody(body: string): ParsedBody {
  const text = body.trim()
  if (text === '') return unreadable('the body is empty')
  if (text.startsWith('{')) return readObject(text)
  if (text.startsWith('<')) return unreadable('the body is a page of HTML')
  if (text.startsWith(OK_PREFIX)) return { kind: 'ok', value: readOkText(text.slice(OK_PREFIX.length)), fields: {} }
  const code = bodyCode(text, CODE)
  return code === null ? { kind: 'text', text } : { kind: 'code', code }
}

const unreadable = (why: string): ParsedBody => ({ kind: 'unreadable', why })

function readObject(text: string): ParsedBody {
  const parsed = parseJson(text)
  if (!isRecord(parsed)) return unreadable('the body is cut off or not JSON')
  const status = String(parsed.status)
  if (status === '1' || status === 'true') return { kind: 'ok', value: parsed.request, fields: parsed }
  if (status !== '0' && status !== 'false') return unreadable('the body has no status')
  const code = typeof parsed.request === 'string' ? bodyCode(parsed.request.trim(), TOLD_CODE) : null
  return code === null ? unreadable('the body has the status of a failure and no code') : { kind: 'code', code }
}

/** In the text form an object can only be written as JSON. */
function readOkText(text: string): unknown {
  const parsed = parseJson(text)
  return isRecord(parsed) ? parsed : text
}

function bodyCode(text: string, shape: RegExp): string | null {
  const numbered = NUMBERED_CODE.exec(text)?.[1]
  if (numbered !== undefined) return `ERROR: ${numbered}`
  return shape.test(text) ? text : null
}

/** `undefined` if the text is not JSON, or is nested so deeply that parsing exhausts the stack. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits)
  } catch {
    return undefined
  }
}

const SMALLEST = 1e-100

/**
 * Keeps numbers as they were written if JavaScript (an id of twenty digits, 1e999) or the table (1e-200) would change
 * them.
 */
function keepDigits(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value
  const size = Math.abs(value)
  const exact = size <= Number.MAX_SAFE_INTEGER && (value === 0 || size >= SMALLEST)
  return exact ? value : (context?.source ?? String(value))
}
