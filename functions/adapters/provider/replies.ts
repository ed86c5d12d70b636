import type { SubmitAnswer } from '../../core/provider/answers.ts'
import type { ProviderFailure } from '../../core/provider/error-class.ts'
import { holdsCode } from '../../core/provider/parse-answer.ts'
import type { Profile } from '../../core/provider/profiles.ts'
import { type TransportCode, unansweredBecause } from '../../core/provider/transport-codes.ts'
import type { HttpReply } from './transport.ts'

/** The outcome of one HTTP request. Either transport or status decide it, or the text of the body has to. */
export type HttpOutcome =
  | { kind: 'text'; body: string }
  | { kind: 'failed'; failure: ProviderFailure; charge: ChargeRisk }
/** What a failed submit may have cost: certainly nothing, probably nothing, or perhaps a charge. */
type ChargeRisk = 'none' | 'unlikely' | 'possible'

const TOO_MANY = 429
/** Seconds: the wait if the provider sends no Retry-After, and the longest Retry-After that we accept. */
const RATE_SECONDS = 5
const LONGEST_SECONDS = 300
/** A server between us and the provider stopped waiting. The provider may still have processed the request. */
const GAVE_UP_WAITING: readonly number[] = [408, 504, 524]

/** A reply with status 400 or above is classified by the provider's own error code if the body holds a known one. */
export function classifyReply(profile: Profile, reply: HttpReply, now: number): HttpOutcome {
  const provider = profile.name
  if (reply.kind !== 'answered')
    return brokenBy(provider, reply.code, reply.kind === 'noResponse' ? 'possible' : 'none')
  const { status, body } = reply
  if (status >= 400) {
    if (status !== TOO_MANY && body !== null && holdsCode(profile, body)) return { kind: 'text', body }
    return { kind: 'failed', failure: refusedBy(provider, status, reply.retryAfter, now), charge: chargeOf(status) }
  }
  if (status < 200 || status >= 300) {
    const message = `${provider} answered with HTTP ${status}, which is not an answer.`
    return { kind: 'failed', failure: { class: 'transient', code: `HTTP_${status}`, message }, charge: 'possible' }
  }
  return reply.body === null ? brokenBy(provider, reply.bodyError, 'possible') : { kind: 'text', body: reply.body }
}

const chargeOf = (status: number): ChargeRisk =>
  GAVE_UP_WAITING.includes(status) ? 'possible' : status === TOO_MANY ? 'none' : 'unlikely'

/** The answer for a failed submit, by what the submit may have cost. */
export function submitFailed({ failure, charge }: Extract<HttpOutcome, { kind: 'failed' }>): SubmitAnswer {
  switch (charge) {
    case 'none':
      return { kind: 'refused', failure }
    case 'unlikely':
      return { kind: 'httpError', failure }
    case 'possible':
      return { kind: 'lost', failure: { ...failure, class: 'uncertain' } }
  }
}

function brokenBy(provider: string, code: TransportCode, charge: ChargeRisk): HttpOutcome {
  const message = unansweredBecause(provider, code)
  return { kind: 'failed', failure: { class: 'transient', code, message }, charge }
}

function refusedBy(provider: string, status: number, header: string | undefined, now: number): ProviderFailure {
  const asked = retryAfterIn(header, now)
  const retryAfterSeconds = asked ?? (status === TOO_MANY ? RATE_SECONDS : null)
  return {
    class: status === TOO_MANY ? 'rate' : 'transient',
    code: `HTTP_${status}`,
    message: `${provider} answered with HTTP ${status}.`,
    ...(retryAfterSeconds !== null && { retryAfterSeconds }),
  }
}

/** Retry-After is whole seconds or a date. The result lies between 1 second and the longest wait that we accept. */
function retryAfterIn(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  const seconds = /^\d{1,9}$/.test(header.trim()) ? Number(header) : Math.ceil((Date.parse(header) - now) / 1000)
  return Number.isNaN(seconds) ? null : Math.min(LONGEST_SECONDS, Math.max(1, seconds))
}
