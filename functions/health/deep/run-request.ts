import * as z from 'zod/mini'

const RunRequest = z.strictObject({ paid: z.optional(z.boolean()) })

/**
 * Whether the body of a POST allows one paid task: only `{"paid": true}` does. Null: the body is neither empty nor such
 * an object, and nothing is run, because its sender may have meant something else.
 */
export function wantsPaidTask(body: string): boolean | null {
  if (body.trim() === '') return false
  try {
    const parsed = RunRequest.safeParse(JSON.parse(body))
    return parsed.success ? parsed.data.paid === true : null
  } catch {
    return null
  }
}
