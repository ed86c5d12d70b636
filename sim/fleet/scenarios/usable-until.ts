import { assembleCollect } from '../../../functions/collect/assemble.ts'
import { LIMITS, workerTimeoutSeconds } from '../../../functions/contract/limits.ts'
import { SETTINGS } from '../../../functions/contract/settings.ts'
import { initialAdmission } from '../../../functions/core/admission/item/initial.ts'
import type { BatchUseCase, Provider } from '../../../functions/core/ports.ts'
import type { Result } from '../../../functions/core/task/task.ts'
import { assembleSubmit } from '../../../functions/submit/assemble.ts'
import { memoryAdmissionStore } from '../../memory/admission-store.ts'
import { memoryClock } from '../../memory/clock.ts'
import { memoryIds } from '../../memory/ids.ts'
import { defaultObserveSettings } from '../../memory/observe-settings.ts'
import { memoryOutbox } from '../../memory/outbox.ts'
import { memoryOutcomeStore } from '../../memory/outcome-store.ts'
import { memoryProvider } from '../../memory/provider.ts'
import { memoryQueues } from '../../memory/queues.ts'
import { memoryTaskStore } from '../../memory/task-store.ts'
import { memoryVisibility } from '../../memory/visibility.ts'
import { logNormal, type Random, seededRandom } from '../../support/random.ts'

/** How far the `usableUntil` of one solved task is from the truth, which only its provider knows. */
interface UsableUntil {
  /** Milliseconds by which it is too early; negative: too late. */
  early: number
  /** From the submit until the provider had it. */
  age: number
  /** Between the poll that found the solution and the poll, or submit, before it. */
  interval: number
  /** Until its solution was sent, from the moment the provider had it. */
  delay: number
  /** From the moment the provider had it to the first planned poll; 0 where it was not solved by then. */
  beforeFirstPoll: number
}

const PROVIDER_TIMEOUT_SECONDS = 10
const TOKEN_LIFE_MS = LIMITS.tokenLifeSeconds * 1000
const FIRST_POLL_MS = 15_000
/** Solve times of reCAPTCHA v2: log-normal, median 20 s, sigma 0.7. */
const MEDIAN_SECONDS = 20
const SIGMA = 0.7

/**
 * Tasks one after the other on the real use cases, in virtual time. `waitSeconds`: what the event source waits
 * between the moment a message is visible and the invocation.
 */
export async function usableUntils(waitSeconds: number, tasks: number, seed = 1): Promise<UsableUntil[]> {
  const random = seededRandom(seed)
  const all: UsableUntil[] = []
  for (let n = 0; n < tasks; n += 1) {
    const one = await oneTask(waitSeconds * 1000, random)
    if (one !== null) all.push(one)
  }
  return all
}

async function oneTask(wait: number, random: Random): Promise<UsableUntil | null> {
  const clock = memoryClock(undefined, { skip: true })
  const now = () => clock.now()
  const queues = memoryQueues(now)
  const solveSeconds = Math.min(170, logNormal(random, MEDIAN_SECONDS, SIGMA))
  const real = memoryProvider(now, { submit: () => ({ kind: 'accept', afterSeconds: solveSeconds }) })
  const polls: number[] = []
  const takes = () => clock.advance(50 + Math.floor(200 * random.next()))
  const provider: Provider = {
    ...real,
    async submit(task, url) {
      await takes()
      const answer = await real.submit(task, url)
      polls.push(now())
      await takes()
      return answer
    },
    async result(captchaId) {
      await takes()
      polls.push(now())
      const answer = await real.result(captchaId)
      await takes()
      return answer
    },
  }
  const timeoutSeconds = workerTimeoutSeconds(PROVIDER_TIMEOUT_SECONDS)
  const common = {
    ...{ tasks: memoryTaskStore(now), outcomes: memoryOutcomeStore(), sender: memoryOutbox(queues) },
    ...{ providers: [provider], clock, log: () => {}, ids: memoryIds(random.fork()) },
    admission: memoryAdmissionStore({ kind: 'admission', admission: initialAdmission([provider.name]) }),
  }
  const timing = {
    timeoutSeconds,
    providerTimeoutSeconds: PROVIDER_TIMEOUT_SECONDS,
    pollSeconds: null,
    stalledSeconds: SETTINGS.stalledSeconds.default,
  }
  const settings = { worker: 'w', ...timing, ...defaultObserveSettings }
  const noSpendLimit = { spendPerHour: null, spendPerDay: null }
  const submit = assembleSubmit(
    { ...common, digest: (text) => text },
    { ...settings, ...noSpendLimit, maxReceiveCount: 10, maxInFlight: 100, rebuyUnknown: 1, firstPollSeconds: null },
  )
  const collect = assembleCollect({ ...common, visibility: memoryVisibility(queues.polls) }, settings)

  /** One invocation once the next message of a queue is visible and the event source has waited. */
  async function turn(name: 'tasks' | 'polls', useCase: BatchUseCase): Promise<void> {
    const queue = queues[name]
    await clock.advance(Math.max(0, queue.nextVisibleAt() - now()) + (name === 'polls' ? wait : 0))
    await clock.advance(20 + Math.floor(60 * random.next()))
    const messages = queue.receive(10)
    const failed = await useCase(messages, { id: 'i', endsAt: now() + timeoutSeconds * 1000 })
    for (const { messageId, receipt } of messages) if (!failed.includes(messageId)) queue.remove(receipt)
  }

  queues.tasks.send({ body: JSON.stringify({ sitekey: '6Lc-test', pageurl: 'https://forms.example.test/' }) })
  await turn('tasks', submit)
  while (queues.polls.held.size > 0) await turn('polls', collect)
  const [sent] = [...queues.results.held.values()]
  const [charge] = real.ledger
  const result: Result | null = sent === undefined ? null : JSON.parse(sent.body)
  if (sent === undefined || charge === undefined || result?.usableUntil === undefined) return null
  const truth = charge.readyAt + TOKEN_LIFE_MS
  return {
    early: truth - Date.parse(result.usableUntil),
    age: charge.readyAt - charge.at,
    interval: (polls.at(-1) ?? 0) - (polls.at(-2) ?? 0),
    delay: sent.sentAt - charge.readyAt,
    beforeFirstPoll: Math.max(0, charge.at + FIRST_POLL_MS - charge.readyAt),
  }
}
