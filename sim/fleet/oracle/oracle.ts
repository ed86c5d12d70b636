import { LIMITS } from '../../../functions/contract/limits.ts'
import type { QueueName } from '../../../functions/core/message/message.ts'
import type { SubmitAnswer } from '../../../functions/core/provider/answers.ts'
import { methodOf } from '../../../functions/core/provider/methods.ts'
import type { ReadinessRecord } from '../../../functions/core/record/record.ts'
import { PUNCTUAL_MS } from '../../../functions/core/task/last-pending.ts'
import type { TaskTransition } from '../../../functions/core/task/lifecycle.ts'
import type { Result, Task, TaskItem } from '../../../functions/core/task/task.ts'
import type { Held } from '../../memory/queue.ts'
import type { Environment } from '../fleet/environment.ts'
import type { Charge } from '../model/charge.ts'
import { InvariantViolation } from '../model/invariant-violation.ts'
import type { SeedScenario } from '../model/seed-scenario.ts'
import { type InvalidMessage, newHistory, type TaskHistory, type Wanted } from './task-history.ts'

/** Clocks that follow the table's may differ from it by as much (see server-clock.ts), milliseconds. */
const CLOCK_TOLERANCE = 2500
const TOKEN_LIFE = LIMITS.tokenLifeSeconds * 1000
/** The life of a token, and not the number that the fleet happens to use. */
const MOST_HTTP_ERRORS = 5
/** In a calm run everything happens within so long of when it is due, milliseconds. */
const SOON = 2500
/** A look so long before the next one may count for nothing: longer than Lambda ever waits, milliseconds. */
const LONGEST_BELIEVED = 45_000
/** A look reaches its provider so long after it began, milliseconds. */
const LOOK_LEAVES = 300

/** The log of what really happened. Checks, at each step, what must always hold; `audit.ts` checks the end. */
export interface Oracle {
  readonly tasks: Map<string, TaskHistory>
  readonly misfits: Map<string, InvalidMessage>
  readonly deadLetters: Held[]
  readonly invalidResults: Map<string, number>
  /** The settled tasks by the invocation that counts them; null: nobody does yet. */
  readonly accountedBy: Map<string | null, Set<TaskHistory>>
  /** Invocations whose worker died in them, or whose outcome item was refused at least once. */
  readonly unreliable: Set<string>
  /** Whose write the table is carrying out. */
  writer: Environment | null
  /** The first invariant that broke. */
  broken: InvariantViolation | null
  fail(invariant: string, detail: string): void
  wants(task: { taskId: string } & Wanted): void
  misfit(misfit: InvalidMessage): void
  wrote(event: TaskTransition, before: TaskItem | undefined, after: TaskItem): void
  submitLeaves(environment: Environment, task: Task): void
  submitArrives(environment: Environment, task: Task): void
  charged(environment: Environment, charge: Charge): void
  /** A submit is answered with an HTTP error; `masked`: the charge that it hides. */
  httpError(task: Task, masked?: Charge): void
  submitEnds(environment: Environment, task: Task, answer: SubmitAnswer): void
  unsolved(charge: Charge, why: 'unsolvable' | 'lostId'): void
  sent(queue: QueueName, message: Held): void
  /** Batches that were received and not handed to their function, by why. */
  readonly refusals: Map<string, number>
  refused(why: string): void
  /** Most invocations of one function along one chain of messages. */
  longestChain: number
  /** Seconds from when each solution was there to its first result. */
  readonly lateness: number[]
  /** What a sweep said of the fleet. */
  judged(record: ReadinessRecord): void
  /** How often each message came back, by whether something that went wrong explains it. */
  /** Messages that the queue itself gave up, after as many receives as it allows. */
  readonly exhausted: string[]
  readonly returns: Map<string, { excused: number; unexcused: number }>
  returned(messageId: string, excused: boolean): void
  /** A message is shown to a second worker while the first is at it. */
  deliveredTwice(body: string): void
  /** A worker that had this poll message died or was faultCount, or the message could not be deleted. */
  pollHurt(body: string): void
  /** An invocation is over, well or not. */
  ended(environment: Environment, invocation: string, died: boolean): void
}

export function makeOracle(plan: SeedScenario, now: () => number, ignore: ReadonlySet<string>): Oracle {
  const tasks = new Map<string, TaskHistory>()
  const claimsOf = new Map<Environment, Map<string, string>>()
  const chargesByHour = new Map<number, number>()
  const solvedBy = new Map<string, Charge>()

  const truthOf = (taskId: string): TaskHistory => {
    let found = tasks.get(taskId)
    if (found === undefined) {
      found = newHistory(taskId)
      tasks.set(taskId, found)
    }
    return found
  }
  const fail: Oracle['fail'] = (invariant, detail) => {
    if (!ignore.has(invariant)) truth.broken ??= new InvariantViolation(invariant, detail)
  }
  const must = (holds: boolean, invariant: string, detail: () => string): void => {
    if (!holds) fail(invariant, detail())
  }

  function settles(task: TaskHistory, event: TaskTransition, after: TaskItem): void {
    if (!('result' in after)) return
    const { result, settledBy, accounting, settledAt } = after
    must(task.settled === null, 'settled at most once', () => `${task.taskId} was settled again by ${event.kind}`)
    task.settled = { result, by: settledBy, accounting, at: now(), item: after }
    count(accounting.invocation, task)
    must(
      task.wanted.some(({ deadlineAt }) => Math.abs(deadlineAt - after.deadlineAt) <= 1),
      'the deadline is that of a message of the client',
      () => `${task.taskId} has the deadline ${after.deadlineAt}`,
    )
    if (after.state === 'expired') {
      // A producer that sends again gives its task another deadline; whichever comes first may end it.
      const early = Math.min(...task.wanted.map(({ deadlineAt }) => deadlineAt)) - now()
      must(early <= CLOCK_TOLERANCE, 'nothing expires early', () => `${task.taskId} expired ${early} ms early`)
      soon('an expired task is told of soon after its deadline', after.deadlineAt, task.taskId)
    }
    if (after.state === 'solved') {
      const late = settledAt - after.deadlineAt
      must(late <= CLOCK_TOLERANCE, 'nothing is solved after its deadline', () => `${task.taskId} by ${late} ms`)
    }
    must(
      result.attempts >= task.charges.length - task.masked,
      'attempts tell all charges',
      () => `${task.taskId} tells ${result.attempts} of ${task.charges.length}`,
    )
  }

  function soon(invariant: string, dueAt: number, taskId: string): void {
    const late = Math.round(now() - dueAt)
    if (plan.calm) must(late <= SOON, invariant, () => `${taskId} is ${late} ms late`)
  }

  function claimedBy(environment: Environment | null, { taskId, attempt }: TaskItem): void {
    if (environment === null) return
    if (environment.dead) truthOf(taskId).chargesUncertain = true
    const claims = claimsOf.get(environment) ?? new Map<string, string>()
    claimsOf.set(environment, claims.set(taskId, attempt))
  }

  function count(invocation: string | null, task: TaskHistory): void {
    const counted = truth.accountedBy.get(invocation)
    if (counted === undefined) truth.accountedBy.set(invocation, new Set([task]))
    else counted.add(task)
  }

  function resultSent(message: Held): void {
    const result: Result = JSON.parse(message.body)
    const { taskId, status, error } = result
    if (error?.code === 'INVALID_TASK') {
      truth.invalidResults.set(taskId, (truth.invalidResults.get(taskId) ?? 0) + 1)
      return
    }
    const task = truthOf(taskId)
    if (error?.code === 'TASK_ID_REUSED') {
      task.reused++
      const payloads = new Set(task.wanted.map(({ payload }) => payload))
      must(payloads.size > 1, 'only another payload is refused', () => `${taskId} was told TASK_ID_REUSED`)
      return
    }
    task.results.push(result)
    task.lastResultAt = now()
    const { settled } = task
    if (settled !== null && now() > settled.at + 600_000) task.resultSentLate = true
    if (settled === null) {
      fail('a result implies a settled task', `${taskId} has a result before it is settled`)
      return
    }
    must(
      sameBut(result, settled.result),
      'all results of a task tell the same',
      () => `${taskId}: ${JSON.stringify(result)} beside ${JSON.stringify(settled.result)}`,
    )
    if (status === 'solved' && result.solution !== undefined) solutionIsTrue(task, result)
  }

  function solutionIsTrue(task: TaskHistory, result: Result): void {
    const { taskId } = task
    const charge = task.charges.find(({ captchaId }) => captchaId === result.captchaId)
    if (charge === undefined || charge.fate !== 'solved' || !equal(charge.solution, result.solution)) {
      fail('every solution is the provider’s for that task', `${taskId} got ${JSON.stringify(result.solution)}`)
      return
    }
    const first = solvedBy.get(taskId) ?? charge
    if (!solvedBy.has(taskId)) {
      truth.lateness.push((now() - charge.readyAt) / 1000)
      soon('a result comes with the next planned look', nextLookAt(charge), taskId)
    }
    solvedBy.set(taskId, first)
    must(first === charge, 'all results of a task tell the same', () => `${taskId} has two solutions`)
    // A callback is taken at its word about the time; one that is late itself cannot be told from one that is not.
    const isCalled = task.settled?.accounting.via === 'callback'
    if (result.usableUntil === undefined || (isCalled && charge.calledLate) || task.deliveredTwice) return
    const issuedAt = Math.max(charge.readyAt, Date.parse(result.submittedAt ?? ''))
    const over = Date.parse(result.usableUntil) - (issuedAt + TOKEN_LIFE)
    must(
      over <= CLOCK_TOLERANCE,
      'usableUntil is never too late',
      () => `${taskId} says ${Math.round(over)} ms too much of ${charge.captchaId} ready ${charge.readyAt}`,
    )
    // A worker whose clock is wrong, or that gets a message very late, believes less than it could.
    const isVeryLate = now() - charge.pendingAt > LONGEST_BELIEVED
    if (isCalled || task.lookForgotten || plan.skew > 0 || isVeryLate) return
    const under = charge.pendingAt + TOKEN_LIFE - Date.parse(result.usableUntil)
    must(
      under <= PUNCTUAL_MS + LOOK_LEAVES,
      'usableUntil forgets no answered look',
      () => `${taskId} says ${Math.round(under)} ms too little of ${charge.captchaId} pending ${charge.pendingAt}`,
    )
  }

  /** Two poll messages of one task do not know of each other's looks. */
  function pollSent({ body }: Held): void {
    const task = taskOfPoll(body)
    if (task === undefined) return
    const { firstPollAt } = JSON.parse(body)
    if (firstPollAt === undefined || task.poll === body) task.lookForgotten = true
    task.poll = body
  }

  const taskOfPoll = (body: string): TaskHistory | undefined => {
    const taskId = /^\{"taskId":"([^"]+)"/.exec(body)?.[1]
    return taskId === undefined ? undefined : tasks.get(taskId)
  }

  const truth: Oracle = {
    tasks,
    misfits: new Map(),
    deadLetters: [],
    invalidResults: new Map(),
    accountedBy: new Map(),
    unreliable: new Set(),
    exhausted: [],
    refusals: new Map(),
    longestChain: 0,
    lateness: [],
    returns: new Map(),
    writer: null,
    broken: null,
    fail,
    wants({ taskId, ...wanted }) {
      truthOf(taskId).wanted.push(wanted)
    },
    misfit(misfit) {
      truth.misfits.set(misfit.messageId, misfit)
    },
    wrote(event, before, after) {
      const task = truthOf(after.taskId)
      task.item = after
      if (event.kind === 'transferAccounting') {
        truth.accountedBy.get(event.from)?.delete(task)
        count(event.to.invocation, task)
        return
      }
      must(task.settled === null, 'settled at most once', () => `${task.taskId} was settled, then came ${event.kind}`)
      if (event.kind === 'claim') {
        task.claims.add(event.item.attempt)
        claimedBy(truth.writer, event.item)
        must(
          before?.state !== 'submitted',
          'what is in flight is not bought again',
          () => `${task.taskId} was claimed over ${before?.attempt}`,
        )
      }
      settles(task, event, after)
    },
    submitLeaves(environment, { taskId }) {
      const task = truthOf(taskId)
      for (const other of task.paying) {
        must(
          other.dead,
          'one paid call at a time',
          () => `${environment.name} and ${other.name} both pay for ${taskId}`,
        )
      }
      task.paying.add(environment)
      const left = environment.endsAt - now()
      must(
        left >= 10_000,
        'no paid call starts without time left',
        () => `${environment.name} pays for ${taskId} with ${Math.round(left)} ms left`,
      )
    },
    submitArrives(environment, { taskId }) {
      if (environment.dead) return
      const task = truthOf(taskId)
      const attempt = claimsOf.get(environment)?.get(taskId)
      const { item, settled } = task
      const held = item?.state === 'claimed' && item.attempt === attempt && item.leaseUntil > 0
      must(
        attempt !== undefined && task.claims.has(attempt) && (held || settled !== null),
        'no paid call without a durable claim',
        () => `${environment.name} pays for ${taskId} as ${attempt}, the table says ${item?.state} ${item?.attempt}`,
      )
    },
    charged(environment, charge) {
      const { taskId } = charge.task
      const task = truthOf(taskId)
      task.charges.push(charge)
      const sentAt = Math.min(...task.wanted.map((wanted) => wanted.sentAt))
      if (task.charges.length === 1) soon('a task is bought soon after it was sent', sentAt, taskId)
      must(
        task.charges[0]?.task.sitekey === charge.task.sitekey,
        'one id, one payload',
        () => `${taskId} was bought with two payloads`,
      )
      must(task.wanted.length > 0, 'nothing but tasks is paid for', () => `${taskId} was charged`)
      const allowed =
        1 + plan.rebuyUnknown + Math.min(2, task.unsolvable.size) + Math.min(1, task.lostIdResubmits.size) + task.masked
      must(
        task.charges.length <= allowed,
        'charges per task are bounded',
        () => `${taskId} has ${task.charges.length} charges, ${allowed} are allowed`,
      )
      spends(charge, environment)
    },
    httpError({ taskId }, masked) {
      const task = truthOf(taskId)
      task.httpErrors++
      if (masked !== undefined) task.masked++
      // Those above the limit count as lost answers, which are bought again only as often as the policy allows.
      const allowed = MOST_HTTP_ERRORS + 1 + plan.rebuyUnknown
      if (masked !== undefined || task.httpErrors > MOST_HTTP_ERRORS) task.chargesUncertain = true
      must(
        task.httpErrors <= allowed,
        'HTTP errors per task are bounded',
        () => `${taskId} was answered with ${task.httpErrors} HTTP errors, ${allowed} are allowed`,
      )
    },
    submitEnds(environment, { taskId }, answer) {
      const task = truthOf(taskId)
      task.paying.delete(environment)
      if (answer.kind === 'lost') task.chargesUncertain = true
    },
    unsolved({ task: { taskId }, captchaId }, why) {
      const task = truthOf(taskId)
      if (why === 'unsolvable') task.unsolvable.add(captchaId)
      else task.lostIdResubmits.add(captchaId)
    },
    sent(queue, message) {
      if (queue === 'results') resultSent(message)
      if (queue === 'polls') pollSent(message)
      if (queue === 'deadLetters') truth.deadLetters.push(message)
    },
    refused(why) {
      truth.refusals.set(why, (truth.refusals.get(why) ?? 0) + 1)
    },
    judged({ raw }) {
      if (!plan.calm) return
      const wrong = raw.issues.filter((issue) => issue.startsWith('stalled_for'))
      if (raw.mode === 'emergency') wrong.push('emergency')
      must(wrong.length === 0, 'a fleet that works is not called stalled', () => wrong.join(' '))
    },
    deliveredTwice(body) {
      const task = taskOfPoll(body)
      if (task !== undefined) task.deliveredTwice = true
    },
    pollHurt(body) {
      const task = taskOfPoll(body)
      if (task !== undefined) task.lookForgotten = true
    },
    returned(messageId, excused) {
      const returns = truth.returns.get(messageId) ?? { excused: 0, unexcused: 0 }
      truth.returns.set(messageId, returns)
      returns[excused ? 'excused' : 'unexcused']++
    },
    ended(environment, invocation, died) {
      if (died) truth.unreliable.add(invocation)
      const claims = claimsOf.get(environment)
      if (claims === undefined) return
      for (const taskId of claims.keys()) {
        if (died || environment.faultCount > 0) truthOf(taskId).chargesUncertain = true
      }
      claimsOf.delete(environment)
    },
  }

  /** A charge right after the full hour may stand on a reservation made right before it. */
  function spends(charge: Charge, environment: Environment): void {
    const { perHour } = plan.spend
    const hour = Math.floor(charge.at / 3_600_000)
    if (perHour === null || charge.at - hour * 3_600_000 < 30_000) return
    const spent = (chargesByHour.get(hour) ?? 0) + 1
    chargesByHour.set(hour, spent)
    must(
      spent <= perHour,
      'the spend limit holds',
      () => `${environment.name} made charge ${spent} of ${perHour} in an hour`,
    )
  }

  return truth
}

const equal = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

/** When the schedule of looks finds a solution: at the first look, or an interval after it was there at the latest. */
function nextLookAt({ at, readyAt, task }: Charge): number {
  const { firstPollSeconds, pollSeconds } = methodOf(task.method, task.params)
  const firstPollAt = at + firstPollSeconds * 1000
  return readyAt <= firstPollAt ? firstPollAt : readyAt + pollSeconds * 1000
}

/** Two results of one task, but for the solution, which not every copy carries, and the word that it was not kept. */
function sameBut(a: Result, b: Result): boolean {
  const { solution: _a, ...restA } = withoutNote(a)
  const { solution: _b, ...restB } = withoutNote(b)
  return equal(restA, restB)
}

function withoutNote({ error, ...result }: Result): Result {
  const isNote = result.status === 'solved' && error?.code === 'SOLUTION_NOT_KEPT' && result.solution === undefined
  return isNote || error === undefined ? result : { ...result, error }
}
