import * as z from 'zod/mini'
import { RESULT_ERROR } from '../../../functions/contract/messages.ts'
import { EXIT } from '../cli/exit.ts'

/** A result message (docs/contracts.md, "Result message"). Unknown keys are kept. */
const resultSchema = z.looseObject({
  taskId: z.string(),
  status: z.enum(['solved', 'failed', 'expired']),
  solution: z.optional(z.union([z.string(), z.record(z.string(), z.unknown())])),
  error: z.optional(
    z.looseObject({ code: z.string(), class: z.string(), message: z.string(), while: z.optional(z.string()) }),
  ),
  provider: z.optional(z.string()),
  enqueuedAt: z.optional(z.string()),
  submittedAt: z.optional(z.string()),
  settledAt: z.optional(z.string()),
  usableUntil: z.optional(z.string()),
})
export type ReceivedResult = z.infer<typeof resultSchema>

/** Undefined if the message is not a result. */
export function readResult(body: string): ReceivedResult | undefined {
  try {
    return asResult(JSON.parse(body))
  } catch {
    return undefined
  }
}

export const asResult = (value: unknown): ReceivedResult | undefined => resultSchema.safeParse(value).data

export const solutionText = ({ solution }: ReceivedResult): string =>
  typeof solution === 'string' ? solution : solution === undefined ? '' : JSON.stringify(solution)

/** The result of a settled task that was sent again and whose solution had gone to the queue and was not kept. */
export const isNotKept = ({ status, error }: ReceivedResult): boolean =>
  status === 'solved' && error?.code === RESULT_ERROR.solutionNotKept

export const exitCodeOf = (result: ReceivedResult): number =>
  isNotKept(result) ? EXIT.noResult : { solved: EXIT.ok, failed: EXIT.failed, expired: EXIT.expired }[result.status]

/** Seconds from the task's first arrival to its settlement, however long somebody waited for the result. */
export function secondsOf({ enqueuedAt = '', settledAt = '' }: ReceivedResult): number | undefined {
  const seconds = (Date.parse(settledAt) - Date.parse(enqueuedAt)) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined
}
