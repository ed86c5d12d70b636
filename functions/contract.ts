/**
 * Names, limits and settings that the infrastructure and the functions must agree on, written once.
 * Imports nothing, so that `lib`, `local`, `bin` and every function may import it.
 */

// ---------------------------------------------------------------- functions

export const FUNCTIONS = ['submit', 'collect', 'pingback', 'sweep', 'health'] as const
export type FunctionName = (typeof FUNCTIONS)[number]

// ---------------------------------------------------------------- providers

export const PROVIDERS = ['captchaai', 'twocaptcha'] as const
export type ProviderName = (typeof PROVIDERS)[number]
export const PROVIDER_URLS: Record<ProviderName, string> = {
  captchaai: 'https://ocr.captchaai.com',
  twocaptcha: 'https://2captcha.com',
}
/** Environment variables that carry a provider's key into the local run. */
export const KEY_VARIABLES: Record<ProviderName, string> = {
  captchaai: 'CAPTCHAAI_API_KEY',
  twocaptcha: 'TWOCAPTCHA_API_KEY',
}

/** The other profile: with a backup, the two providers are always of different profiles. */
const BACKUPS: Record<ProviderName, ProviderName> = { captchaai: 'twocaptcha', twocaptcha: 'captchaai' }
export const backupOf = (first: ProviderName): ProviderName => BACKUPS[first]
/** The providers of a fleet in order of preference: names and profiles at once. */
export const providersOf = (first: ProviderName, hasBackup: boolean): readonly ProviderName[] =>
  hasBackup ? [first, backupOf(first)] : [first]

// ---------------------------------------------------------------- settings

/** `D` keeps whether a setting may be unset, so that `Settings` knows which values can be null. */
type NumberSetting<D extends number | null> = {
  kind: 'number'
  unit: string
  default: D
  min: number
  max: number
  integer: boolean
  /** What then applies, where `default` is null and there is a number for it. */
  whenUnset?: number
  help: string
}
export type Setting =
  | NumberSetting<number | null>
  | { kind: 'boolean'; default: boolean; help: string }
  | { kind: 'choice'; choices: readonly string[]; default: string; help: string }

const seconds = <D extends number | null>(byDefault: D, help: string, max = 86_400): NumberSetting<D> => ({
  kind: 'number',
  unit: 'seconds',
  default: byDefault,
  min: 1,
  max,
  integer: false,
  help,
})
const count = <D extends number | null>(byDefault: D, help: string, min = 1, max = 1_000_000): NumberSetting<D> => ({
  kind: 'number',
  unit: 'count',
  default: byDefault,
  min,
  max,
  integer: true,
  help,
})
const ratio = (byDefault: number, help: string): NumberSetting<number> => ({
  kind: 'number',
  unit: 'ratio',
  default: byDefault,
  min: 0,
  max: 1,
  integer: false,
  help,
})

/** Every setting, its unit, default and allowed range. `default: null` means unset: no limit, or the method's own. */
export const SETTINGS = {
  provider: {
    kind: 'choice',
    choices: PROVIDERS,
    default: 'captchaai',
    help: "the first provider's profile; a backup is of the other one",
  },
  sweepSeconds: seconds(60, 'time between sweeps; multiples of 60 in the cloud, 5 locally', 3600),
  settlingSeconds: seconds(10, 'outcomes younger than this are shown provisionally', 600),
  streakFailures: count(10, 'failures in a row that make the fleet not ready'),
  noSolveSeconds: seconds(600, 'demand seconds without a solve that make it not ready'),
  stalledSeconds: seconds(180, 'age of the oldest waiting task, with no submit accepted for as long'),
  minBalance: {
    kind: 'number',
    unit: 'USD',
    default: null,
    whenUnset: 1,
    min: 0,
    max: 1e9,
    integer: false,
    help: 'lowest good balance; set, it holds for every provider; unset, it only warns where threads are billed',
  },
  balanceSeconds: seconds(60, 'how long a balance is cached'),
  breakerFailures: count(5, 'consecutive counted failures that open a breaker'),
  breakerSpanSeconds: seconds(15, 'shortest span of those failures'),
  breakerFirstOpenSeconds: seconds(10, 'first open period; doubles'),
  breakerOpenSeconds: seconds(60, 'longest open period'),
  breakerSuccesses: count(3, 'successes that close a half-open breaker'),
  firstPollSeconds: seconds(null, "first look at a result; default: the method's own", 600),
  pollSeconds: seconds(null, "time between looks; default: the method's own", 600),
  providerTimeoutSeconds: seconds(10, 'total time of one provider call', 60),
  maxInFlight: count(100, 'most tasks submitted and not settled at a time, over all workers'),
  queueCapacity: count(1000, 'waiting tasks at which the queue is full'),
  degradedQueueDepth: count(150, 'waiting tasks above which the mode is degraded'),
  degradedErrorRate: ratio(0.2, 'error rate above which the mode is degraded'),
  emergencyErrorRate: ratio(0.5, 'error rate above which the mode is emergency'),
  failoverSweeps: count(2, 'bad sweeps before failover'),
  failbackSweeps: count(5, 'good sweeps before failback'),
  dwellSeconds: seconds(120, 'shortest stay on a provider'),
  enterNotReadySweeps: count(1, 'bad sweeps before not ready is shown'),
  leaveNotReadySweeps: count(2, 'good sweeps before ready is shown again'),
  spendPerHour: count(null, 'charges allowed per UTC hour; unset: no limit', 1, 1e9),
  spendPerDay: count(null, 'charges allowed per UTC day; unset: no limit', 1, 1e9),
  rebuyUnknown: count(1, 're-buys of a task whose submit was lost', 0, 10),
  pingback: { kind: 'boolean', default: false, help: "take the provider's callbacks as hints" },
  keyRetrySeconds: seconds(900, 'slow retry of a refused key'),
  reservedConcurrency: count(null, "reserved for submit and for collect; unset: the stage's, none in dev", 2, 1000),
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof SETTINGS
type ValueOf<S> = S extends { kind: 'number'; default: number }
  ? number
  : S extends { kind: 'number' }
    ? number | null
    : S extends { kind: 'choice'; choices: readonly (infer C)[] }
      ? C
      : boolean
/** All settings with their values; `null` where unset. */
export type Settings = { [K in SettingName]: ValueOf<(typeof SETTINGS)[K]> }

/** `sweepSeconds` → `SWEEP_SECONDS`: the environment variable that carries a setting into a function. */
export const settingVariable = (name: SettingName): string => name.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()

/** The value of one setting from its text, or what is wrong with it. */
export function parseSetting<K extends SettingName>(
  name: K,
  text: string,
): { value: Settings[K] } | { problem: string } {
  const setting: Setting = SETTINGS[name]
  const wrong = (expected: string) => ({ problem: `${name} must be ${expected}` })
  const is = (value: unknown) => ({ value: value as Settings[K] })
  if (setting.kind === 'boolean')
    return text === 'true' ? is(true) : text === 'false' ? is(false) : wrong('true or false')
  if (setting.kind === 'choice') return setting.choices.includes(text) ? is(text) : wrong(setting.choices.join(' or '))
  const { min, max, integer, unit } = setting
  const value = text.trim() === '' ? Number.NaN : Number(text)
  const good = Number.isFinite(value) && value >= min && value <= max && (!integer || Number.isInteger(value))
  return good ? is(value) : wrong(`${integer ? 'a whole number' : 'a number'} from ${min} to ${max} (${unit})`)
}

/** The settings each function reads, no more and no fewer (see `settingsOf`); the stack hands over exactly these. */
export const FUNCTION_SETTINGS = {
  submit: [
    'provider',
    'firstPollSeconds',
    'pollSeconds',
    'providerTimeoutSeconds',
    'maxInFlight',
    'spendPerHour',
    'spendPerDay',
    'rebuyUnknown',
    'balanceSeconds',
    'keyRetrySeconds',
  ],
  collect: ['provider', 'pollSeconds', 'providerTimeoutSeconds', 'keyRetrySeconds'],
  pingback: ['provider', 'providerTimeoutSeconds', 'keyRetrySeconds'],
  sweep: [
    'provider',
    'sweepSeconds',
    'settlingSeconds',
    'streakFailures',
    'noSolveSeconds',
    'stalledSeconds',
    'minBalance',
    'balanceSeconds',
    'providerTimeoutSeconds',
    'maxInFlight',
    'queueCapacity',
    'degradedQueueDepth',
    'degradedErrorRate',
    'emergencyErrorRate',
    'enterNotReadySweeps',
    'leaveNotReadySweeps',
    'spendPerHour',
    'spendPerDay',
    'keyRetrySeconds',
  ],
  health: [
    'sweepSeconds',
    'streakFailures',
    'noSolveSeconds',
    'stalledSeconds',
    'minBalance',
    'maxInFlight',
    'queueCapacity',
    'degradedQueueDepth',
    'degradedErrorRate',
    'emergencyErrorRate',
    'leaveNotReadySweeps',
    'provider',
  ],
} as const satisfies Record<FunctionName, readonly SettingName[]>
type ReadBy<F extends FunctionName> = (typeof FUNCTION_SETTINGS)[F][number]

/**
 * The settings of a function, for its handler to parse. `Read` is what the parts of the function take: one that is in
 * the list and taken by no part does not compile, because the second argument, which names it, is missing. One that a
 * part takes and the list lacks does not compile where that part is made.
 */
export const settingsOf = <F extends FunctionName, Read>(
  name: F,
  ..._unread: Exclude<ReadBy<F>, keyof Read> extends never ? [] : [unread: Exclude<ReadBy<F>, keyof Read>]
): (typeof FUNCTION_SETTINGS)[F] => FUNCTION_SETTINGS[name]

// ---------------------------------------------------------------- environment of the functions (beside the settings)

/** The stage of `npm start`; no stack of the cloud has that name. */
export const LOCAL_STAGE = 'local'
/** Entry of the secret beside the providers' keys: the bearer token of the health views. */
export const HEALTH_TOKEN_ENTRY = 'healthToken'

export const ENV = {
  tableName: 'TABLE_NAME',
  taskQueueUrl: 'TASK_QUEUE_URL',
  pollQueueUrl: 'POLL_QUEUE_URL',
  resultQueueUrl: 'RESULT_QUEUE_URL',
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  apiKeySecretArn: 'API_KEY_SECRET_ARN',
  /** Base URL of the first provider; absent: the profile's own. */
  providerUrl: 'PROVIDER_URL',
  /** Base URL of the backup provider, of the profile that is not `provider`'s; absent: no backup. */
  backupProviderUrl: 'BACKUP_PROVIDER_URL',
  /** Public base URL of the pingback function, without a trailing slash; absent: pingback is off. */
  pingbackUrl: 'PINGBACK_URL',
  /** Bearer token of the health views, in the local stage only; absent: they are open there. */
  healthToken: 'HEALTH_TOKEN',
  fleet: 'FLEET',
  version: 'FLEET_VERSION',
  /** Time limit of this function, seconds; what leases are derived from. */
  timeoutSeconds: 'TIMEOUT_SECONDS',
  maxReceiveCount: 'MAX_RECEIVE_COUNT',
} as const

// ---------------------------------------------------------------- queues

/** String attributes of messages that the fleet itself parks or dead-letters. */
export const ATTRIBUTE = {
  taskId: 'taskId',
  /** When the task first entered the task queue, milliseconds since 1970. */
  enqueuedAt: 'enqueuedAt',
  /** How often the task has been parked. */
  parks: 'parks',
  /** The message the task first came with: what tells a redelivery from a client's duplicate. */
  origin: 'origin',
  /** Attempts, with commas, that were never paid, although the table may still say that one is claimed. */
  unpaid: 'unpaid',
  /** Why it was parked last, for the result of a task that expires. */
  while: 'while',
  reason: 'reason',
  detail: 'detail',
  firstSeen: 'firstSeen',
  /** Which queue a dead letter came from: `tasks` or `polls`. */
  source: 'source',
} as const

/**
 * Poll messages and dead letters hold what a client sent, proxy passwords and cookies among it. They are received by
 * the functions and by principals with this tag, whose value is the stage (decision 0013).
 */
export const OPERATOR_TAG = 'lifesign-operator'

export const LIMITS = {
  bodyBytes: 256 * 1024,
  reasonCharacters: 1000,
  /** The most that SQS takes: body and attributes of one message. */
  messageBytes: 1024 * 1024,
  /**
   * Of that, what the attributes of a dead letter may need. The task queue and the poll queue take messages that are so
   * much smaller, so that every body still fits when it is copied with its id and its reason.
   */
  attributeBytes: 8 * 1024,
  taskMaxReceiveCount: 10,
  pollMaxReceiveCount: 1000,
  /** A poll message is renewed (copied, then deleted) once it was received this often. */
  pollRenewReceiveCount: 900,
  longestDeadlineSeconds: 3600,
  taskItemDays: 15,
  outcomeItemDays: 3,
  outcomeShards: 16,
  tokenLifeSeconds: 120,
  /** Most seconds that SQS delays one message. */
  longestDelaySeconds: 900,
} as const

/**
 * How each queue calls its function, and whether Lambda lets that function run in a loop through a queue. The stack
 * deploys these values and the simulation runs under them, so that what AWS makes of a value is seen on this machine.
 * A batch of at most ten without a window is invoked at once; with any window AWS may wait 20 s when traffic is low.
 */
export const EVENT_SOURCES = {
  submit: { batchSize: 10, windowSeconds: 0 },
  collect: { batchSize: 10, windowSeconds: 0 },
} as const
/**
 * These three send to the task queue and the poll queue, which call two of them: parked tasks, renewed poll messages,
 * re-submits. Loop detection would refuse such a chain after about 16 calls; the deadline of the task ends it
 * (decisions 0003 and 0004).
 */
export const RECURSIVE_LOOP: Readonly<Record<FunctionName, 'Allow' | 'Terminate'>> = {
  submit: 'Allow',
  collect: 'Allow',
  pingback: 'Allow',
  sweep: 'Terminate',
  health: 'Terminate',
}

// ---------------------------------------------------------------- derived times (seconds)

/** Time that the writes and sends around one paid call may take. */
export const WRITES_SECONDS = 4
/** Time limit of submit, collect and pingback. */
export const workerTimeoutSeconds = (providerTimeoutSeconds: number): number =>
  Math.ceil(providerTimeoutSeconds) + 2 * WRITES_SECONDS
/** Most that a worker's clock may differ from the table's; adapters/server-clock.ts holds it. */
export const CLOCK_OFF_SECONDS = 3
/**
 * How long a claim is its worker's alone. It outlives the invocation whatever the two clocks say: that of the worker
 * that wrote it may be behind the table's, and that of the worker that reads it ahead.
 */
export const leaseSeconds = (providerTimeoutSeconds: number, timeoutSeconds: number): number =>
  Math.max(3 * providerTimeoutSeconds, timeoutSeconds + 2 * CLOCK_OFF_SECONDS)
/** Visibility timeout of a queue whose consumer has this time limit. */
export const visibilitySeconds = (timeoutSeconds: number): number => 6 * timeoutSeconds

// ---------------------------------------------------------------- table

export const TABLE = { pk: 'pk', sk: 'sk', ttl: 'ttl' } as const
/** The partition keys of each kind of item, as a pattern of IAM: what a function may touch is said by kind. */
export const PARTITIONS = { tasks: 'task#*', outcomes: 'outcome#*', fleet: 'fleet' } as const
export const taskKey = (taskId: string) => ({ pk: `task#${taskId}`, sk: 'task' })
export const outcomeKey = (shard: number, at: string, invocation: string) => ({
  pk: `outcome#${shard}`,
  sk: `${at}#${invocation}`,
})
export const readinessKey = { pk: 'fleet', sk: 'readiness' } as const
export const providerKey = (name: string) => ({ pk: 'fleet', sk: `provider#${name}` })
export const spendKey = (day: string) => ({ pk: 'fleet', sk: `spend#${day}` })

// ---------------------------------------------------------------- CloudWatch

export const METRICS = {
  namespace: 'Lifesign',
  dimension: 'Fleet',
} as const
