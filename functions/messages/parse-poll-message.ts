import * as z from 'zod/mini'
import type { PollMessage } from '../core/message/poll-message.ts'
import { submittedFields } from './task-item-fields.ts'

const text = z.string().check(z.minLength(1))
const PollMessageSchema = z.object({
  item: z.object({ ...submittedFields, provider: text, captchaId: text }),
  recorded: z.boolean(),
  body: z.string(),
  callback: z.optional(z.boolean()),
  firstPollAt: z.optional(z.number()),
  intervalSeconds: z.optional(z.number().check(z.minimum(1))),
  lastPendingAt: z.optional(z.number()),
  regularFrom: z.optional(z.number()),
  while: z.optional(z.string()),
})

/** A message of the version before has the fields of its item beside its own, but for some that no poll reads. */
function withItem(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'item' in value) return value
  return { ...value, item: { state: 'submitted', hash: 'unknown', lost: [], ttl: 0, ...value } }
}

/** The poll message in a body, or the fields that are wrong. Never throws. */
export function parsePollMessage(body: string): { poll: PollMessage } | { problems: string[] } {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return { problems: ['the body is not JSON'] }
  }
  const parsed = PollMessageSchema.safeParse(withItem(value))
  if (parsed.success) return { poll: parsed.data }
  return {
    problems: [...new Set(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the body'} is wrong`))],
  }
}
