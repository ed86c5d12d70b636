import { LOW_BALANCE } from './limits.ts'
import { PROVIDERS } from './providers.ts'

/** Every setting of the fleet: its unit, default and allowed range. */

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
    whenUnset: LOW_BALANCE,
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
  firstPollSeconds: seconds(null, "from the submit to the first poll; default: the method's own", 600),
  pollSeconds: seconds(null, "time between polls; default: the method's own", 600),
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
  leaveNotReadySweeps: count(2, 'good sweeps before error_rate or queue_full ends'),
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
