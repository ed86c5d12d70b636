import * as z from 'zod'
import { planFields } from './plan-fields.ts'

/**
 * When a fault strikes: with `rate` (probability), at most `count` times, not before `after` matching requests, and in
 * a window that opens `fromSeconds` after the fault was set, lasts `forSeconds` and repeats each `everySeconds`, but
 * not after `untilSeconds`.
 */
const times = {
  fromSeconds: z.number().min(0).optional(),
  forSeconds: z.number().min(0).optional(),
  everySeconds: z.number().positive().optional(),
  untilSeconds: z.number().min(0).optional(),
}
const share = {
  rate: z.number().min(0).max(1).optional(),
  count: z.int().min(0).optional(),
  after: z.int().min(0).optional(),
  ...times,
}
const strikes = { on: z.enum(['any', 'submit', 'result', 'account']).default('any'), ...share }

export const faultSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('http'),
      status: z.int().min(300).max(599),
      /** Seconds or a date. */
      retryAfter: z.string().optional(),
      ...strikes,
    })
    .describe('an HTML page with this HTTP status; nothing is charged'),
  z.strictObject({ kind: z.literal('html'), ...strikes }).describe('an HTML page with status 200; nothing is charged'),
  z.strictObject({ kind: z.literal('garbage'), ...strikes }).describe('300 random bytes; nothing is charged'),
  z.strictObject({ kind: z.literal('empty'), ...strikes }).describe('an empty body; nothing is charged'),
  z.strictObject({ kind: z.literal('huge'), ...strikes }).describe('a body of 10 MB; nothing is charged'),
  z
    .strictObject({ kind: z.literal('code'), code: z.string(), ...strikes })
    .describe('one of the provider’s codes, for example `ERROR: 1001`; nothing is charged'),
  z
    .strictObject({ kind: z.literal('hang'), ...strikes })
    .describe('the request is read and never answered; nothing is charged'),
  z.strictObject({ kind: z.literal('reset'), ...strikes }).describe('the connection is reset; nothing is charged'),
  z
    .strictObject({
      kind: z.literal('lose'),
      by: z.enum(['hang', 'reset', 'cut', 'garbage', 'html', 'empty', 'http']),
      /** By `http`: what a gateway in front of the provider answers in its place. */
      status: z.int().min(300).max(599).default(502),
      ...strikes,
    })
    .describe('done in full, a submit is charged, and then the answer is lost'),
  z
    .strictObject({ kind: z.literal('slow'), ms: z.number().min(0), ...strikes })
    .describe('done at once (a submit is charged) and answered late; adds to the other faults'),
  z
    .strictObject({ kind: z.literal('override'), plan: z.strictObject(planFields).partial(), ...strikes })
    .describe(
      'the provider treats the request as if these fields of its plan were different; adds to the other faults',
    ),
  z
    .strictObject({ kind: z.literal('drop'), ...share })
    .describe('the connection is accepted and reset before a byte is read, whatever it would ask'),
  z.strictObject({ kind: z.literal('refuse'), ...times }).describe('nobody listens: connections are refused'),
])
export type Fault = z.infer<typeof faultSchema>
export type FaultInput = z.input<typeof faultSchema>

/** Every kind of fault with what it does and the parameters of its own. */
export const FAULT_KINDS = faultSchema.options.map(({ shape, description = '' }) => ({
  kind: shape.kind.value,
  does: description,
  parameters: Object.keys(shape).filter((name) => name !== 'kind' && name !== 'on' && !(name in share)),
}))
