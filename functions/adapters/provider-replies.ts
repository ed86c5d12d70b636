import type { ProviderFailure } from '../core/errors.ts'
import type { SubmitAnswer } from '../core/ports.ts'
import { type Reply, TRANSPORT_CODES, type TransportCode } from './provider-transport.ts'

/** What became of an exchange, as far as the transport and the status decide it; else the text of a 2xx body. */
export type Read =
  | { kind: 'text'; body: string }
  | { kind: 'failed'; failure: ProviderFailure; mayHaveArrived: boolean }

/** Seconds: without a Retry-After of its own, and the longest we believe one. */
const RATE_SECONDS = 5
const LONGEST_SECONDS = 300

export function readReply(provider: string, reply: Reply, now: number): Read {
  if (reply.kind !== 'answered') return brokenBy(provider, reply.code, reply.kind === 'silent')
  const { status } = reply
  if (status >= 400)
    return { kind: 'failed', failure: refusedBy(provider, status, reply.retryAfter, now), mayHaveArrived: false }
  if (status < 200 || status >= 300) {
    const message = `${provider} answered with HTTP ${status}, which is no answer.`
    return { kind: 'failed', failure: { class: 'transient', code: `HTTP_${status}`, message }, mayHaveArrived: true }
  }
  return reply.body === null ? brokenBy(provider, reply.flaw, true) : { kind: 'text', body: reply.body }
}

/** A submit that failed so that it may have been charged is lost; otherwise it is refused. */
export function submitFailed({ failure, mayHaveArrived }: Extract<Read, { kind: 'failed' }>): SubmitAnswer {
  return mayHaveArrived ? { kind: 'lost', failure: { ...failure, class: 'uncertain' } } : { kind: 'refused', failure }
}

function brokenBy(provider: string, code: TransportCode, mayHaveArrived: boolean): Read {
  const message = `${provider} did not answer: ${TRANSPORT_CODES[code]}.`
  return { kind: 'failed', failure: { class: 'transient', code, message }, mayHaveArrived }
}

function refusedBy(provider: string, status: number, header: string | undefined, now: number): ProviderFailure {
  const asked = secondsOf(header, now)
  const retryAfterSeconds = asked ?? (status === 429 ? RATE_SECONDS : null)
  return {
    class: status === 429 ? 'rate' : 'transient',
    code: `HTTP_${status}`,
    message: `${provider} answered with HTTP ${status}.`,
    ...(retryAfterSeconds !== null && { retryAfterSeconds }),
  }
}

/** Retry-After is whole seconds or a date; from 1 second to the longest we believe. */
function secondsOf(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  const seconds = /^\d{1,9}$/.test(header.trim()) ? Number(header) : Math.ceil((Date.parse(header) - now) / 1000)
  return Number.isNaN(seconds) ? null : Math.min(LONGEST_SECONDS, Math.max(1, seconds))
}
