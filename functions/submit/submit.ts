import { errorName } from '../core/error-name.ts'
import { deadLetter } from '../core/message/dead-letter.ts'
import { ack, type Disposition, retryLater } from '../core/message/disposition.ts'
import type { Message } from '../core/message/message.ts'
import { problemText } from '../core/message/problem-text.ts'
import { resultMessages } from '../core/message/result-message.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { BatchUseCase, Clock, Invocation, Log, MessageSender } from '../core/ports.ts'
import { resultOf } from '../core/task/settlement.ts'
import type { Priority } from '../core/task/task.ts'
import { TABLE_UNREACHABLE } from '../core/task/waiting-reason.ts'
import type { RecordOutcome } from '../worker/record-outcome.ts'
import { sendInOrder } from '../worker/send-in-order.ts'
import type { Admission, Admitted } from './admission.ts'
import { makeKeyedSerializer } from './keyed-serializer.ts'
import type { Park } from './park.ts'
import type { ProcessTask } from './process-task.ts'
import { type InvalidMessage, parseTaskMessage, type TaskMessage } from './task-message.ts'

/** Of the problems in a log line, characters. */
const LONGEST_LOGGED = 400
const RANK: Record<Priority, number> = { critical: 0, high: 1, normal: 2, low: 3 }

/** The submit function: takes a batch of task messages, buys what may be bought, and loses nothing. */
export function makeSubmit(ports: {
  receive: ProcessTask
  admission: Admission
  park: Park
  sender: MessageSender
  clock: Clock
  log: Log
  digest: (text: string) => string
  recordOutcome: RecordOutcome
  /** The queue's own limit: a message that fails for the last time is dead-lettered by us, with its id and reason. */
  maxReceiveCount: number
}): BatchUseCase {
  const { receive, admission, park, sender, clock, log } = ports

  async function admit(wanted: number): Promise<Admitted> {
    try {
      return await admission.admit(wanted)
    } catch (error) {
      log('error', 'admission not possible', { error: errorName(error) })
      return { granted: 0, provider: null, reason: 'store', while: TABLE_UNREACHABLE }
    }
  }

  /** One bad record never costs its neighbours: whatever goes wrong, its message is kept. */
  async function handle(taskMessage: TaskMessage, admitted: Admitted, slot: boolean, run: Invocation) {
    const { taskId } = taskMessage.task
    try {
      if (slot && admitted.provider !== null) return await receive.buy(taskMessage, admitted.provider, run)
      const expired = clock.now() >= taskMessage.deadlineAt
      const disposition = expired ? await receive.expire(taskMessage, run) : await receive.resume(taskMessage, run)
      return { disposition: disposition ?? park(taskMessage, admitted.reason, admitted), keepsReservation: false }
    } catch (error) {
      // The table did not answer: nothing is paid for, the task waits: it fails closed.
      log('error', 'task kept', { taskId, error: errorName(error) })
      const parked = park(taskMessage, 'store', { while: TABLE_UNREACHABLE })
      return { disposition: { ...parked, events: [fault(), ...parked.events] }, keepsReservation: false }
    }
  }

  const fault = (): OutcomeEvent => ({ kind: 'fault', at: clock.now() })

  function refuse({ message, taskAttributes, taskId, problems }: InvalidMessage): Disposition {
    const at = clock.now()
    log('warn', 'invalid task', { taskId, problems: problemText(problems, LONGEST_LOGGED) })
    const ending = { kind: 'failed', code: 'INVALID_TASK', class: 'invalid', message: problemText(problems) } as const
    const result = resultOf({ taskId, enqueuedAt: taskAttributes.enqueuedAt, charges: 0 }, ending, at)
    const { body, receiveCount } = message
    const letter = deadLetter({ body, code: ending.code, problems, source: 'tasks', receiveCount }, taskAttributes)
    const events: OutcomeEvent[] = [
      { kind: 'invalid', at, code: ending.code },
      { kind: 'deadLettered', at },
    ]
    return ack(events, ...resultMessages(result, 'queue'), { queue: 'deadLetters', message: letter })
  }

  /** The last receive that the queue allows has failed: dead-lettered by us, so that a redrive knows the task's id. */
  async function giveUp(taskMessage: TaskMessage): Promise<{ kept: boolean; events: OutcomeEvent[] }> {
    const { message, taskAttributes } = taskMessage
    const problems = [`could not be handled in ${message.receiveCount} receives`]
    const { body, receiveCount } = message
    const letter = deadLetter(
      { body, code: 'FAILED_REPEATEDLY', problems, source: 'tasks', receiveCount },
      taskAttributes,
    )
    const [sent] = await sender.send('deadLetters', [letter])
    return { kept: sent !== true, events: sent ? [{ kind: 'deadLettered', at: clock.now() }] : [] }
  }

  /** The table does not answer, so not even the time is known: whatever is a task is parked, the rest comes back. */
  async function postpone(messages: Message[]): Promise<string[]> {
    log('error', 'table unreachable, batch kept', { messages: messages.length })
    const dispositions = messages.map((message) => {
      const read = parseTaskMessage(message, ports.digest)
      return 'taskMessage' in read ? park(read.taskMessage, 'store', { while: TABLE_UNREACHABLE }) : retryLater()
    })
    const arrived = await sendInOrder(sender, dispositions)
    const kept = messages.filter((_, i) => dispositions[i]?.end === 'retry' || arrived[i] !== true)
    return kept.map(({ messageId }) => messageId)
  }

  return async (messages, run) => {
    if (run.clockUnknown) return postpone(messages)
    const began = clock.now()
    const read = messages.map((message) => parseTaskMessage(message, ports.digest))
    const taskMessages = read.flatMap((one) => ('taskMessage' in one ? [one.taskMessage] : []))
    const waiting = taskMessages.filter((taskMessage) => began < taskMessage.deadlineAt)
    const admitted = await admit(waiting.length)
    const first = new Set(waiting.sort(byPriority).slice(0, admitted.granted))

    // Two messages of one task in one batch would each take the other's settlement for its own.
    const serialize = makeKeyedSerializer()
    const handled = await Promise.all(
      read.map(async (one) =>
        'misfit' in one
          ? { disposition: refuse(one.misfit), keepsReservation: false }
          : serialize(one.taskMessage.task.taskId, () =>
              handle(one.taskMessage, admitted, first.has(one.taskMessage), run),
            ),
      ),
    )
    const dispositions = handled.map(({ disposition }) => disposition)
    const arrived = await sendInOrder(sender, dispositions)
    const unused = admitted.granted - handled.filter(({ keepsReservation }) => keepsReservation).length
    await admission.releaseUnused(unused, began).catch((error: unknown) => {
      log('error', 'reservation not given back', { unused, error: errorName(error) })
    })

    const events: OutcomeEvent[] = taskMessages.map(() => ({ kind: 'received', at: began }))
    const failed: string[] = []
    for (const [i, disposition] of dispositions.entries()) {
      events.push(...disposition.events)
      const one = read[i]
      const message = messages[i]
      if (one === undefined || message === undefined || (arrived[i] && disposition.end === 'done')) continue
      if (!arrived[i]) events.push(fault())
      if ('taskMessage' in one && message.receiveCount >= ports.maxReceiveCount) {
        const end = await giveUp(one.taskMessage)
        events.push(...end.events)
        if (!end.kept) continue
      }
      failed.push(message.messageId)
    }
    await ports.recordOutcome(run.id, events)
    return failed
  }
}

const byPriority = (a: TaskMessage, b: TaskMessage): number =>
  RANK[a.task.priority] - RANK[b.task.priority] || a.taskAttributes.enqueuedAt - b.taskAttributes.enqueuedAt
