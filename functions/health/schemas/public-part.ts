import * as z from 'zod/mini'
import { mode } from './words.ts'

/** The code of an issue or warning, without its value. */
const code = z.string().check(z.regex(/^[a-z_]+$/))

/** What everybody may see of the verdict. */
export const publicFields = {
  mode,
  issues: z.array(code),
  warnings: z.array(code),
  evidence: z.strictObject({ ageSeconds: z.nullable(z.number().check(z.minimum(0))) }),
}
