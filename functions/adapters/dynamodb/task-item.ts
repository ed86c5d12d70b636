import * as z from 'zod/mini'
import { taskKey } from '../../contract/table.ts'
import type { Result, TaskItem } from '../../core/task/task.ts'
import { submittedFields, taskFacts } from '../../messages/task-item-fields.ts'
import { isStorable, storable } from './storable.ts'

/** `solutionIsJson`: the solution is stored as JSON text, because the table cannot hold the object unchanged. */
interface StoredResult {
  result: Result
  solutionIsJson?: true
}

export function storableResult(result: Result): StoredResult {
  const { solution } = result
  if (solution === undefined || isStorable(solution)) return { result: storable(result) }
  return { result: storable({ ...result, solution: JSON.stringify(solution) }), solutionIsJson: true }
}

export function storedTask(item: TaskItem): Record<string, unknown> {
  const stored = 'result' in item ? { ...item, ...storableResult(item.result) } : item
  return { ...taskKey(item.taskId), ...storable(stored) }
}

/** Accepts the object without parsing its fields: parsing would only lose names such as `__proto__`. */
const object = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)
const error = z.object({
  code: z.string(),
  class: z.string(),
  message: z.string(),
  while: z.exactOptional(z.string()),
})
export const resultSchema = z.object({
  taskId: z.string(),
  status: z.enum(['solved', 'failed', 'expired']),
  solution: z.exactOptional(z.union([z.string(), object])),
  error: z.exactOptional(error),
  provider: z.exactOptional(z.string()),
  captchaId: z.exactOptional(z.string()),
  attempts: z.number(),
  enqueuedAt: z.string(),
  submittedAt: z.exactOptional(z.string()),
  settledAt: z.string(),
  usableUntil: z.exactOptional(z.string()),
})
const facts = { ...taskFacts, token: z.exactOptional(z.string()) }
const settled = {
  ...facts,
  result: resultSchema,
  settledAt: z.number(),
  settledBy: z.nullable(z.string()),
  accounting: z.object({
    invocation: z.nullable(z.string()),
    via: z.enum(['message', 'callback']),
    since: z.number(),
    resultMayBeUnsent: z.boolean(),
  }),
}
const taskItem = z.discriminatedUnion('state', [
  z.object({ ...facts, state: z.literal('claimed'), leaseUntil: z.number(), provider: z.exactOptional(z.string()) }),
  z.object({ ...facts, state: z.literal('unknown') }),
  z.object({ ...facts, ...submittedFields }),
  z.object({ ...settled, state: z.enum(['solved', 'failed', 'expired']) }),
])
const solutionIsJson = z.object({ solutionIsJson: z.literal(true) })

/** Reads a stored task item. Throws an error that names the wrong attributes if the item is not a task item. */
export function parseTaskItem(stored: unknown): TaskItem {
  const parsed = taskItem.safeParse(stored)
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path }) => path.join('.') || 'the item')
    throw new Error(`corrupt task item: ${[...new Set(wrong)].join(', ')}`)
  }
  const item = parsed.data
  if (!('result' in item) || !solutionIsJson.safeParse(stored).success) return item
  return { ...item, result: resultSchema.parse({ ...item.result, solution: JSON.parse(String(item.result.solution)) }) }
}
