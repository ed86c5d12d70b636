import { RESULT_ERROR } from '../../../functions/contract/messages.ts'
import type { Message } from '../../../functions/core/message/message.ts'
import type { Result, Task } from '../../../functions/core/task/task.ts'
import type { Held } from '../../memory/queue.ts'
import type { Environment } from '../fleet/environment.ts'
import type { Charge } from '../model/charge.ts'
import type { SeedScenario } from '../model/seed-scenario.ts'
import { messageTaskId } from './message-task-id.ts'
import type { Step, StepOf } from './step.ts'
import { type InvalidMessage, newHistory, type TaskHistory } from './task-history.ts'

/** HTTP errors of one task that count as unpaid; those after them count as lost answers. */
export const MOST_HTTP_ERRORS = 5
const LATE_RESULT_MS = 600_000
/** A charge right after the full hour may stand on a reservation made right before it. */
const HOUR_EDGE_MS = 30_000
const HOUR_MS = 3_600_000

/** What one environment is at. */
interface Work {
  /** The batch of its present invocation, and when that began; null before the first one. */
  batch: { messages: readonly Message[]; at: number } | null
  /** Tasks of that batch that it submitted. */
  readonly bought: Task[]
  /** The failure of the last submit of each task in this invocation. */
  readonly refusals: Map<string, { retryAfterSeconds: number; at: number }>
  /** The provider asked at `askedAt` that no invocation submits before `until`; null: it never did. */
  backOff: { askedAt: number; until: number } | null
}

/** The log of what really happened, folded into what the invariants ask of it. */
export interface Log {
  readonly scenario: SeedScenario
  now(): number
  readonly tasks: ReadonlyMap<string, TaskHistory>
  /** Of a task that nobody has heard of: a history of its own, in which nothing has happened. */
  task(taskId: string): TaskHistory
  taskOfPoll(body: string): TaskHistory | undefined
  readonly invalidMessages: ReadonlyMap<string, InvalidMessage>
  readonly deadLetters: readonly Held[]
  /** Results about messages that are no task, by the id that they name. */
  readonly invalidResults: ReadonlyMap<string, number>
  /** The settled tasks by the invocation that counts them; null: nobody does yet. */
  readonly accountedBy: ReadonlyMap<string | null, ReadonlySet<TaskHistory>>
  /** Invocations whose worker died in them, or whose outcome item was refused at least once. */
  readonly unreliable: ReadonlySet<string>
  /** Batches that were received and not handed to their function, by why. */
  readonly refusals: ReadonlyMap<string, number>
  /** Seconds from when each solution was there to its first result. */
  readonly lateness: readonly number[]
  /** How often each message came back, by whether something that went wrong explains it. */
  readonly returns: ReadonlyMap<string, { excused: number; unexcused: number }>
  /** Messages that a queue itself gave up. */
  readonly exhausted: readonly string[]
  /** The attempts that each environment claimed in its present invocation, by task. */
  readonly claimsOf: ReadonlyMap<Environment, ReadonlyMap<string, string>>
  workOf(environment: Environment): Work
  /** Charges that count against the limit of this charge's hour; null: this one cannot be counted. */
  chargesInHourOf(charge: Charge): number | null
}

/** A log, and the one function that adds to it. */
export function makeLog(scenario: SeedScenario, now: () => number): { log: Log; add(step: Step): void } {
  const tasks = new Map<string, TaskHistory>()
  const invalidMessages = new Map<string, InvalidMessage>()
  const deadLetters: Held[] = []
  const invalidResults = new Map<string, number>()
  const accountedBy = new Map<string | null, Set<TaskHistory>>()
  const unreliable = new Set<string>()
  const refusals = new Map<string, number>()
  const lateness: number[] = []
  const returns = new Map<string, { excused: number; unexcused: number }>()
  const exhausted: string[] = []
  const claimsOf = new Map<Environment, Map<string, string>>()
  const chargesByHour = new Map<number, number>()
  const works = new Map<Environment, Work>()

  const task = (taskId: string): TaskHistory => entryOf(tasks, taskId, () => newHistory(taskId))
  const workOf = (environment: Environment): Work =>
    entryOf(works, environment, () => ({ batch: null, bought: [], refusals: new Map(), backOff: null }))
  const taskOfPoll = (body: string): TaskHistory | undefined => {
    const taskId = /^\{(?:"item":\{)?"taskId":"([^"]+)"/.exec(body)?.[1]
    return taskId === undefined ? undefined : tasks.get(taskId)
  }
  /** The task of a message on the task queue or the poll queue. */
  const taskOf = (message: Message): TaskHistory | undefined => tasks.get(messageTaskId(message))
  const count = (invocation: string | null, counted: TaskHistory): void => {
    entryOf(accountedBy, invocation, () => new Set<TaskHistory>()).add(counted)
  }
  const hourOf = ({ at }: Charge): number | null => {
    const hour = Math.floor(at / HOUR_MS)
    return at - hour * HOUR_MS < HOUR_EDGE_MS ? null : hour
  }

  function wrote({ transition, after, writer }: StepOf<'wrote'>): void {
    const history = task(after.taskId)
    history.item = after
    if (transition.kind === 'transferAccounting') {
      accountedBy.get(transition.from)?.delete(history)
      count(transition.to.invocation, history)
      return
    }
    if (transition.kind === 'claim') {
      history.claims.add(transition.item.attempt)
      if (writer?.dead) history.chargesUncertain = true
      if (writer !== null) entryOf(claimsOf, writer, () => new Map()).set(after.taskId, transition.item.attempt)
    }
    if (!('result' in after)) return
    const { result, settledBy, accounting } = after
    history.settled = { result, by: settledBy, accounting, at: now(), item: after }
    count(accounting.invocation, history)
  }

  function charged({ charge }: StepOf<'charged'>): void {
    task(charge.task.taskId).charges.push(charge)
    const hour = hourOf(charge)
    if (hour !== null) chargesByHour.set(hour, (chargesByHour.get(hour) ?? 0) + 1)
  }

  function submitAnswered({ environment, task: { taskId }, answer }: StepOf<'submitAnswered'>): void {
    const history = task(taskId)
    history.paying.delete(environment)
    if (answer.kind === 'lost') history.chargesUncertain = true
    if (answer.kind !== 'refused') return
    const { class: kind, retryAfterSeconds = 0 } = answer.failure
    const work = workOf(environment)
    work.refusals.set(taskId, { retryAfterSeconds, at: now() })
    if (kind === 'rate' || kind === 'blocked') {
      const until = Math.max(now() + retryAfterSeconds * 1000, work.backOff?.until ?? 0)
      work.backOff = { askedAt: now(), until }
    }
  }

  function polled({ environment, charge, answer }: StepOf<'polled'>): void {
    if (charge === null || !environment.name.startsWith('collect')) return
    const polls = entryOf(task(charge.task.taskId).polls, charge, () => ({ at: [], notBefore: 0 }))
    polls.at.push(now())
    const seconds = answer.kind === 'failed' ? (answer.failure.retryAfterSeconds ?? 0) : 0
    polls.notBefore = now() + seconds * 1000
  }

  function sent({ queue, message, result }: StepOf<'sent'>): void {
    if (queue === 'deadLetters') deadLetters.push(message)
    if (queue === 'polls') pollSent(message)
    if (result !== null) resultSent(result)
  }

  function resultSent(result: Result): void {
    const { taskId, error } = result
    if (error?.code === RESULT_ERROR.invalidTask) {
      invalidResults.set(taskId, (invalidResults.get(taskId) ?? 0) + 1)
      return
    }
    const history = task(taskId)
    if (error?.code === RESULT_ERROR.taskIdReused) {
      history.reused++
      return
    }
    history.results.push(result)
    history.lastResultAt = now()
    const { settled } = history
    if (settled !== null && now() > settled.at + LATE_RESULT_MS) history.resultSentLate = true
    if (history.solvedBy !== null || result.status !== 'solved' || result.solution === undefined) return
    const charge = history.charges.find(({ captchaId }) => captchaId === result.captchaId)
    if (charge === undefined) return
    history.solvedBy = charge
    lateness.push((now() - charge.readyAt) / 1000)
  }

  /** Two poll messages of one task do not know of each other's polls. */
  function pollSent({ body }: Held): void {
    const history = taskOfPoll(body)
    if (history === undefined) return
    const { firstPollAt, recorded } = JSON.parse(body)
    if (!recorded) history.disturbed = true
    if (firstPollAt === undefined || history.poll === body) history.pollForgotten = true
    history.poll = body
  }

  function ended({ environment, invocation, died }: StepOf<'ended'>): void {
    if (died) unreliable.add(invocation)
    for (const taskId of claimsOf.get(environment)?.keys() ?? []) {
      if (died || environment.faultCount > 0) task(taskId).chargesUncertain = true
    }
    claimsOf.delete(environment)
  }

  function disturb(message: Message): TaskHistory | undefined {
    const history = taskOf(message)
    if (history !== undefined) history.disturbed = true
    return history
  }

  function add(step: Step): void {
    switch (step.kind) {
      case 'wanted': {
        const history = task(step.taskId)
        history.wanted.push(step.wanted)
        if (history.wanted.length > 1) history.disturbed = true
        break
      }
      case 'invalidSent':
        invalidMessages.set(step.message.messageId, step.message)
        break
      case 'received': {
        const invalid = invalidMessages.get(step.message.messageId)
        if (invalid !== undefined) invalid.receives++
        break
      }
      case 'invoked': {
        const work = workOf(step.environment)
        work.batch = { messages: step.messages, at: now() }
        work.bought.length = 0
        work.refusals.clear()
        break
      }
      case 'wrote':
        wrote(step)
        break
      case 'submitLeft':
        task(step.task.taskId).paying.add(step.environment)
        workOf(step.environment).bought.push(step.task)
        break
      case 'charged':
        charged(step)
        break
      case 'httpError': {
        const history = task(step.task.taskId)
        history.httpErrors++
        if (step.masked !== null) history.masked++
        // Those above the limit count as lost answers, which are bought again only as often as the policy allows.
        if (step.masked !== null || history.httpErrors > MOST_HTTP_ERRORS) history.chargesUncertain = true
        break
      }
      case 'submitAnswered':
        submitAnswered(step)
        break
      case 'polled':
        polled(step)
        break
      case 'unsolved': {
        const history = task(step.charge.task.taskId)
        const causes = step.why === 'unsolvable' ? history.unsolvable : history.lostIdResubmits
        causes.add(step.charge.captchaId)
        break
      }
      case 'sent':
        sent(step)
        break
      case 'invocationRefused':
        refusals.set(step.why, (refusals.get(step.why) ?? 0) + 1)
        break
      case 'returned':
        entryOf(returns, step.message.messageId, () => ({ excused: 0, unexcused: 0 }))[
          step.isExcused ? 'excused' : 'unexcused'
        ]++
        if (step.isExcused) disturb(step.message)
        break
      case 'deliveredTwice': {
        const history = taskOfPoll(step.message.body)
        if (history !== undefined) history.deliveredTwice = true
        break
      }
      case 'pollDisturbed': {
        const history = taskOfPoll(step.message.body)
        if (history !== undefined) history.pollForgotten = true
        break
      }
      case 'exhausted':
        exhausted.push(step.messageId)
        break
      case 'outcomeUnanswered':
        unreliable.add(step.invocation)
        break
      case 'ended':
        ended(step)
        break
      case 'submitArrived':
      case 'tooLarge':
      case 'judged':
      case 'lastReceiveFailed':
      case 'threw':
      case 'endless':
      case 'atRest':
        break
    }
  }

  const log: Log = {
    ...{ scenario, now, tasks, task, taskOfPoll, invalidMessages, deadLetters, invalidResults, accountedBy },
    ...{ unreliable, refusals, lateness, returns, exhausted, claimsOf, workOf },
    chargesInHourOf(charge) {
      const hour = hourOf(charge)
      return hour === null ? null : (chargesByHour.get(hour) ?? 0)
    },
  }
  return { log, add }
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
