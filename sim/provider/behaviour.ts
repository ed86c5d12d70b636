import * as z from 'zod'

/** What the simulated provider is like and what goes wrong with it. Seconds and milliseconds are real ones. */

const span = z.union([z.number().min(0), z.tuple([z.number().min(0), z.number().min(0)])])

/**
 * When a fault strikes: with `rate` (probability), at most `count` times, not before `after` matching requests, and in
 * a window that opens `fromSeconds` after the plan was set, lasts `forSeconds` and repeats each `everySeconds`.
 */
const strikes = {
  on: z.enum(['any', 'submit', 'result', 'account']).default('any'),
  rate: z.number().min(0).max(1).optional(),
  count: z.int().min(0).optional(),
  after: z.int().min(0).optional(),
}
const times = {
  fromSeconds: z.number().min(0).optional(),
  forSeconds: z.number().min(0).optional(),
  everySeconds: z.number().positive().optional(),
}

const faultSchema = z.discriminatedUnion('kind', [
  /** An HTTP status with an HTML page; nothing is charged. 429 and 503 may say Retry-After (seconds or a date). */
  z.strictObject({
    kind: z.literal('http'),
    status: z.int().min(300).max(599),
    retryAfter: z.string().optional(),
    ...strikes,
    ...times,
  }),
  /** Status 200 with an HTML page, random bytes, nothing, or 10 MB; nothing is charged. */
  z.strictObject({ kind: z.literal('html'), ...strikes, ...times }),
  z.strictObject({ kind: z.literal('garbage'), ...strikes, ...times }),
  z.strictObject({ kind: z.literal('empty'), ...strikes, ...times }),
  z.strictObject({ kind: z.literal('huge'), ...strikes, ...times }),
  /** A code of the provider's, for example MAX_USER_TURN or `ERROR: 1001`. */
  z.strictObject({ kind: z.literal('code'), code: z.string(), ...strikes, ...times }),
  /** The request is read and never answered, or answered by a reset; nothing is charged. */
  z.strictObject({ kind: z.literal('hang'), ...strikes, ...times }),
  z.strictObject({ kind: z.literal('reset'), ...strikes, ...times }),
  /** Done in full, a submit is charged, and then the answer is lost. */
  z.strictObject({
    kind: z.literal('lose'),
    by: z.enum(['hang', 'reset', 'cut', 'garbage', 'html', 'empty', 'http']),
    /** By `http`: what a gateway in front of the provider answers in its place. */
    status: z.int().min(300).max(599).default(502),
    ...strikes,
    ...times,
  }),
  /** Done at once (a submit is charged), answered late. */
  z.strictObject({ kind: z.literal('slow'), ms: z.number().min(0), ...strikes, ...times }),
  /** The connection is accepted and reset before a byte is read. Strikes connections, whatever they would ask. */
  z.strictObject({ kind: z.literal('drop'), rate: strikes.rate, count: strikes.count, after: strikes.after, ...times }),
  /** Nobody listens: connections are refused. */
  z.strictObject({ kind: z.literal('refuse'), ...times }),
])
export type Fault = z.infer<typeof faultSchema>
export type FaultInput = z.input<typeof faultSchema>

const planSchema = z.strictObject({
  /** Solve times are those of the real world divided by this. */
  speed: z.number().positive(),
  /** Seconds in place of the method's own distribution; not divided by `speed`. */
  solveSeconds: span.nullable(),
  /** Share solved, in place of the method's own; the rest is ERROR_CAPTCHA_UNSOLVABLE. */
  solveRate: z.number().min(0).max(1).nullable(),
  submitMs: span,
  resultMs: span,
  /** Captchas in work at a time; null: no cap. Above it: `saturationCode`, several of them in turn. */
  threads: z.int().min(0).nullable(),
  saturationCode: z.union([z.string(), z.array(z.string()).min(1)]),
  /** USD; text is sent as it is (an unreadable balance). `price` per charge; 0 freezes it. */
  balance: z.union([z.number(), z.string()]),
  price: z.number().min(0),
  /** What is said to the right key: null lets it in, a code refuses it (a key without a plan, a suspended account). */
  keyCode: z.string().nullable(),
  /** `digits`: twenty digits as text; `bigNumber`: twenty digits as a JSON number. */
  ids: z.enum(['string', 'number', 'digits', 'bigNumber']),
  /** Null: an object for GeeTest, a token for the rest. `tricky` holds codes, bars and markup. */
  answer: z.enum(['token', 'object', 'tricky']).nullable(),
  notReadyCode: z.string(),
  /** Shape of threadsinfo: fields at the top or inside `request`, as numbers or as text. */
  threadsShape: z.enum(['top', 'request', 'strings']),
  /** An answer is kept this long after it was ready; then ERROR_NO_SUCH_CAPCHA_ID. */
  resultLifeSeconds: z.number().min(0).nullable(),
  /** Submits without what their method needs are refused with the provider's code. */
  strict: z.boolean(),
  /** MAX_USER_TURN above 60 submits in 3 s (locks for 10 s), IP_BANNED for 5 minutes after 5 wrong keys. */
  limits: z.boolean(),
  /** Callbacks for submits that ask for one. `early`: before it is solved; `forged`: a made-up answer and a wrong address. */
  pingback: z.enum(['none', 'once', 'early', 'late', 'twice', 'forged']),
  pingbackMethod: z.enum(['GET', 'POST']),
  pingbackLateMs: z.number().min(0),
  faults: z.array(faultSchema),
})
export type ProviderBehaviour = z.infer<typeof planSchema>
/** Absent fields keep what they were. */
export type PlanChange = Partial<z.input<typeof planSchema>>

export type SimulatedProfile = 'captchaai' | 'twocaptcha'

export const defaultPlan = (profile: SimulatedProfile): ProviderBehaviour => ({
  speed: 4,
  solveSeconds: null,
  solveRate: null,
  submitMs: [50, 300],
  resultMs: [10, 40],
  threads: null,
  saturationCode: profile === 'captchaai' ? 'ERROR_ZERO_BALANCE' : 'ERROR_NO_SLOT_AVAILABLE',
  balance: 25,
  price: profile === 'captchaai' ? 0 : 0.00299,
  keyCode: null,
  ids: profile === 'captchaai' ? 'string' : 'number',
  answer: null,
  notReadyCode: 'CAPCHA_NOT_READY',
  threadsShape: 'top',
  resultLifeSeconds: null,
  strict: true,
  limits: false,
  pingback: 'once',
  pingbackMethod: profile === 'captchaai' ? 'GET' : 'POST',
  pingbackLateMs: 5000,
  faults: [],
})

/** The plan with the change made, or every problem in one sentence. */
export function changePlan(
  plan: ProviderBehaviour,
  change: unknown,
): { plan: ProviderBehaviour } | { problem: string } {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return { problem: 'not a JSON object' }
  const parsed = planSchema.safeParse({ ...plan, ...change })
  if (parsed.success) return { plan: parsed.data }
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'plan'}: ${issue.message}`)
  return { problem: `${problems.join('; ')} (plan fields: ${Object.keys(planSchema.shape).join(', ')})` }
}
