import { errorName } from '../core/error-name.ts'
import { deadLetter } from '../core/message/dead-letter.ts'
import { ack, type Disposition, retryLater } from '../core/message/disposition.ts'
import type { Message } from '../core/message/message.ts'
import type { PollMessage } from '../core/message/poll-message.ts'
import { readTaskAttributes } from '../core/message/task-attributes.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { BatchUseCase, Clock, Invocation, Log, MessageSender, VisibilityPort } from '../core/ports.ts'
import { intervalOf } from '../core/provider/methods.ts'
import { timingOf } from '../core/task/last-pending.ts'
import { parsePollMessage } from '../messages/parse-poll-message.ts'
import type { Later, PollOutcome, PollTask } from '../worker/poll-task.ts'
import type { RecordOutcome } from '../worker/record-outcome.ts'
import { sendInOrder } from '../worker/send-in-order.ts'

/** Until a batch is tried again that came while the table did not answer. */
const BLIND_SECONDS = 20
/** What could not be sent is tried again soon, and less and less often while that does not help. */
const SOON_SECONDS = 2
const LATEST_SECONDS = 60

type Handled = Disposition | Hidden
/** The message itself stays, and is visible again at `until` or up to a second later. */
interface Hidden {
  end: 'hide'
  until: number
  events: OutcomeEvent[]
}

/** The collect function: looks at a batch of submitted tasks; whatever is not settled stays in the queue, hidden. */
export function makeCollect(ports: {
  look: PollTask['look']
  sender: MessageSender
  visibility: VisibilityPort
  clock: Clock
  log: Log
  recordOutcome: RecordOutcome
  pollSeconds: number | null
  /** Looks under way at a time. */
  parallel: number
  /** Receives after which a poll message is renewed, well below the queue's limit. */
  renewAt: number
  /** How long the poll queue hides a message whose worker did nothing about it. */
  visibilitySeconds: number
  /** Time that one look and the writes after it may take. */
  callSeconds: number
}): BatchUseCase {
  const { look, sender, visibility, clock, log } = ports

  async function handle(message: Message, run: Invocation, seen: Set<string>): Promise<Handled> {
    const parsed = parsePollMessage(message.body)
    if ('problems' in parsed) return refuse(message, parsed.problems)
    // Copies of one poll message would each take the other's settlement for their own; one of them is enough.
    const pollKey = `${parsed.poll.taskId}/${parsed.poll.attempt}`
    if (seen.has(pollKey)) return ack()
    seen.add(pollKey)
    return lookAt(parsed.poll, message, run)
  }

  async function lookAt(poll: PollMessage, message: Message, run: Invocation): Promise<Handled> {
    const at = clock.now()
    const { receiveCount } = message
    const timing = timingOf(poll, { at, receiveCount, visibilitySeconds: ports.visibilitySeconds })
    const later = await lookOrLater(poll, timing.lastPendingAt, run)
    if (later.end !== 'later') return later
    const { events, isPending } = later
    if (isPending && clock.now() <= timing.answerBy && receiveCount < ports.renewAt)
      return { end: 'hide', until: timing.nextLookAt, events }
    const known = { lastPendingAt: isPending ? at : timing.lastPendingAt, while: reasonAfter(poll, later) }
    const renewal = renewed({ ...poll, ...known }, later)
    // Where the copy cannot be sent, this message comes back: at a time at which nobody takes this look for more than it was.
    const backAt = isPending ? timing.mayReturnAt.afterPending : timing.mayReturnAt.unanswered
    return { ...renewal, againSeconds: (backAt - clock.now()) / 1000 }
  }

  async function lookOrLater(poll: PollMessage, lastPendingAt: number, run: Invocation): Promise<PollOutcome> {
    const seconds = Math.ceil(intervalOf(poll.method, ports.pollSeconds))
    const later = { end: 'later', seconds, isPending: false } as const
    if (clock.now() + ports.callSeconds * 1000 > run.endsAt) return { ...later, events: [] }
    try {
      return await look(poll, lastPendingAt, run)
    } catch (error) {
      log('error', 'task not settled, looked at again', { taskId: poll.taskId, error: errorName(error) })
      return { ...later, events: [{ kind: 'fault', at: clock.now() }] }
    }
  }

  /**
   * A fresh copy of the poll message with a plan of its own: after a look that was not on schedule or not answered, so
   * that nobody takes it for one that was; and before the queue's receive limit ends it.
   */
  function renewed(poll: PollMessage, { seconds, events }: Later): Disposition {
    const intervalSeconds = intervalOf(poll.method, ports.pollSeconds)
    const plan = { firstPollAt: clock.now() + seconds * 1000, intervalSeconds }
    const body = JSON.stringify({ ...poll, ...plan } satisfies PollMessage)
    return ack(events, { queue: 'polls', message: { body, delaySeconds: seconds } })
  }

  function refuse(message: Message, problems: string[]): Disposition {
    log('error', 'not a poll message', { problems: problems.length })
    const { body, receiveCount } = message
    const letter = deadLetter(
      { body, code: 'INVALID_POLL', problems, source: 'polls', receiveCount },
      readTaskAttributes(message),
    )
    return ack([{ kind: 'deadLettered', at: clock.now() }], { queue: 'deadLetters', message: letter })
  }

  /**
   * The table does not answer, so not even the time is known: the place of each message is taken by a copy without a
   * plan, so that nobody takes this receive for a look. What cannot be sent comes back by its visibility timeout.
   */
  async function postpone(messages: Message[]): Promise<string[]> {
    log('error', 'table unreachable, batch kept', { messages: messages.length })
    const dispositions = messages.map(({ body }): Disposition => {
      const parsed = parsePollMessage(body)
      if ('problems' in parsed) return retryLater()
      const { firstPollAt: _f, intervalSeconds: _i, ...poll } = parsed.poll
      return ack([], { queue: 'polls', message: { body: JSON.stringify(poll), delaySeconds: BLIND_SECONDS } })
    })
    const arrived = await sendInOrder(sender, dispositions)
    const kept = messages.filter((_, i) => dispositions[i]?.end === 'retry' || arrived[i] !== true)
    return kept.map(({ messageId }) => messageId)
  }

  return async (messages, run) => {
    if (run.clockUnknown) return postpone(messages)
    const seen = new Set<string>()
    const looked = await inParallel(messages, ports.parallel, (message) => handle(message, run, seen))
    const hides = messages.flatMap(({ receipt }, i) => {
      const one = looked[i]
      const seconds = one?.end === 'hide' ? Math.max(1, Math.ceil((one.until - clock.now()) / 1000)) : null
      return seconds === null ? [] : [{ receipt, seconds }]
    })
    const dispositions = looked.map((one): Disposition => (one.end === 'hide' ? retryLater(one.events) : one))
    const [arrived] = await Promise.all([sendInOrder(sender, dispositions), visibility.extend(hides)])
    const events = dispositions.flatMap((disposition) => disposition.events)
    const failed = messages.filter((_, i) => dispositions[i]?.end === 'retry' || arrived[i] !== true)
    // What could not be sent or settled now is tried again soon: its client waits for a result that is there.
    const again = messages.flatMap(({ receipt, receiveCount }, i) => {
      const one = looked[i]
      if (one === undefined || one.end === 'hide' || (one.end === 'done' && arrived[i])) return []
      const soon = Math.min(SOON_SECONDS * receiveCount, LATEST_SECONDS)
      return [{ receipt, seconds: Math.ceil(Math.max(one.againSeconds ?? 0, soon)) }]
    })
    if (again.length > 0) await visibility.extend(again)
    await ports.recordOutcome(run.id, events)
    return failed.map(({ messageId }) => messageId)
  }
}

/** Why the last look failed: not at all where the task is pending again; as before where nobody was asked. */
const reasonAfter = (poll: PollMessage, later: Later): string | undefined =>
  later.isPending ? undefined : (later.while ?? poll.while)

/** Every item through `work`, so many at a time, answers in order. */
async function inParallel<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let at = 0
  async function lane(): Promise<void> {
    while (at < items.length) {
      const i = at
      at += 1
      const item = items[i]
      if (item !== undefined) results[i] = await work(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
  return results
}
