import * as z from 'zod/mini'
import type { PollMessage } from '../core/message/poll-message.ts'

const text = z.string().check(z.minLength(1))
const count = z.number().check(z.minimum(0))
const PollMessageSchema = z.object({
  taskId: text,
  attempt: text,
  provider: text,
  captchaId: text,
  method: text,
  enqueuedAt: z.number(),
  submittedAt: z.number(),
  deadlineAt: z.number(),
  reply: z.enum(['queue', 'record', 'both']),
  charges: count,
  uncertainCharges: count,
  unsolvable: count,
  lostIdResubmits: count,
  recorded: z.boolean(),
  body: z.string(),
  origin: text,
  firstPollAt: z.optional(z.number()),
  intervalSeconds: z.optional(z.number().check(z.minimum(1))),
  lastPendingAt: z.optional(z.number()),
  while: z.optional(z.string()),
})

/** The poll message in a body, or the fields that are wrong. Never throws. */
export function parsePollMessage(body: string): { poll: PollMessage } | { problems: string[] } {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return { problems: ['the body is not JSON'] }
  }
  const parsed = PollMessageSchema.safeParse(value)
  if (parsed.success) return { poll: parsed.data }
  return {
    problems: [...new Set(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the body'} is wrong`))],
  }
}
