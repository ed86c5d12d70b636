import * as z from 'zod/mini'

const text = z.string().check(z.minLength(1))
const count = z.number().check(z.minimum(0))

/** An item of an earlier version has the attempt only. */
const lostAttempt = z.union([
  z.object({ attempt: z.string(), provider: z.exactOptional(z.string()) }),
  z.pipe(
    z.string(),
    z.transform((attempt) => ({ attempt })),
  ),
])

/** The fields that a task item has in every state; a poll message carries them too, but for the secret. */
export const taskFacts = {
  taskId: text,
  method: text,
  hash: text,
  attempt: text,
  origin: text,
  enqueuedAt: z.number(),
  deadlineAt: z.number(),
  reply: z.enum(['queue', 'record', 'both']),
  charges: count,
  uncertainCharges: count,
  unsolvable: count,
  lostIdResubmits: count,
  /** An item of an earlier version does not have this field. */
  httpErrors: z._default(count, 0),
  lost: z.array(lostAttempt),
  ttl: z.number(),
}

/** The fields of the item of a submitted task, without its secret. */
export const submittedFields = {
  ...taskFacts,
  state: z.literal('submitted'),
  provider: z.string(),
  captchaId: z.string(),
  submittedAt: z.number(),
}
