import type { Message } from '../../../../functions/core/message/message.ts'
import type { Task } from '../../../../functions/core/task/task.ts'
import { invariant } from '../invariant.ts'
import { messageTaskId } from '../message-task-id.ts'
import type { RunLog } from '../run-log.ts'

const PRIORITIES = ['critical', 'high', 'normal', 'low']
/** Why a task waits although its provider would take it: there is no room for another one. */
const NO_ROOM = /^(max_in_flight|spend_limit)=/

/** The worker's clock may be off by so much. */
const OFF_MS = 3000
/**
 * Half of the longest first poll. Where solve times were observed, the admission item has the fastest tenth of them.
 */
const SOLVE_SECONDS = 15
/** Until then an invocation has time left for a paid call. */
const LATE_MS = 5000

/** Who is bought first where there is no room for all. */
export const ORDER = [
  invariant('the more urgent task of a batch is bought first, then the older one', ['sent'], (step, log) => {
    const { queue, message, environment } = step
    const work = log.workOf(environment)
    if (queue !== 'tasks' || work.batch === null || !NO_ROOM.test(message.attributes.while ?? '')) return null
    const { messages } = work.batch
    const copies = messages.filter((one) => originOf(one) === message.attributes.origin)
    const [parked] = copies
    if (parked === undefined) return null
    // A task that is parked for another reason keeps the reason that it came with: because its claim is taken, it is
    // settled, or the invocation has too little time left.
    const keepsReason = copies.some((one) => one.attributes.while === message.attributes.while)
    const isLate = log.now() - work.batch.at > LATE_MS
    if (keepsReason && (isLate || isUndeliverable(parked, log) || log.task(messageTaskId(parked)).item !== undefined))
      return null
    const { at } = work.batch
    const isAfter = (task: Task) =>
      messages
        .filter((one) => messageTaskId(one) === task.taskId)
        .every((one) => [at - OFF_MS, at, at + OFF_MS].every((when) => isBefore(parked, one, when)))
    const bought = work.bought.find((task) => task.taskId !== messageTaskId(parked) && isAfter(task))
    return bought === undefined
      ? null
      : `${environment.name} bought ${bought.taskId} and parked ${messageTaskId(parked)} for want of room`
  }),
] as const

/** A task that can no longer be solved in time is not bought, whoever comes after it. */
function isUndeliverable(message: Message, { admission, now }: RunLog): boolean {
  const { deadlineSeconds = 300, method = 'userrecaptcha' } = JSON.parse(message.body)
  const least = Math.max(SOLVE_SECONDS, admission?.control.waits[method]?.fast ?? 0)
  return enqueuedAt(message) + (deadlineSeconds - least) * 1000 - OFF_MS <= now()
}

const originOf = ({ attributes, messageId }: Message): string => attributes.origin ?? messageId

function isBefore(a: Message, b: Message, at: number): boolean {
  const [urgencyA, urgencyB] = [urgencyOf(a, at), urgencyOf(b, at)]
  return urgencyA === urgencyB ? enqueuedAt(a) < enqueuedAt(b) : urgencyA < urgencyB
}

/** A task becomes more urgent by one step with each third of its deadline that it has waited. */
function urgencyOf(message: Message, at: number): number {
  const { priority = 'normal', deadlineSeconds = 300 } = JSON.parse(message.body)
  const thirds = Math.floor((3 * (at - enqueuedAt(message))) / (deadlineSeconds * 1000))
  return Math.max(0, PRIORITIES.indexOf(priority) - Math.max(0, thirds))
}

const enqueuedAt = ({ attributes, sentAt }: Message): number => Number(attributes.enqueuedAt ?? sentAt)
