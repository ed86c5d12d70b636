import { eachCount, type OutcomeItem, type Summary } from '../../../functions/core/outcome/summary.ts'
import { isSettled, type TaskItem } from '../../../functions/core/task/task.ts'
import type { TaskHistory } from '../oracle/task-history.ts'
import type { World } from '../world.ts'

/** What must hold when everything has come to rest: faults over, queues empty, dead letters moved back. */
export function audit(world: World): void {
  for (const task of world.truth.tasks.values()) auditTask(world, task)
  auditMisfits(world)
  auditDeadLetters(world)
  auditOutcomes(world)
}

function auditTask({ truth, tasks }: World, task: TaskHistory): void {
  const { taskId, settled, charges } = task
  if (task.wanted.length > 0 && settled === null) {
    truth.fail('no task is lost', `${taskId} is ${task.item?.state ?? 'in no table'} at the end`)
    return
  }
  const item = tasks.items.get(taskId)
  if (settled === null || item === undefined || !isSettled(item)) {
    truth.fail('nothing settles but tasks', `${taskId} is ${item?.state}`)
    return
  }
  const { result } = settled
  if (item.reply !== 'record') {
    // So long after it was solved, a provider that cannot be asked is not asked again; that it was solved is still told.
    const told = task.results.filter(
      ({ status, solution }) => status !== 'solved' || solution !== undefined || task.resultSentLate,
    )
    if (told.length === 0) truth.fail('every settled task has its result', `${taskId} has none, ${result.status}`)
  }
  if (item.reply !== 'queue' && result.status === 'solved' && result.solution === undefined) {
    truth.fail('every settled task has its result', `${taskId} has no solution in its record`)
  }
  const payloads = new Set(task.wanted.map(({ payload }) => payload))
  const asked = task.wanted.filter(({ reply, sentAt }) => reply !== 'record' && sentAt > settled.at)
  if (payloads.size === 1 && asked.some(({ sentAt }) => task.lastResultAt < sentAt)) {
    truth.fail('a settled task that is sent again is answered', `${taskId} was not, ${result.status}`)
  }
  if (payloads.size > 1 && task.reused === 0) {
    truth.fail('another payload is refused', `${taskId} came with ${payloads.size} payloads, none was refused`)
  }
  if (
    result.attempts < charges.length - task.masked ||
    (!task.chargesUncertain && result.attempts !== charges.length)
  ) {
    truth.fail('attempts tell all charges', `${taskId} tells ${result.attempts}, the ledger has ${charges.length}`)
  }
}

function auditMisfits({ truth, plan }: World): void {
  for (const { messageId, taskId, receives } of truth.misfits.values()) {
    const letters = truth.deadLetters.filter(({ attributes }) => attributes.origin === messageId)
    const many = receives > 1 || (truth.returns.get(messageId)?.excused ?? 0) > 0
    const sentTwice = letters.length > 1 && plan.faults.sendTwice !== undefined
    if (letters.length !== 1 && !(letters.length > 1 && (many || sentTwice))) {
      truth.fail('an invalid message gets exactly one dead letter', `${messageId} has ${letters.length}`)
    }
    if (!letters.every(({ attributes }) => attributes.reason?.startsWith('INVALID_TASK: '))) {
      truth.fail('a dead letter says why', `${messageId}: ${letters[0]?.attributes.reason}`)
    }
    if (!truth.invalidResults.has(taskId)) truth.fail('an invalid message gets its result', `${taskId} has none`)
  }
}

/** A healthy message is dead-lettered only because of what was done to it, not of what the fleet did by itself. */
function auditDeadLetters({ truth, aws }: World): void {
  const spare = (aws.deployed.pollMaxReceiveCount - aws.deployed.pollRenewReceiveCount) / 2
  for (const messageId of truth.exhausted) {
    const returns = truth.returns.get(messageId)
    if ((returns?.excused ?? 0) < (messageId.startsWith('polls') ? spare : 5)) {
      truth.fail('healthy messages stay under the redrive limit', `${messageId}: ${JSON.stringify(returns)}`)
    }
  }
  for (const [messageId, { unexcused }] of truth.returns) {
    if (messageId.startsWith('tasks') && unexcused > 3) {
      truth.fail('healthy messages stay under the redrive limit', `${messageId} came back ${unexcused} times by itself`)
    }
  }
}

function auditOutcomes(world: World): void {
  const { truth } = world
  const items = world.outcomes.all()
  const known = new Map(items.map((item) => [item.invocation, item]))
  for (const [invocation, tasks] of truth.accountedBy) {
    const item = invocation === null ? undefined : known.get(invocation)
    if (item !== undefined) auditItem(world, item, [...tasks])
    else if (tasks.size > 0 && (invocation === null || !truth.unreliable.has(invocation))) {
      truth.fail('every invocation writes its outcome', `${invocation} did not`)
    }
  }
  for (const item of items) if (!truth.accountedBy.has(item.invocation)) auditItem(world, item, [])
  auditCharges(world, known)
  auditRecord(world, items)
}

const settledAs = (tasks: TaskHistory[], state: TaskItem['state']) =>
  tasks.filter(({ settled }) => settled?.item.state === state)

/** One outcome item against what its invocation settled. */
function auditItem({ truth }: World, item: OutcomeItem, tasks: TaskHistory[]): void {
  const expired = settledAs(tasks, 'expired')
  const failed = settledAs(tasks, 'failed')
  const submitted = (task: TaskHistory) => task.settled?.result.submittedAt !== undefined
  const counted = expired.filter(submitted).length + failed.filter(lengthensStreak).length
  const solved = settledAs(tasks, 'solved').length
  const truths = {
    solved,
    failed: failed.length,
    failedCharged: failed.filter(submitted).length,
    expiredSubmitted: expired.filter(submitted).length,
    expiredWaiting: expired.filter((task) => !submitted(task)).length,
    counted,
  }
  for (const [name, value] of Object.entries(truths)) {
    const told = item[name as keyof typeof truths]
    if (told !== value) {
      truth.fail('outcomes count each settlement once', `${item.invocation} tells ${name} ${told}, true is ${value}`)
    }
  }
  const trailing = item.trailingFailures
  if (solved === 0 ? trailing !== counted : trailing > counted) {
    truth.fail('the streak is that of the settle log', `${item.invocation} tells ${trailing} of ${counted}`)
  }
}

const lengthensStreak = ({ settled }: TaskHistory): boolean =>
  ['unsolvable', 'uncertain', 'transient', 'unknown'].includes(settled?.result.error?.class ?? '')

const explained = (s: Summary): number => s.solved + s.failedCharged + s.expiredSubmitted + s.resubmitted + s.unknown

/** Every charge on the ledger is explained by what the outcomes tell. */
function auditCharges({ truth }: World, known: Map<string, OutcomeItem>): void {
  let charges = 0
  let clean = true
  for (const [invocation, tasks] of truth.accountedBy) {
    if (invocation === null || !known.has(invocation)) continue
    for (const task of tasks) {
      charges += task.charges.length - task.masked
      clean &&= !task.chargesUncertain
    }
  }
  const told = [...known.values()].reduce((sum, item) => sum + explained(item), 0)
  if (told < charges || (clean && told !== charges)) {
    truth.fail('every charge is explained', `the ledger has ${charges}, the outcomes explain ${told}`)
  }
}

/** The readiness record against a plain count over the outcome items in order of time. */
function auditRecord({ truth, record }: World, items: OutcomeItem[]): void {
  const totals = record.stored()?.evidence.totals
  if (totals === undefined) return
  const sums = { ...eachCount(0), trailingFailures: 0 }
  let name: keyof typeof sums
  for (const item of items) {
    const streak = (item.lastSolveAt === null ? sums.trailingFailures : 0) + item.trailingFailures
    for (name in sums) sums[name] += item[name]
    sums.trailingFailures = streak
  }
  for (name in sums) {
    if (totals[name] !== sums[name]) {
      truth.fail('the record tells what the outcomes tell', `${name} is ${totals[name]}, should be ${sums[name]}`)
    }
  }
}
