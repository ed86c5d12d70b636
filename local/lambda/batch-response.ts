import { array, looseObject, minLength, nullable, optional, safeParse, string } from 'zod/mini'

const BatchResponse = nullable(
  looseObject({
    batchItemFailures: optional(nullable(array(looseObject({ itemIdentifier: string().check(minLength(1)) })))),
  }),
)

/**
 * The messages of a batch that failed. `malformed`: the answer is not a partial batch response, so all messages failed.
 */
type BatchOutcome = { kind: 'understood'; failed: ReadonlySet<string> } | { kind: 'malformed'; why: string }

/**
 * Reads a function's answer as Lambda does. Nothing, null and an empty or missing list mean full success. The whole
 * batch fails if the answer is not such an object, or if an identifier is missing, empty or of no message of the batch.
 */
export function readBatchResponse(payload: string, messageIds: readonly string[]): BatchOutcome {
  const parsed = safeParse(BatchResponse, JSON.parse(payload))
  if (!parsed.success) return { kind: 'malformed', why: 'it is not a partial batch response' }
  const failed = new Set(parsed.data?.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier) ?? [])
  const known = new Set(messageIds)
  for (const id of failed) if (!known.has(id)) return { kind: 'malformed', why: `no message of the batch is ${id}` }
  return { kind: 'understood', failed }
}
