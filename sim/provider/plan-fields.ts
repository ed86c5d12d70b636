import * as z from 'zod'

const span = z.union([z.number().min(0), z.tuple([z.number().min(0), z.number().min(0)])])

/** What the simulated provider is like. Seconds and milliseconds are real ones. */
export const planFields = {
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
  /** The answer to the right key: null accepts it, a code refuses it (a key without a plan, a suspended account). */
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
  /**
   * MAX_USER_TURN above 60 submits in 3 s (locks for 10 s), IP_BANNED for 5 minutes after 5 wrong keys, and
   * `ERROR: 1005` for 10 minutes above 20 requests to res.php for each captcha and 1200 more.
   */
  limits: z.boolean(),
  /**
   * Callbacks for submits that ask for one. `early`: before it is solved; `forged`: a made-up answer and a wrong
   * address.
   */
  pingback: z.enum(['none', 'once', 'early', 'late', 'twice', 'forged']),
  pingbackMethod: z.enum(['GET', 'POST']),
  pingbackLateMs: z.number().min(0),
}
