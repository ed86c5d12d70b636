import { PUNCTUAL_MS } from '../../functions/core/last-pending.ts'
import type { TaskEvent } from '../../functions/core/lifecycle.ts'
import { methodOf } from '../../functions/core/methods.ts'
import type { QueueName, SubmitAnswer } from '../../functions/core/ports.ts'
import type { ReadinessRecord } from '../../functions/core/readiness.ts'
import type { Result, Task, TaskItem } from '../../functions/core/task.ts'
import type { Held } from '../memory/queue.ts'
import { Broken } from './broken.ts'
import type { Environment } from './environment.ts'
import type { Plan } from './plan.ts'
import type { Charge } from './solver.ts'
import { type Misfit, type TaskTruth, unseen, type Wanted } from './task-truth.ts'

/** Clocks that follow the table's may differ from it by as much (see server-clock.ts), milliseconds. */
const CLOCK_TOLERANCE = 2500
const TOKEN_LIFE = 120_000
/** DESIGN 4, and not the number that the fleet happens to use. */
const MOST_HTTP_ERRORS = 5
/** In a calm run everything happens within so long of when it is due, milliseconds. */
const SOON = 2500
/** A look so long before the next one may count for nothing: longer than Lambda ever waits, milliseconds. */
const LONGEST_BELIEVED = 45_000
/** A look reaches its provider so long after it began, milliseconds. */
const LOOK_LEAVES = 300

/** The log of what really happened. Checks, at each step, what must always hold; `audit.ts` checks the end. */
export interface Truth {
  readonly tasks: Map<string, TaskTruth>
  readonly misfits: Map<string, Misfit>
  readonly deadLetters: Held[]
  readonly invalidResults: Map<string, number>
  readonly settledIn: Map<string, Set<TaskTruth>>
  /** Invocations whose worker died in them, or whose outcome item was refused at least once. */
  readonly unreliable: Set<string>
  /** Whose write the table is carrying out. */
  writer: Environment | null
  /** The first invariant that broke. */
  broken: Broken | null
  fail(invariant: string, detail: string): void
  wants(task: { taskId: string } & Wanted): void
  misfit(misfit: Misfit): void
  wrote(event: TaskEvent, before: TaskItem | undefined, after: TaskItem): void
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
  cameBack(messageId: string, excused: boolean): void
  /** A message is shown to a second worker while the first is at it. */
  doubled(body: string): void
  /** A worker that had this poll message died or was hurt, or the message could not be deleted. */
  pollHurt(body: string): void
  /** An invocation is over, well or not. */
  ended(environment: Environment, invocation: string, died: boolean): void
}

export function makeTruth(plan: Plan, now: () => number, ignore: ReadonlySet<string>): Truth {
  const tasks = new Map<string, TaskTruth>()
  const claimsOf = new Map<Environment, Map<string, string>>()
  const chargesByHour = new Map<number, number>()
  const solvedBy = new Map<string, Charge>()

  const truthOf = (taskId: string): TaskTruth => {
    let found = tasks.get(taskId)
    if (found === undefined) {
      found = unseen(taskId)
      tasks.set(taskId, found)
    }
    return found
  }
  const fail: Truth['fail'] = (invariant, detail) => {
    if (!ignore.has(invariant)) truth.broken ??= new Broken(invariant, detail)
  }
  const must = (holds: boolean, invariant: string, detail: () => string): void => {
    if (!holds) fail(invariant, detail())
  }

  function settles(task: TaskTruth, event: TaskEvent, after: TaskItem): void {
    if (!('result' in after)) return
    const { result, settledBy, settledIn, settledAt } = after
    must(task.settled === null, 'settled at most once', () => `${task.taskId} was settled again by ${event.kind}`)
    task.settled = { result, by: settledBy, settledIn, at: now(), item: after }
    count(settledIn, task)
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
    if (environment.dead) truthOf(taskId).unclean = true
    const claims = claimsOf.get(environment) ?? new Map<string, string>()
    claimsOf.set(environment, claims.set(taskId, attempt))
  }

  function count(settledIn: string, task: TaskTruth): void {
    const counted = truth.settledIn.get(settledIn)
    if (counted === undefined) truth.settledIn.set(settledIn, new Set([task]))
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
    if (settled !== null && now() > settled.at + 600_000) task.toldLate = true
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

  function solutionIsTrue(task: TaskTruth, result: Result): void {
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
    const isCalled = task.settled?.settledIn.startsWith('pingback:')
    if (result.usableUntil === undefined || (isCalled && charge.calledLate) || task.doubled) return
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
    const { firstLookAt } = JSON.parse(body)
    if (firstLookAt === undefined || task.poll === body) task.lookForgotten = true
    task.poll = body
  }

  const taskOfPoll = (body: string): TaskTruth | undefined => {
    const taskId = /^\{"taskId":"([^"]+)"/.exec(body)?.[1]
    return taskId === undefined ? undefined : tasks.get(taskId)
  }

  const truth: Truth = {
    tasks,
    misfits: new Map(),
    deadLetters: [],
    invalidResults: new Map(),
    settledIn: new Map(),
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
      if (event.kind === 'recount') {
        truth.settledIn.get(counterOf(event.from))?.delete(task)
        count(counterOf(event.to), task)
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
        1 + plan.rebuyUnknown + Math.min(2, task.unsolvable.size) + Math.min(1, task.lostIds.size) + task.masked
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
      if (masked !== undefined || task.httpErrors > MOST_HTTP_ERRORS) task.unclean = true
      must(
        task.httpErrors <= allowed,
        'HTTP errors per task are bounded',
        () => `${taskId} was answered with ${task.httpErrors} HTTP errors, ${allowed} are allowed`,
      )
    },
    submitEnds(environment, { taskId }, answer) {
      const task = truthOf(taskId)
      task.paying.delete(environment)
      if (answer.kind === 'lost') task.unclean = true
    },
    unsolved({ task: { taskId }, captchaId }, why) {
      const task = truthOf(taskId)
      if (why === 'unsolvable') task.unsolvable.add(captchaId)
      else task.lostIds.add(captchaId)
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
    doubled(body) {
      const task = taskOfPoll(body)
      if (task !== undefined) task.doubled = true
    },
    pollHurt(body) {
      const task = taskOfPoll(body)
      if (task !== undefined) task.lookForgotten = true
    },
    cameBack(messageId, excused) {
      const returns = truth.returns.get(messageId) ?? { excused: 0, unexcused: 0 }
      truth.returns.set(messageId, returns)
      returns[excused ? 'excused' : 'unexcused']++
    },
    ended(environment, invocation, died) {
      if (died) truth.unreliable.add(invocation)
      const claims = claimsOf.get(environment)
      if (claims === undefined) return
      for (const taskId of claims.keys()) {
        if (died || environment.hurt > 0) truthOf(taskId).unclean = true
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
  const firstLookAt = at + firstPollSeconds * 1000
  return readyAt <= firstLookAt ? firstLookAt : readyAt + pollSeconds * 1000
}

/** The invocation that counts a settlement, without the time since when it does. */
const counterOf = (settledIn: string): string => settledIn.replace(/@.*$/, '')

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
