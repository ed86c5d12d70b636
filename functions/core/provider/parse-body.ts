/** What the body of an answer says, before anybody asked what it was the answer to. */
export type ParsedBody =
  /** `status` 1, or `OK|`: the value as sent; numbers that JavaScript would bend are their own digits. */
  | { kind: 'ok'; value: unknown; fields: Record<string, unknown> }
  /** `status` 0, or a code alone. */
  | { kind: 'code'; code: string }
  /** Neither: for example a bare decimal. */
  | { kind: 'text'; text: string }
  /** `why` is a clause for a person and holds nothing of the body. */
  | { kind: 'unreadable'; why: string }

/** Text after which a code may stand alone; HTML, sentences and garbage never look like this. */
const CODE = /^[A-Z][A-Z0-9]*_[A-Z0-9_]{1,60}$/
/** Where `status` 0 says that it is a code, one without an underscore will do. */
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
  if (!isRecord(parsed)) return unreadable('the body is cut or no JSON')
  const status = String(parsed.status)
  if (status === '1' || status === 'true') return { kind: 'ok', value: parsed.request, fields: parsed }
  if (status !== '0' && status !== 'false') return unreadable('the body has no status')
  const code = typeof parsed.request === 'string' ? bodyCode(parsed.request.trim(), TOLD_CODE) : null
  return code === null ? unreadable('the body says that it failed but not why') : { kind: 'code', code }
}

/** In the text form an object can only be spelled as JSON. */
function readOkText(text: string): unknown {
  const parsed = text.startsWith('{') ? parseJson(text) : undefined
  return isRecord(parsed) ? parsed : text
}

function bodyCode(text: string, shape: RegExp): string | null {
  const numbered = NUMBERED_CODE.exec(text)?.[1]
  if (numbered !== undefined) return `ERROR: ${numbered}`
  return shape.test(text) ? text : null
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `undefined` where the text is no JSON, or nested so deeply that reading it ends the stack. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits)
  } catch {
    return undefined
  }
}

const SMALLEST = 1e-100

/** An id of twenty digits is not a number to JavaScript (nor 1e999, nor 1e-200 to the table): kept as it was spelled. */
function keepDigits(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value
  const size = Math.abs(value)
  const exact = size <= Number.MAX_SAFE_INTEGER && (value === 0 || size >= SMALLEST)
  return exact ? value : (context?.source ?? String(value))
}
