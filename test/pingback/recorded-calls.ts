import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import { EMPTY_SUMMARY, type OutcomeItem } from '../../functions/core/outcome/summary.ts'
import type { Provider } from '../../functions/core/ports.ts'
import type { ResultAnswer } from '../../functions/core/provider/answers.ts'
import { factsOf, type SubmittedItem, type TaskItem } from '../../functions/core/task/task.ts'
import { assemblePingback } from '../../functions/pingback/assemble.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { memoryOutcomeStore } from '../../sim/memory/outcome-store.ts'
import { memoryTaskStore } from '../../sim/memory/task-store.ts'

const TOKEN = 'c0ffee'.repeat(5)
export const SOLVED: ResultAnswer = { kind: 'solved', solution: '03AG-solution' }

/** A task in its sixth attempt: two were lost, three were sent back. No two of its numbers and times are equal. */
export const SUBMITTED: SubmittedItem = {
  ...{ taskId: 'order:7', method: 'userrecaptcha', hash: 'hash-7', attempt: 'sixth', origin: 'message-3' },
  ...{ enqueuedAt: NOON - 131_001, deadlineAt: NOON + 168_999, reply: 'queue', ttl: NOON / 1000 + 1_200_013 },
  ...{ charges: 6, uncertainCharges: 2, unsolvable: 2, lostIdResubmits: 1, httpErrors: 4, token: TOKEN },
  lost: [{ attempt: 'second', provider: 'twocaptcha' }, { attempt: 'fourth' }],
  ...{ state: 'submitted', provider: 'captchaai', captchaId: '7301', submittedAt: NOON - 27_602 },
}
/** The same task in its seventh attempt, which is to be made or is under way; the sixth was lost. */
const SIXTH_LOST = {
  ...factsOf(SUBMITTED),
  ...{ charges: 6, uncertainCharges: 3, lost: [...SUBMITTED.lost, { attempt: 'sixth', provider: 'captchaai' }] },
}
export const ITEMS = {
  submitted: SUBMITTED,
  lost: { ...SIXTH_LOST, state: 'unknown' },
  nextClaimed: {
    ...SIXTH_LOST,
    state: 'claimed',
    attempt: 'seventh',
    provider: 'twocaptcha',
    leaseUntil: NOON + 21_503,
  },
  nextReleased: { ...SIXTH_LOST, state: 'claimed', attempt: 'seventh', provider: 'twocaptcha', leaseUntil: 0 },
  nextSubmitted: {
    ...{ ...SIXTH_LOST, state: 'submitted', attempt: 'seventh', provider: 'twocaptcha', captchaId: '7402' },
    ...{ submittedAt: NOON - 4_104, charges: 7 },
  },
  unrecorded: {
    ...{ ...factsOf(SUBMITTED), state: 'claimed', provider: 'captchaai', leaseUntil: NOON + 12_205, charges: 5 },
  },
} as const satisfies Record<string, TaskItem>

/** What the n-th call of a port comes to; `lost`: it takes effect and is not answered. */
type Fate = 'ok' | 'fails' | 'lost'
interface Scene {
  item?: TaskItem
  /** In their order, with what each answers. */
  providers?: Record<string, () => ResultAnswer>
  fates?: Partial<Record<'read' | 'apply' | 'send' | 'give back' | 'outcome', Fate[]>>
  /** Called before the n-th write to a task is made: what other workers did meanwhile. */
  meanwhile?: ((items: Map<string, TaskItem>, now: number) => void)[]
}

/**
 * The pingback function on ports that write down every call with its time. Each call of a port takes a time of its own,
 * so that no two moments are the same and a value that was read too early or too late is seen.
 */
export function recordedPingback({ item = SUBMITTED, providers = { captchaai: () => SOLVED }, ...scene }: Scene = {}) {
  let time = NOON
  let lines: string[] = []
  const last = new Map<string, string>()
  const note = (name: string, ...parts: unknown[]) => {
    const text = parts.map(said).join(' ')
    lines.push([timeText(time), name, text !== '' && last.get(name) === text ? '(the same)' : text].join(' '))
    last.set(name, text)
  }
  const clock = {
    now: () => time,
    async sleep(milliseconds: number) {
      note('sleep', milliseconds)
      time += milliseconds
    },
  }
  const counts: Record<string, number> = {}
  /** The port's call with its fate. */
  const port =
    <A extends unknown[], R>(name: string, takes: number, real: (...args: A) => Promise<R>, fates: Fate[] = []) =>
    async (...args: A): Promise<R> => {
      note(name, ...args)
      const fate = fates[counts[name] ?? 0] ?? 'ok'
      counts[name] = (counts[name] ?? 0) + 1
      time += takes
      if (fate === 'fails') throw new Error('down')
      const answer = await real(...args)
      if (fate === 'lost') throw new TypeError('no answer')
      return answer
    }
  const store = memoryTaskStore(clock.now)
  store.items.set(item.taskId, item)
  const outcomes = memoryOutcomeStore()
  const first = initialAdmission(Object.keys(providers))
  const admission = memoryAdmissionStore({ kind: 'admission', admission: { ...first, counts: { inFlight: 9 } } })
  const { fates = {}, meanwhile = [] } = scene
  let writes = 0
  const apply: typeof store.apply = (transition) => {
    meanwhile[writes++]?.(store.items, time)
    return store.apply(transition)
  }
  const providerOf = ([name, answer]: [string, () => ResultAnswer]): Provider => ({
    ...{ name, billing: 'balance', submit: never, balance: never, threads: never },
    result: port(`ask ${name}`, 211, async () => answer()),
  })
  const pingback = assemblePingback(
    {
      tasks: { read: port('read', 3, store.read, fates.read), apply: port('apply', 7, apply, fates.apply) },
      outcomes: {
        list: never,
        has: port('has', 13, outcomes.has),
        write: port('outcome', 19, (one: OutcomeItem) => outcomes.write(one), fates.outcome),
      },
      admission: {
        ...admission,
        write: port('give back', 31, admission.write, fates['give back']),
      },
      sender: { send: port('send', 43, async (_, messages) => messages.map(() => true), fates.send) },
      providers: Object.entries(providers).map(providerOf),
      ...{ clock, ids: { secret: () => 'secret', fraction: () => 0.5 } },
      log: (level, message, fields = {}) => note(`log ${level}`, message, fields),
      same: (a, b) => a !== '' && a === b,
      count: (name, value) => note(`count ${name}`, value),
    },
    { worker: 'env-1', timeoutSeconds: 17 },
  )
  let invocations = 0
  return {
    store,
    /** Lets time pass between two calls. */
    wait: (milliseconds: number) => {
      time += milliseconds
    },
    /** One call, by default the one that the provider makes about the sixth attempt. */
    call(attempt = 'sixth', captchaId = '7301', token = TOKEN): Promise<void> {
      const invocation = { id: `call-${++invocations}`, endsAt: time + 16_411 }
      return pingback({ taskId: item.taskId, attempt, token }, captchaId, invocation)
    },
    /** Every call of a port since this was asked last. */
    recorded(): string {
      const text = shortened(lines)
      lines = []
      return text.join('\n')
    },
  }
}

/** Every call of a port that one call of the provider leads to. */
export async function recordedCall(
  scene: Scene,
  ...call: Parameters<ReturnType<typeof recordedPingback>['call']>
): Promise<string> {
  const pingback = recordedPingback(scene)
  await pingback.call(...call)
  return pingback.recorded()
}

/** Of a row of lines that only say that a call came again, the first two and the last two. */
function shortened(lines: readonly string[]): string[] {
  const isRepeated = (n: number) => lines[n]?.endsWith(' (the same)') === true
  const isInside = (n: number) => [-2, -1, 0, 1, 2].every((off) => isRepeated(n + off))
  const kept = lines.flatMap((line, n) => (isInside(n) ? (isInside(n - 1) ? [] : ['..']) : [line]))
  return kept.length === lines.length ? kept : [...kept, `${lines.length} calls`]
}

const never = () => Promise.reject(new Error('nobody asks for this'))
const timeText = (at: number) => new Date(at).toISOString().slice(11, 23)

/** JSON without quotes, with times of the day, what a message holds, and of a summary only what is not empty. */
function said(value: unknown): string {
  const text = JSON.stringify(value, (key, one: unknown) => {
    if (key === 'body' && typeof one === 'string' && one !== '') return JSON.parse(one)
    if (typeof one === 'number' && Math.abs(one - NOON) < 86_400_000) return timeText(one)
    if (typeof one === 'string' && /^\d{4}-\d\d-\d\dT/.test(one)) return one.slice(11, 23)
    return Object.hasOwn(EMPTY, key) && JSON.stringify(one) === JSON.stringify(EMPTY[key]) ? undefined : one
  })
  return text.replaceAll('"', '')
}
const EMPTY: Record<string, unknown> = { ...EMPTY_SUMMARY }
