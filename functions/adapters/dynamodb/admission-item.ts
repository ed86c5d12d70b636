import { deflateSync, inflateSync } from 'node:zlib'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import * as z from 'zod/mini'
import type { AdmissionReading, Control } from '../../core/admission/item/admission.ts'
import { failureClass } from './summary-schema.ts'

const SCHEMA: Control['schema'] = 1
/** The last write's own mark, by which a writer knows it again. The name is short: the item stays below 1 KB. */
export const MARK = 'by'

const time = z.number()
const count = z.number()
const lease = z.nullable(z.looseObject({ id: z.string(), until: time }))
const failures = z.nullable(z.looseObject({ count, since: time }))
const polls = { result: z.optional(failures) }
const breaker = z.discriminatedUnion('state', [
  z.looseObject({
    state: z.literal('closed'),
    submit: failures,
    result: failures,
    rampSince: z.nullable(time),
    seconds: z.optional(count),
  }),
  z.looseObject({ ...polls, state: z.literal('open'), since: time, until: time, seconds: count, cause: z.string() }),
  z.looseObject({ ...polls, state: z.literal('half_open'), since: time, seconds: count, successes: count, lease }),
])
const wait = { until: time, class: failureClass, code: z.string() }
const provider = z.looseObject({
  breaker,
  hold: z.nullable(z.looseObject({ ...wait, asked: z.optional(z.looseObject(wait)) })),
  key: z.looseObject({
    good: z.nullable(z.string()),
    refused: z.nullable(z.looseObject({ fingerprint: z.string(), at: time, code: z.string() })),
    lease,
  }),
  threads: z.nullable(count),
  learned: z.nullable(z.looseObject({ limit: count, at: time, raiseAfterSeconds: count })),
})
/** Loose: fields that a later version adds are kept. */
const control: z.ZodMiniType<Control> = z.looseObject({
  schema: z.literal(SCHEMA),
  mode: z.enum(['normal', 'degraded', 'emergency']),
  route: z.looseObject({ active: z.string(), since: time, badSweeps: count, goodSweeps: count }),
  pause: z.nullable(z.looseObject({ by: z.string(), at: time, reason: z.string() })),
  drainPerSecond: z.nullable(z.number()),
  spend: z.nullable(z.looseObject({ hour: z.string(), day: z.string() })),
  providers: z.record(z.string(), provider),
  callbacks: z._default(z.boolean(), false),
  waits: z.record(z.string(), z.looseObject({ first: z.number(), interval: z.number(), fast: z.number() })),
})

const frame = z.object({ epoch: z.number(), control: z.instanceof(Uint8Array) })
const counters = z.record(z.string(), z.number())

/**
 * Text that a control holds, for the compression. It never changes: an item that was written with another one could not
 * be read. An item that was written without one can.
 */
const dictionary = Buffer.from(
  '"raiseAfterSeconds":900"learned":{"limit":"threads":"lease":{"id":"refused":{"fingerprint":"key":{"good":"hold":{"until":"class":"count":"cause":"result":{"seconds":60,"breaker":{"state":"open","since":"providers":{"spend":{"hour":"drainPerSecond":"reason":"pause":{"by":"badSweeps":0,"goodSweeps":0},"route":{"active":"captchaai","since":0,{"schema":1,"mode":"normal","waits":{"callbacks":false',
)

/** Compressed, so that the item stays within one write unit (1 KB) when everything is set. */
export const storedControl = (value: Control): Uint8Array =>
  deflateSync(JSON.stringify(value), { level: 9, dictionary })

/** The text names what is wrong and never contains a value. */
export function parseAdmission(item: Record<string, AttributeValue> | undefined): AdmissionReading {
  if (item === undefined) return { kind: 'missing' }
  try {
    return parse(unmarshall(item))
  } catch {
    return unreadable('corrupt: the item')
  }
}

function parse({ pk, sk, schema, ...attributes }: Record<string, unknown>): AdmissionReading {
  if (schema !== SCHEMA) return unreadable(typeof schema === 'number' ? `schema ${schema}` : 'the item has no schema')
  const framed = frame.safeParse(attributes)
  if (!framed.success) return unreadable(corrupt(framed.error))
  const parsed = control.safeParse(parseJson(framed.data.control))
  if (!parsed.success) return unreadable(corrupt(parsed.error, 'control'))
  const { epoch, control: _control, [MARK]: _mark, ...rest } = attributes
  const counts = counters.safeParse(rest)
  if (!counts.success) return unreadable(corrupt(counts.error))
  return { kind: 'admission', admission: { epoch: framed.data.epoch, counts: counts.data, control: parsed.data } }
}

const unreadable = (why: string): AdmissionReading => ({ kind: 'unreadable', why })

function corrupt({ issues }: z.core.$ZodError, within?: string): string {
  const names = issues.map(({ path }) => [...(within === undefined ? [] : [within]), ...path].join('.'))
  return `corrupt: ${[...new Set(names)].join(', ')}`
}

function parseJson(compressed: Uint8Array): unknown {
  try {
    return JSON.parse(inflateSync(compressed, { dictionary }).toString())
  } catch {
    return undefined
  }
}
