import { hash } from 'node:crypto'
import { missingKey } from '../../functions/adapters/provider/key-failures.ts'
import { assembleCollect } from '../../functions/collect/assemble.ts'
import { EVENT_SOURCES } from '../../functions/contract/event-sources.ts'
import { workerTimeoutSeconds } from '../../functions/contract/limits.ts'
import { SETTINGS } from '../../functions/contract/settings.ts'
import type { Control } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../functions/core/admission/item/initial.ts'
import type { QueueName } from '../../functions/core/message/message.ts'
import type { BatchUseCase, Provider } from '../../functions/core/ports.ts'
import { PROFILES, type Profile } from '../../functions/core/provider/profiles.ts'
import type { Result } from '../../functions/core/task/task.ts'
import { assembleSubmit } from '../../functions/submit/assemble.ts'
import { makeSweep } from '../../functions/sweep/sweep.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryDepths } from '../../sim/memory/depths.ts'
import { memoryHistoryStore } from '../../sim/memory/history-store.ts'
import { memoryIds } from '../../sim/memory/ids.ts'
import { memoryIntake } from '../../sim/memory/intake.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { memoryMetricSink } from '../../sim/memory/metric-sink.ts'
import { defaultObserveSettings } from '../../sim/memory/observe-settings.ts'
import { memoryOutbox } from '../../sim/memory/outbox.ts'
import { memoryOutcomeStore } from '../../sim/memory/outcome-store.ts'
import { memoryProvider, type SubmitFate } from '../../sim/memory/provider.ts'
import { memoryQueues } from '../../sim/memory/queues.ts'
import { memoryRecordStore } from '../../sim/memory/record-store.ts'
import { defaultSweepSettings } from '../../sim/memory/sweep-settings.ts'
import { memoryTaskStore } from '../../sim/memory/task-store.ts'
import { memoryVisibility } from '../../sim/memory/visibility.ts'
import { seededRandom } from '../../sim/support/random.ts'
import { behindSecret } from './behind-secret.ts'

const PROVIDER_TIMEOUT_SECONDS = 10
const TIMEOUT_SECONDS = workerTimeoutSeconds(PROVIDER_TIMEOUT_SECONDS)

interface Trouble {
  name?: 'captchaai' | 'twocaptcha'
  /** What becomes of a submit, by the seconds since the start; default: it is accepted. */
  submit?: (second: number) => SubmitFate | null
  /** What a look fails with, by the seconds since the start. */
  look?: (second: number) => 'fails' | null
  /** Whether the secret holds no key of it, by the seconds since the start. */
  keyMissing?: (second: number) => boolean
  /** Whether account calls are answered, by the seconds since the start. */
  account?: (second: number) => boolean
  /** Tasks that it solves at a time; more are refused. Told: by `threads()`. */
  threads?: number
  tellsThreads?: boolean
  /** Median; the times are spread evenly by half of it. */
  solveSeconds?: number
  /** Milliseconds from a submit to its answer, by the seconds since the start and the number of the submit. */
  answerMs?: (second: number, n: number) => number
}

/** One submit as the provider saw it, and what the admission item said at that moment. Times are seconds. */
export interface Submit {
  provider: string
  at: number
  answeredAt: number
  accepted: boolean
  breaker: Control['providers'][string]['breaker']['state']
}

interface Options {
  providers?: readonly Trouble[]
  workers?: number
  maxInFlight?: number
  sweeps?: boolean
  /** An event source looks into an empty queue again so soon, milliseconds. */
  idleMs?: number
  /** Threads of the plan that a sweep has told before. */
  toldThreads?: number
  /** Whether the secret with all keys cannot be read, by the seconds since the start. */
  secretUnreadable?: (second: number) => boolean
}

/**
 * A fleet of several workers at once in virtual time, on ports in memory: each worker is an execution environment of its
 * own that shares nothing with the others but table and queues.
 */
export function troubledFleet({
  providers: troubles = [{}],
  workers = 6,
  maxInFlight = 100,
  sweeps = true,
  idleMs = 250,
  toldThreads,
  secretUnreadable,
}: Options) {
  const clock = memoryClock()
  const now = () => clock.now()
  const second = () => (now() - NOON) / 1000
  const random = seededRandom(11)
  const queues = memoryQueues(now, { providerTimeoutSeconds: PROVIDER_TIMEOUT_SECONDS })
  const { log, lines } = memoryLog()
  const store = memoryTaskStore(now)
  const outcomes = memoryOutcomeStore()
  const record = memoryRecordStore()
  const names = troubles.map(({ name = 'captchaai' }) => name)
  const first = initialAdmission(names)
  const told = Object.fromEntries(names.map((name) => [name, { ...initialProvider, threads: toldThreads ?? null }]))
  const known = { ...first, control: { ...first.control, providers: told } }
  const admission = memoryAdmissionStore({ kind: 'admission', admission: known })
  const routes: { at: number; from: string; to: string }[] = []
  let active = names[0] ?? ''
  const noteRoute = (): void => {
    const to = control().route.active
    if (to !== active) routes.push({ at: now(), from: active, to })
    active = to
  }
  const control = (): Control => {
    const stored = admission.stored()
    if (stored.kind !== 'admission') throw new Error(stored.kind)
    return stored.admission.control
  }
  const submits: Submit[] = []
  const reads: number[] = []
  const made = troubles.map((trouble) => makeProvider(trouble))
  const bare: Provider[] = made.map(({ provider }) => provider)
  const providers =
    secretUnreadable === undefined ? bare : behindSecret(bare, () => secretUnreadable(second()), { clock, log })
  const requests = { received: 0, sent: 0, parked: 0, deleted: 0 }
  let isOver = false
  let invocations = 0

  function makeProvider(trouble: Trouble) {
    const { name = 'captchaai', solveSeconds = 20, answerMs = () => 120, threads } = trouble
    let asked = 0
    const profile: Profile = PROFILES[name]
    const busy = () => inner.ledger.filter(({ readyAt }) => readyAt > now()).length
    const failure = { class: 'transient', code: 'HTTP_502', message: 'bad gateway' } as const
    const inner = memoryProvider(
      now,
      {
        submit: () => {
          if (trouble.keyMissing?.(second())) return { kind: 'refused', failure: NO_KEY }
          const fate = trouble.submit?.(second()) ?? null
          if (fate !== null) return fate
          if (threads !== undefined && busy() >= threads) return NO_THREAD
          return { kind: 'accept', afterSeconds: solveSeconds * (0.5 + random.next()) }
        },
        result: () => (trouble.look?.(second()) === 'fails' ? { kind: 'failed', failure } : null),
        balance: () => {
          if (trouble.keyMissing?.(second())) return { kind: 'failed', failure: NO_KEY, ms: 5 }
          return trouble.account?.(second()) === false
            ? { kind: 'failed', failure, ms: 5 }
            : { kind: 'balance', value: 25, ms: 5 }
        },
        threads: () => {
          if (trouble.account?.(second()) === false) return { kind: 'failed', failure }
          if (!trouble.tellsThreads || threads === undefined) return { kind: 'none' }
          return { kind: 'threads', total: threads, free: Math.max(0, threads - busy()) }
        },
      },
      { name, billing: profile.billing },
    )
    const provider: Provider = {
      ...inner,
      async balance() {
        reads.push(second())
        return inner.balance()
      },
      submitRate: profile.submitRate,
      async submit(task, url) {
        const at = second()
        const breaker = control().providers[name]?.breaker.state ?? 'closed'
        const answer = await inner.submit(task, url)
        await clock.sleep(answer.kind === 'lost' ? PROVIDER_TIMEOUT_SECONDS * 1000 : answerMs(at, asked++))
        submits.push({ provider: name, at, answeredAt: second(), accepted: answer.kind === 'accepted', breaker })
        return answer
      },
      async result(captchaId) {
        reads.push(second())
        await clock.sleep(answerMs(second(), 0) / 2)
        return inner.result(captchaId)
      },
    }
    return { provider, inner, busy, threads }
  }

  /** One environment: receives, works, deletes what is done, for ever. */
  async function work(queue: 'tasks' | 'polls', useCase: BatchUseCase): Promise<void> {
    const { batchSize } = queue === 'tasks' ? EVENT_SOURCES.submit : EVENT_SOURCES.collect
    while (!isOver) {
      const messages = queues[queue].receive(batchSize)
      if (messages.length === 0) {
        await clock.sleep(idleMs * (0.8 + 0.4 * random.next()))
        continue
      }
      if (queue === 'tasks') requests.received += 1
      const run = { id: `invocation-${++invocations}`, endsAt: now() + TIMEOUT_SECONDS * 1000 }
      const failed = await useCase(messages, run)
      const done = messages.filter(({ messageId }) => !failed.includes(messageId))
      for (const { receipt } of done) queues[queue].remove(receipt)
      if (queue === 'tasks' && done.length > 0) requests.deleted += 1
    }
  }

  const outbox = memoryOutbox(queues)
  const sender: typeof outbox = {
    async send(queue, messages) {
      if (queue === 'tasks' && messages.length > 0) {
        requests.sent += Math.ceil(messages.length / 10)
        requests.parked += messages.length
      }
      return outbox.send(queue, messages)
    },
  }
  const digest = (text: string) => hash('sha256', text)
  const common = { tasks: store, outcomes, admission, sender, providers, clock, log }
  const settings = {
    ...defaultObserveSettings,
    timeoutSeconds: TIMEOUT_SECONDS,
    providerTimeoutSeconds: PROVIDER_TIMEOUT_SECONDS,
    pollSeconds: null,
    stalledSeconds: SETTINGS.stalledSeconds.default,
  }
  for (let n = 0; n < workers; n += 1) {
    const submit = assembleSubmit(
      { ...common, ids: memoryIds(100 + n), digest },
      {
        ...settings,
        worker: `w-submit-${n}`,
        maxReceiveCount: 10,
        maxInFlight,
        spendPerHour: null,
        spendPerDay: null,
        rebuyUnknown: 1,
        firstPollSeconds: null,
      },
    )
    const collect = assembleCollect(
      { ...common, ids: memoryIds(200 + n), visibility: memoryVisibility(queues.polls) },
      { ...settings, worker: `w-collect-${n}` },
    )
    void work('tasks', submit)
    void work('polls', collect)
  }
  const sweep = makeSweep(
    {
      ...{ outcomes, record, admission, clock, log, providers, depths: memoryDepths(queues) },
      ...{ intake: memoryIntake(clock), metrics: memoryMetricSink(), history: memoryHistoryStore() },
    },
    { ...defaultSweepSettings, maxInFlight },
  )
  async function sweepEachMinute(): Promise<void> {
    while (!isOver) {
      await clock.sleep(60_000)
      await sweep()
    }
  }
  if (sweeps) void sweepEachMinute()

  let sent = 0
  return {
    clock,
    queues,
    store,
    outcomes,
    record,
    lines,
    submits,
    /** When results and balances were asked for, seconds since the start. */
    reads,
    requests,
    control,
    second,
    /** Tasks that each provider works on now, and how many it can. */
    busy: () => made.map(({ busy }) => busy()),
    send(count: number, more: Record<string, unknown> = {}): void {
      for (let n = 0; n < count; n += 1) {
        const task = { taskId: `t-${sent++}`, sitekey: 'k', pageurl: 'https://example.test/form', ...more }
        queues.tasks.send({ body: JSON.stringify(task) })
      }
    },
    /** Tasks come evenly for so many seconds. `eachSecond` is told every second. */
    async run(seconds: number, perSecond: number, eachSecond: () => void = () => {}, more?: Record<string, unknown>) {
      let owed = 0
      for (let n = 0; n < seconds; n += 1) {
        owed += perSecond
        this.send(Math.floor(owed + 1e-9), more)
        owed -= Math.floor(owed + 1e-9)
        await clock.advance(1000)
        noteRoute()
        eachSecond()
      }
    },
    results: (): Result[] => [...queues.results.held.values()].map(({ body }): Result => JSON.parse(body)),
    ended(status: Result['status']): Result[] {
      return this.results().filter((result) => result.status === status)
    },
    /** Every change of the active provider, to the second. */
    routes: () => routes,
    admissionWrites: () => admission.writes(),
    /** What workers changed in breakers, holds, keys and route, in the order of time. */
    changes: () =>
      outcomes
        .all()
        .flatMap((item) => item.changes)
        .sort((a, b) => a.at - b.at),
    /** Places that are taken, as the admission item counts them. */
    inFlight: (): number => {
      const stored = admission.stored()
      return stored.kind === 'admission' ? (stored.admission.counts.inFlight ?? 0) : 0
    },
    depth: (queue: QueueName): number => queues[queue].held.size,
    stop: () => {
      isOver = true
    },
  }
}

const NO_KEY = missingKey('captchaai')
const NO_THREAD: SubmitFate = {
  kind: 'refused',
  failure: { class: 'capacity', code: 'ERROR_NO_SLOT_AVAILABLE', message: 'no thread is free' },
}
export const BAD_GATEWAY: SubmitFate = {
  kind: 'httpError',
  failure: { class: 'transient', code: 'HTTP_502', message: 'bad gateway' },
}

export type TroubledFleet = ReturnType<typeof troubledFleet>
