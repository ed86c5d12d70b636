import { array, looseObject, minLength, nullable, optional, safeParse, string } from 'zod/mini'

const BatchResponse = nullable(
  looseObject({
    batchItemFailures: optional(nullable(array(looseObject({ itemIdentifier: string().check(minLength(1)) })))),
  }),
)

/** Which messages of a batch failed; `malformed`: the answer is no partial batch response, so all of them did. */
type BatchOutcome = { kind: 'understood'; failed: ReadonlySet<string> } | { kind: 'malformed'; why: string }

/**
 * Reads a function's answer as Lambda does: nothing, null and an empty or missing list are full success; an answer that
 * is no such object, an identifier that is missing, empty or of no message of the batch makes the whole batch fail.
 */
export function readBatchResponse(payload: string, messageIds: readonly string[]): BatchOutcome {
  const parsed = safeParse(BatchResponse, JSON.parse(payload))
  if (!parsed.success) return { kind: 'malformed', why: 'it is no partial batch response' }
  const failed = new Set(parsed.data?.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier) ?? [])
  const known = new Set(messageIds)
  for (const id of failed) if (!known.has(id)) return { kind: 'malformed', why: `no message of the batch is ${id}` }
  return { kind: 'understood', failed }
}
