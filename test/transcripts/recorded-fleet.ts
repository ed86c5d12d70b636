import { hash } from 'node:crypto'
import { assembleCollect } from '../../functions/collect/assemble.ts'
import { EVENT_SOURCES } from '../../functions/contract/event-sources.ts'
import { workerTimeoutSeconds } from '../../functions/contract/limits.ts'
import { SETTINGS } from '../../functions/contract/settings.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { QueueName } from '../../functions/core/message/message.ts'
import type { Invocation } from '../../functions/core/ports.ts'
import { readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import { assemblePingback } from '../../functions/pingback/assemble.ts'
import { assembleSubmit } from '../../functions/submit/assemble.ts'
import { makeSweep, type SweepSettings } from '../../functions/sweep/sweep.ts'
import { makeVirtualTime } from '../../sim/fleet/model/virtual-time.ts'
import { START } from '../../sim/fleet/world.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryHistoryStore } from '../../sim/memory/history-store.ts'
import { memoryIds } from '../../sim/memory/ids.ts'
import { memoryIntake } from '../../sim/memory/intake.ts'
import { defaultObserveSettings } from '../../sim/memory/observe-settings.ts'
import { memoryOutcomeStore } from '../../sim/memory/outcome-store.ts'
import { memoryProvider, type ScriptedAnswers } from '../../sim/memory/provider.ts'
import { memoryQueues } from '../../sim/memory/queues.ts'
import { memoryRecordStore } from '../../sim/memory/record-store.ts'
import { defaultSweepSettings } from '../../sim/memory/sweep-settings.ts'
import { memoryTaskStore } from '../../sim/memory/task-store.ts'
import { aboutSweeps, makeAsText, withoutRepeats } from './as-text.ts'
import { makeLambda } from './lambda.ts'
import { recordedPorts, type Stores } from './recorded-ports.ts'
import { type Call, type Fate, makeRecorder } from './recorder.ts'

export interface ScenarioOptions {
  /** What the first provider answers. Of a function, the argument tells the second of the scenario. */
  script?: ScriptedAnswers | ((second: () => number) => ScriptedAnswers)
  /** A second provider; absent: there is none. */
  backup?: ScriptedAnswers
  /** What becomes of a call; default: it takes place and is answered. */
  fate?: (call: Call) => Fate | null
  providerTimeoutSeconds?: number
  maxInFlight?: number
  rebuyUnknown?: number
  spendPerHour?: number
  pingback?: boolean
  /** What sweeps find and change is told, and nothing of single tasks. */
  onlySweeps?: boolean
  /** Settings of the sweep that differ from the defaults. */
  sweep?: Partial<SweepSettings>
}

/**
 * Submit, collect, pingback and sweep in virtual time, on stores in memory. Every call of a port takes a time of its
 * own and is written down; Lambda's part (receive, invoke, delete, one environment for each invocation at a time) too.
 */
export function recordedFleet(options: ScenarioOptions = {}) {
  const { providerTimeoutSeconds = 10, fate = () => null } = options
  const timeoutSeconds = workerTimeoutSeconds(providerTimeoutSeconds)
  const virtualTime = makeVirtualTime(START)
  const now = virtualTime.now
  const asText = makeAsText()
  const recorder = makeRecorder(virtualTime, fate)
  const queues = memoryQueues(now, { providerTimeoutSeconds })
  const { script } = options
  const second = () => (now() - START) / 1000
  const provider = memoryProvider(now, typeof script === 'function' ? script(second) : script)
  const backup = memoryProvider(now, options.backup, { name: 'twocaptcha', billing: 'balance' })
  const providers = options.backup === undefined ? [provider] : [provider, backup]
  const names = providers.map(({ name }) => name)
  const stores: Stores = {
    tasks: memoryTaskStore(now),
    outcomes: memoryOutcomeStore(),
    admission: memoryAdmissionStore({ kind: 'admission', admission: initialAdmission(names) }),
    record: memoryRecordStore(),
    history: memoryHistoryStore(),
    intake: memoryIntake({ now, changeMs: 5000 }),
    queues,
    providers,
  }
  const ids = memoryIds(7)
  const lambda = makeLambda(virtualTime, recorder, timeoutSeconds, (environment) => ({
    ...recordedPorts(stores, environment, recorder, asText),
    ids,
    clock: {
      now,
      sleep: (milliseconds: number) =>
        new Promise<void>((resolve) => virtualTime.after(milliseconds, () => environment.dead || resolve())),
    },
    worker: environment.name,
  }))
  const timing = { timeoutSeconds, providerTimeoutSeconds, pollSeconds: null, ...defaultObserveSettings }
  lambda.onQueue(queues.tasks, 'submit', EVENT_SOURCES.submit.batchSize, (ports) =>
    assembleSubmit(
      { ...ports, digest: (text) => hash('sha256', text) },
      {
        ...timing,
        worker: ports.worker,
        maxReceiveCount: 10,
        maxInFlight: options.maxInFlight ?? 100,
        spendPerHour: options.spendPerHour ?? null,
        spendPerDay: null,
        rebuyUnknown: options.rebuyUnknown ?? 1,
        firstPollSeconds: null,
        pingbackUrl: options.pingback ? 'https://hooks.example.test/pingback' : undefined,
      },
    ),
  )
  lambda.onQueue(queues.polls, 'collect', EVENT_SOURCES.collect.batchSize, (ports) =>
    assembleCollect(ports, {
      ...timing,
      worker: ports.worker,
      stalledSeconds: SETTINGS.stalledSeconds.default,
    }),
  )
  const pingback = lambda.pool('pingback', (ports) =>
    assemblePingback(
      {
        ...ports,
        same: (a, b) => a !== '' && a === b,
        count: (name, value) => recorder.tell(ports.worker, `counts ${name} +${value}`),
      },
      { worker: ports.worker, timeoutSeconds },
    ),
  )
  const sweep = lambda.pool('sweep', (ports) =>
    makeSweep(ports, { ...defaultSweepSettings, maxInFlight: options.maxInFlight ?? 100, ...options.sweep }),
  )
  const at = (second: number, act: () => void): void => virtualTime.at(START + second * 1000, act)
  return {
    ...stores,
    provider,
    backup,
    at,
    /** Somebody sends a task at that second. */
    send: (second: number, task: Record<string, unknown>, attributes: Record<string, string> = {}) =>
      at(second, () => {
        recorder.tell('client', `sends ${asText(task)}`)
        queues.tasks.send({
          body: JSON.stringify({ sitekey: '6Lc-test', pageurl: 'https://a.example.test/', ...task }),
          attributes,
        })
      }),
    /** A second delivery of what a queue holds, received or not: at-least-once delivery at its worst. */
    deliverAgain: (second: number, queue: QueueName) =>
      at(second, () => {
        recorder.tell('aws', `shows ${[...queues[queue].held.keys()].join(', ')} again`)
        for (const id of [...queues[queue].held.keys()]) queues[queue].reveal(id)
      }),
    /** The provider calls back about its n-th charge (from 0). */
    callBack: (second: number, n: number, captchaId?: string) =>
      at(second, () => {
        const charge = provider.ledger[n]
        const path = new URL(charge?.pingbackUrl ?? 'https://none.test/').pathname
        const id = captchaId ?? charge?.captchaId ?? ''
        recorder.tell('provider', `calls back: ${id}`)
        pingback((use, run: Invocation) => use(readPingbackPath(path), id, run))
      }),
    sweep: (second: number) => at(second, () => sweep((use) => use())),
    /** Runs until that second and answers what happened. */
    async until(second: number): Promise<string> {
      await virtualTime.run(() => now() >= START + second * 1000)
      return `${withoutRepeats(options.onlySweeps ? aboutSweeps(recorder.lines) : recorder.lines).join('\n')}\n`
    },
  }
}

export type RecordedFleet = ReturnType<typeof recordedFleet>
