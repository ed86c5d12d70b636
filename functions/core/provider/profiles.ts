import type { ErrorClass, ProviderFailure } from './error-class.ts'

/** The meaning of a code: its class, a clause for a person, and how long (seconds) the provider wants no requests. */
interface Meaning {
  class: ErrorClass
  says: string
  retryAfterSeconds?: number
  /** The provider no longer knows the captcha's id. */
  lostId?: true
}

/** How fast a provider may be sent submits: `burst` at once, `perSecond` in the long run. */
export interface SubmitRate {
  burst: number
  perSecond: number
}

/**
 * One kind of provider API. Two providers can give one code different meanings, so every profile has its own meanings.
 */
export interface Profile {
  name: string
  /**
   * `threads`: a plan of concurrent captchas; the balance is only information. `balance`: every solve is paid from the
   * balance.
   */
  billing: 'balance' | 'threads'
  /** Whether `action=threadsinfo` exists. */
  hasThreads: boolean
  /** The most submits that it permits; absent: it names no limit. */
  submitRate?: SubmitRate
  /** It counts requests for results and balances against captchas, and blocks whoever makes too many. */
  countsRequests?: true
  /** Codes whose meaning differs from the common table. */
  codes: Readonly<Record<string, Meaning>>
}

const means = (kind: ErrorClass, says: string): Meaning => ({ class: kind, says })
const rate = (retryAfterSeconds: number): Meaning => ({ class: 'rate', says: 'too many requests', retryAfterSeconds })
const blocked = (retryAfterSeconds: number): Meaning => ({
  class: 'blocked',
  says: `our address is blocked for about ${retryAfterSeconds} s`,
  retryAfterSeconds,
})
const lostId: Meaning = { class: 'unsolvable', says: 'the captcha id is not known (any more)', lostId: true }
const notReady = means('pending', 'not solved yet')
const noThread = means('capacity', 'all threads are busy')
const badProxy = means('task', 'the proxy is refused or does not work')

/** The meaning of each code at every provider. Codes must match exactly; `classify` handles the one family of codes. */
const CODES: Readonly<Record<string, Meaning>> = {
  CAPCHA_NOT_READY: notReady,
  CAPTCHA_NOT_READY: notReady,

  ERROR_NO_SLOT_AVAILABLE: means('capacity', 'no solver is free'),

  MAX_USER_TURN: rate(10),
  /** The provider does not say for how long; we wait as long as for the other code. */
  ERROR_TOO_MUCH_REQUESTS: rate(10),

  ERROR_SERVER_ERROR: means('transient', 'an error inside the provider'),
  ERROR_INTERNAL_SERVER_ERROR: means('transient', 'an error inside the provider'),

  ERROR_PAGEURL: means('task', 'pageurl is missing or wrong'),
  ERROR_GOOGLEKEY: means('task', 'the site key is missing or malformed'),
  ERROR_WRONG_GOOGLEKEY: means('task', 'the site key is missing or malformed'),
  ERROR_SITEKEY: means('task', 'the site key is missing or malformed'),
  ERROR_BAD_TOKEN_OR_PAGEURL: means('task', 'site key and pageurl do not belong together'),
  ERROR_DOMAIN_NOT_ALLOWED: means('task', 'the provider does not serve this domain'),
  ERROR_BAD_PARAMETERS: means('task', 'a parameter is missing or wrong'),
  ERROR_CAPTCHA_ID: means('task', 'the captcha id parameter is wrong'),
  ERROR_TOKEN_EXPIRED: means('task', 'the challenge had expired'),
  ERROR_ZERO_CAPTCHA_FILESIZE: means('task', 'the image is too small'),
  ERROR_TOO_BIG_CAPTCHA_FILESIZE: means('task', 'the image is too big'),
  ERROR_WRONG_FILE_EXTENSION: means('task', 'the image has the wrong extension'),
  ERROR_IMAGE_TYPE_NOT_SUPPORTED: means('task', 'the image type is not supported'),
  ERROR_UPLOAD: means('task', 'the image cannot be read'),
  ERROR_CAPTCHAIMAGE_BLOCKED: means('task', 'the image is marked as unsolvable'),
  ERROR_BAD_PROXY: badProxy,
  ERROR_WRONG_ID_FORMAT: means('task', 'the captcha id is malformed'),
  ERROR_EMPTY_ACTION: means('task', 'no action was named'),

  ERROR_CAPTCHA_UNSOLVABLE: means('unsolvable', 'nobody could solve it'),
  ERROR_BAD_DUPLICATES: means('unsolvable', 'the solvers did not agree'),
  ERROR_WRONG_CAPTCHA_ID: lostId,
  ERROR_NO_SUCH_CAPCHA_ID: lostId,
  WRONG_CAPTCHA_ID: lostId,

  ERROR_WRONG_USER_KEY: means('auth', 'the API key is malformed'),
  ERROR_KEY_DOES_NOT_EXIST: means('auth', 'the API key is not known'),
  ERROR_IP_NOT_ALLOWED: means('auth', 'our address is not on the list of the API key'),
  ERROR_ACCOUNT_SUSPENDED: means('auth', 'the account is suspended'),

  IP_BANNED: blocked(300),
  ERROR_IP_BANNED: blocked(300),
  ERROR_IP_BLOCKED: blocked(300),
  'ERROR: 1001': blocked(600),
  'ERROR: 1002': blocked(300),
  'ERROR: 1003': blocked(30),
  'ERROR: 1004': blocked(600),
  /** The length is unknown; we wait as long as the longest known block. */
  'ERROR: 1005': blocked(600),

  REPORT_NOT_RECORDED: means('ignore', 'the report was not recorded'),
  ERROR_DUPLICATE_REPORT: means('ignore', 'reported before'),
}

export const PROFILES = {
  captchaai: {
    name: 'captchaai',
    billing: 'threads',
    hasThreads: true,
    codes: {
      ERROR_ZERO_BALANCE: noThread,
      ERROR_NO_SLOT_AVAILABLE: noThread,
      ERROR_KEY_DOES_NOT_EXIST: means('auth', 'the API key is not known, or has no plan'),
    },
  },
  twocaptcha: {
    name: 'twocaptcha',
    billing: 'balance',
    hasThreads: false,
    // It bans whoever sends more than 60 in 3 s.
    submitRate: { burst: 12, perSecond: 12 },
    // More than 20 requests a captcha and 1,200 beside them block the account for 10 minutes; no period is named.
    countsRequests: true,
    codes: { ERROR_ZERO_BALANCE: means('funds', 'the account has no money') },
  },
} as const satisfies Record<string, Profile>

const COUNTING: ReadonlySet<string> = new Set(
  Object.values<Profile>(PROFILES).flatMap(({ name, countsRequests }) => (countsRequests === true ? [name] : [])),
)
export const countsRequests = (provider: string): boolean => COUNTING.has(provider)

const PROXY_FAMILY = 'ERROR_PROXY_'
const nobodyKnows = means('unknown', 'a code that is not known')

/** Whether the tables name this code, for this profile. */
export const isKnown = (profile: Profile, code: string): boolean =>
  Object.hasOwn(profile.codes, code) || Object.hasOwn(CODES, code) || code.startsWith(PROXY_FAMILY)

/** The only reader of the tables. Never compares by substring: an answer may contain the letters of a code. */
export function classify(profile: Profile, code: string): Meaning {
  const own = Object.hasOwn(profile.codes, code) ? profile.codes[code] : undefined
  const common = Object.hasOwn(CODES, code) ? CODES[code] : undefined
  return own ?? common ?? (code.startsWith(PROXY_FAMILY) ? badProxy : nobodyKnows)
}

/** The failure that a code means; the raw code is kept. */
export function failureOf(profile: Profile, code: string): ProviderFailure {
  const { says, ...meaning } = classify(profile, code)
  return { ...meaning, code, message: `${profile.name} answered ${code}: ${says}.` }
}
