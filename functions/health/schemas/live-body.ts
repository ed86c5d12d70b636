import * as z from 'zod/mini'
import { milliseconds } from './words.ts'

export const liveBody = z.strictObject({ status: z.literal('ok'), uptimeMs: milliseconds, version: z.string() })
export type LiveBody = z.infer<typeof liveBody>
