import * as z from 'zod/mini'

export const errorBody = z.strictObject({
  error: z.enum(['not_found', 'method_not_allowed', 'unauthorized', 'forbidden', 'bad_request', 'already_running']),
})
export type ErrorBody = z.infer<typeof errorBody>
