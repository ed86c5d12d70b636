import { hash } from 'node:crypto'
import { assembleCollect } from '../functions/collect/assemble.ts'
import { EVENT_SOURCES } from '../functions/contract/event-sources.ts'
import { workerTimeoutSeconds } from '../functions/contract/limits.ts'
import { SETTINGS } from '../functions/contract/settings.ts'
import type { AdmissionReading } from '../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../functions/core/admission/item/initial.ts'
import type { OutgoingMessage, QueueName } from '../functions/core/message/message.ts'
import type { BatchUseCase, MessageSender, OutcomeStore, Provider, TaskStore } from '../functions/core/ports.ts'
import type { Result } from '../functions/core/task/task.ts'
import { assemblePingback } from '../functions/pingback/assemble.ts'
import { assembleSubmit } from '../functions/submit/assemble.ts'
import { memoryAdmissionStore } from '../sim/memory/admission-store.ts'
import { memoryClock } from '../sim/memory/clock.ts'
import { memoryIds } from '../sim/memory/ids.ts'
import { memoryLog } from '../sim/memory/log.ts'
import { defaultObserveSettings } from '../sim/memory/observe-settings.ts'
import { memoryOutbox } from '../sim/memory/outbox.ts'
import { memoryOutcomeStore } from '../sim/memory/outcome-store.ts'
import { memoryProvider, type ScriptedAnswers } from '../sim/memory/provider.ts'
import { memoryQueues } from '../sim/memory/queues.ts'
import { memoryTaskStore } from '../sim/memory/task-store.ts'
import { memoryVisibility } from '../sim/memory/visibility.ts'

export interface SmallFleetOptions {
  script?: ScriptedAnswers
  /** A second provider; absent: there is none. */
  backup?: ScriptedAnswers
  providerTimeoutSeconds?: number
  spendPerHour?: number
  spendPerDay?: number
  /** What the admission item holds at first; default: that of a new fleet. */
  admission?: AdmissionReading
  maxInFlight?: number
  rebuyUnknown?: number
  pingback?: boolean
  /** Compares two secrets. */
  same?: (a: string, b: string) => boolean
  /** Receives after which collect renews a poll message; default: the contract's. */
  renewAt?: number
  /** Wraps a port, for faults. */
  tasks?: (real: TaskStore) => TaskStore
  sender?: (real: MessageSender) => MessageSender
  outcomes?: (real: OutcomeStore) => OutcomeStore
  provider?: (real: Provider) => Provider
}

/** Submit, collect and pingback on ports in memory, one batch at a time, with a clock that moves only when told. */
export function smallFleet(options: SmallFleetOptions = {}) {
  const { providerTimeoutSeconds = 10 } = options
  const timeoutSeconds = workerTimeoutSeconds(providerTimeoutSeconds)
  const clock = memoryClock(undefined, { skip: true })
  const now = () => clock.now()
  const queues = memoryQueues(now, { providerTimeoutSeconds })
  const ids = memoryIds(7)
  const { log, lines } = memoryLog()
  const store = memoryTaskStore(now)
  const outcomes = memoryOutcomeStore()
  const provider = memoryProvider(now, options.script)
  const backup = memoryProvider(now, options.backup, { name: 'twocaptcha', billing: 'balance' })
  const tasks = options.tasks?.(store) ?? store
  const realOutbox = memoryOutbox(queues)
  const sender = options.sender?.(realOutbox) ?? realOutbox
  const primary = options.provider?.(provider) ?? provider
  const providers = options.backup === undefined ? [primary] : [primary, backup]
  const digest = (text: string) => hash('sha256', text)
  const pingbackUrl = options.pingback ? 'https://hooks.example.test/pingback' : undefined
  const first = initialAdmission(providers.map(({ name }) => name))
  const admission = memoryAdmissionStore(options.admission ?? { kind: 'admission', admission: first })
  const written = options.outcomes?.(outcomes) ?? outcomes
  const common = { tasks, outcomes: written, admission, sender, providers, clock, ids, log }
  /** One more execution environment of submit. */
  const environment = () =>
    assembleSubmit(
      { ...common, digest },
      {
        worker: 'w-submit',
        timeoutSeconds,
        providerTimeoutSeconds,
        maxReceiveCount: 10,
        maxInFlight: options.maxInFlight ?? 100,
        spendPerHour: options.spendPerHour ?? null,
        spendPerDay: options.spendPerDay ?? null,
        rebuyUnknown: options.rebuyUnknown ?? 1,
        ...defaultObserveSettings,
        firstPollSeconds: null,
        pollSeconds: null,
        pingbackUrl,
      },
    )
  const submit = environment()
  const collect = assembleCollect(
    { ...common, visibility: memoryVisibility(queues.polls) },
    {
      worker: 'w-collect',
      timeoutSeconds,
      providerTimeoutSeconds,
      ...defaultObserveSettings,
      pollSeconds: null,
      stalledSeconds: SETTINGS.stalledSeconds.default,
      ...(options.renewAt === undefined ? {} : { renewAt: options.renewAt }),
    },
  )
  const counted: { name: string; value: number }[] = []
  const pingback = assemblePingback(
    {
      ...common,
      same: options.same ?? ((a, b) => a !== '' && a === b),
      count: (name, value) => counted.push({ name, value }),
    },
    { worker: 'w-pingback', timeoutSeconds },
  )
  let invocations = 0
  const run = () => ({ id: `invocation-${++invocations}`, endsAt: clock.now() + timeoutSeconds * 1000 })

  /** What Lambda does with one batch: the failed stay hidden, the others are deleted. */
  async function batch(queue: QueueName, useCase: BatchUseCase, limit: number, keep: boolean) {
    const messages = queues[queue].receive(limit)
    if (messages.length === 0) return []
    const failed = await useCase(messages, run())
    for (const message of messages) {
      if (!keep && !failed.includes(message.messageId)) queues[queue].remove(message.receipt)
    }
    return failed
  }

  const results = () => [...queues.results.held.values()].map((held): Result => JSON.parse(held.body))
  const fleet = {
    clock,
    queues,
    provider,
    backup,
    store,
    outcomes,
    admission,
    lines,
    counted,
    pingback,
    run,
    send: (body: unknown, attributes: Record<string, string> = {}): string => {
      const message: OutgoingMessage = { body: typeof body === 'string' ? body : JSON.stringify(body), attributes }
      return queues.tasks.send(message).messageId
    },
    /** One batch. `keep`: the delete afterwards fails. */
    submit: ({ keep = false } = {}) => batch('tasks', submit, EVENT_SOURCES.submit.batchSize, keep),
    collect: ({ keep = false } = {}) => batch('polls', collect, EVENT_SOURCES.collect.batchSize, keep),
    submitUseCase: submit,
    environment,
    collectUseCase: collect,
    results,
    resultsOf: (taskId: string) => results().filter((result) => result.taskId === taskId),
    /** Time passes in steps of a second and both functions run, until nothing waits but results and dead letters. */
    async drain(seconds = 4000) {
      for (let i = 0; i < seconds; i += 1) {
        await fleet.submit()
        await fleet.collect()
        if (queues.tasks.held.size + queues.polls.held.size === 0) return
        await clock.advance(1000)
      }
      throw new Error(`not drained: ${queues.tasks.held.size} tasks, ${queues.polls.held.size} polls`)
    },
    /** Totals over all outcome items. */
    total: (pick: (item: ReturnType<typeof outcomes.all>[number]) => number) =>
      outcomes.all().reduce((sum, item) => sum + pick(item), 0),
  }
  return fleet
}

export const recaptcha = (more: Record<string, unknown> = {}) => ({
  sitekey: '6Lc-test',
  pageurl: 'https://forms.example.test/enrol',
  ...more,
})
