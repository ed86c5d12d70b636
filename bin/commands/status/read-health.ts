import * as z from 'zod/mini'
import type { Stated } from '../../../functions/core/record/headline.ts'

/** What a health URL says, or why it says nothing. */
export interface Health extends Stated {
  /** The health URL, without a trailing slash. It serves the runbook too. */
  url: string
  /** For callers with the token: each rule that fires. */
  trace: { rule: string; since?: string | null | undefined }[]
  ageSeconds: number | null
  /** What asking it ended with, where it was no health answer; null: it was one. */
  failure: string | null
}

/** Loose: a later version may say more, and callers without the token are told less. */
const answer = z.object({
  status: z.enum(['ready', 'degraded', 'not_ready', 'unknown']),
  mode: z.enum(['normal', 'degraded', 'emergency']),
  issues: z.array(z.string()),
  warnings: z.array(z.string()),
  trace: z._default(z.array(z.object({ rule: z.string(), since: z.optional(z.nullable(z.string())) })), []),
  evidence: z.object({ ageSeconds: z.nullable(z.number()) }),
})

const LONGEST_MS = 10_000

/**
 * Asks the readiness view. An address that does not answer as a health view does is an unknown state, never an error.
 */
export async function readHealth(url: string, token: string | undefined, stop: AbortSignal): Promise<Health> {
  try {
    const response = await fetch(`${url}/health/ready`, {
      headers: { Accept: 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      redirect: 'error',
      signal: AbortSignal.any([stop, AbortSignal.timeout(LONGEST_MS)]),
    })
    const parsed = answer.safeParse(await response.json().catch(() => null))
    if (!parsed.success) return nothingFrom(url, `it answers ${response.status} without a health report`)
    const { evidence, ...stated } = parsed.data
    return { ...stated, url, ageSeconds: evidence.ageSeconds, failure: null }
  } catch (error) {
    return nothingFrom(url, whyNot(error))
  }
}

const nothingFrom = (url: string, failure: string): Health => ({
  ...{ url, status: 'unknown', mode: 'normal', issues: [], warnings: [], trace: [], ageSeconds: null },
  failure,
})

function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  if (error.name === 'TimeoutError') return `no answer within ${LONGEST_MS / 1000} s`
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return 'code' in cause ? String(cause.code) : cause.message
}
