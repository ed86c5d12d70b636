import { DEAD_LETTER } from '../contract/messages.ts'
import { errorName } from '../core/error-name.ts'
import { deadLetter } from '../core/message/dead-letter.ts'
import { ack, type Handled, retryLater } from '../core/message/disposition.ts'
import type { Message } from '../core/message/message.ts'
import type { PollMessage } from '../core/message/poll-message.ts'
import { readTaskAttributes } from '../core/message/task-attributes.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Invocation, MessageSender, VisibilityPort } from '../core/ports.ts'
import { intervalOf } from '../core/provider/methods.ts'
import { timingOf } from '../core/task/last-pending.ts'
import { untilNextPoll } from '../core/task/poll-decision.ts'
import { parsePollMessage } from '../messages/parse-poll-message.ts'
import { handleBatch, keptIds } from '../worker/handle-batch.ts'
import { type PollAgain, type PollOutcome, type PollTaskPorts, pollTask } from '../worker/poll-task.ts'
import type { RecordOutcome } from '../worker/record-outcome.ts'
import { reportOf, type SendReport } from '../worker/report.ts'

/** The delay of a batch that came while the table did not answer. */
const CLOCK_UNKNOWN_SECONDS = 20
/** What could not be sent or settled is retried soon, and less and less often while that does not help. */
const SOON_SECONDS = 2
const LATEST_SECONDS = 60

/** What the steps of collect work with. */
export interface CollectContext extends PollTaskPorts {
  sender: MessageSender
  visibility: VisibilityPort
  recordOutcome: RecordOutcome
  sendReport: SendReport
  /** Receives after which a poll message is renewed, well below the queue's limit. */
  renewAt: number
  /** How long the poll queue hides a message whose worker did nothing about it. */
  visibilitySeconds: number
  /** Time that one poll and the writes after it may take. */
  callSeconds: number
}

/** The collect function: polls a batch of submitted tasks at once; the message of a pending task is hidden. */
export async function collectBatch(
  context: CollectContext,
  messages: Message[],
  invocation: Invocation,
): Promise<string[]> {
  if (invocation.clockUnknown) return postpone(context, messages)
  const seen = new Set<string>()
  const batch = messages.map((message) => ({ message }))
  const handleOne = async ({ message }: { message: Message }) =>
    notTooSoon(await handle(context, message, invocation, seen), message)
  const deliveries = await handleBatch(context, batch, handleOne, async (handled) => {
    const changes = await context.sendReport(reportOf(invocation.id, handled))
    await context.recordOutcome(invocation.id, [...handled.flatMap(({ events }) => events), ...changes])
  })
  return keptIds(deliveries)
}

/** `seen`: the attempts of the poll messages that this batch has handled before. */
async function handle(
  context: CollectContext,
  message: Message,
  invocation: Invocation,
  seen: Set<string>,
): Promise<Handled> {
  const parsed = parsePollMessage(message.body)
  if ('problems' in parsed) return refuse(context, message, parsed.problems)
  // Copies of one poll message would each take the other's settlement for their own; one of them is enough.
  const pollKey = `${parsed.poll.item.taskId}/${parsed.poll.item.attempt}`
  if (seen.has(pollKey)) return ack()
  seen.add(pollKey)
  return pollAndPlan(context, parsed.poll, message, invocation)
}

/** Polls the task. Where that is no end, the message waits in the queue for its next planned poll, or is renewed. */
async function pollAndPlan(
  context: CollectContext,
  poll: PollMessage,
  { receiveCount }: Message,
  invocation: Invocation,
): Promise<Handled> {
  const { clock } = context
  const at = clock.now()
  const timing = timingOf({ ...poll.item, ...poll }, { at, receiveCount, visibilitySeconds: context.visibilitySeconds })
  const { disposition, isRecorded, ...polled } = await pollIfTime(context, poll, timing.lastPendingAt, invocation)
  if (disposition.kind !== 'pollAgain') return { disposition, ...polled }
  const { isPending } = disposition
  const isStillTrue = poll.recorded === isRecorded && receiveCount < context.renewAt
  if (isPending && clock.now() <= timing.answerBy && isStillTrue)
    return { disposition: { kind: 'hide', until: timing.nextPollAt }, ...polled }
  const lastPendingAt = isPending ? at : timing.lastPendingAt
  // A submit that is still not recorded is tried again soon; one that was just recorded follows the plan of all others.
  const regularIn = isRecorded ? Math.ceil(((poll.regularFrom ?? at) - clock.now()) / 1000) : 0
  const known = { lastPendingAt, while: reasonAfter(poll, disposition), recorded: isRecorded }
  // Where the copy cannot be sent, this message comes back at a time at which its receive count cannot be taken for a
  // poll that was answered later than this one was.
  const backAt = isPending ? timing.mayReturnAt.afterPending : timing.mayReturnAt.unanswered
  const retryAfterSeconds = (backAt - clock.now()) / 1000
  const send = [renewed(context, { ...poll, ...known }, Math.max(disposition.seconds, regularIn))]
  return { disposition: { kind: 'ack', send, retryAfterSeconds }, ...polled }
}

/** Polls the task, unless there is too little time left for it. A poll that throws is tried again later. */
async function pollIfTime(
  context: CollectContext,
  poll: PollMessage,
  lastPendingAt: number,
  invocation: Invocation,
): Promise<PollOutcome> {
  const { clock, log } = context
  const again = (): PollAgain => ({ kind: 'pollAgain', seconds: secondsUnasked(context, poll), isPending: false })
  if (clock.now() + context.callSeconds * 1000 > invocation.endsAt)
    return { disposition: again(), events: [], isRecorded: poll.recorded }
  try {
    return await pollTask(context, poll, lastPendingAt, invocation)
  } catch (error) {
    log('error', 'task not settled, polled again', { taskId: poll.item.taskId, error: errorName(error) })
    return { disposition: again(), events: [{ kind: 'fault', at: clock.now() }], isRecorded: poll.recorded }
  }
}

/**
 * A copy of the poll message with a new plan. It is sent after a poll that was not on schedule or not answered, so that
 * the receive count never counts such a poll; after one that recorded the submit, so that no later poll does that
 * again; and before the queue's receive limit ends the message.
 */
function renewed(context: CollectContext, poll: PollMessage, delaySeconds: number) {
  const intervalSeconds = intervalSecondsOf(context, poll)
  const plan = { firstPollAt: context.clock.now() + delaySeconds * 1000, intervalSeconds }
  const body = JSON.stringify({ ...poll, ...plan } satisfies PollMessage)
  return { queue: 'polls', message: { body, delaySeconds } } as const
}

/**
 * Seconds until the next poll after one that was not made or threw: the interval of the message's own plan, which is
 * longer while callbacks tell of most solutions. After the deadline no callback helps, and the task is to expire soon.
 */
function secondsUnasked(context: CollectContext, poll: PollMessage): number {
  const { deadlineAt, method } = poll.item
  const leftMs = deadlineAt - context.clock.now()
  if (leftMs <= 0) return Math.ceil(intervalOf(method, context.pollSeconds))
  return untilNextPoll(intervalSecondsOf(context, poll), leftMs)
}

const intervalSecondsOf = ({ pollSeconds }: CollectContext, { item, intervalSeconds }: PollMessage): number =>
  intervalSeconds ?? intervalOf(item.method, pollSeconds)

/** A message that stays in the queue because of a failure is retried after seconds that grow with its receive count. */
function notTooSoon({ disposition, ...rest }: Handled, { receiveCount }: Message): Handled {
  const soon = Math.min(SOON_SECONDS * receiveCount, LATEST_SECONDS)
  switch (disposition.kind) {
    case 'ack': {
      const retryAfterSeconds = Math.max(disposition.retryAfterSeconds ?? 0, soon)
      return { disposition: { ...disposition, retryAfterSeconds }, ...rest }
    }
    case 'retry':
      return { disposition: { kind: 'retry', afterSeconds: Math.max(disposition.afterSeconds ?? 0, soon) }, ...rest }
    case 'hide':
      return { disposition, ...rest }
  }
}

function refuse({ clock, log }: CollectContext, message: Message, problems: string[]): Handled {
  log('error', 'not a poll message', { problems: problems.length })
  const { body, receiveCount } = message
  const letter = deadLetter(
    { body, code: DEAD_LETTER.invalidPoll, problems, source: 'polls', receiveCount },
    readTaskAttributes(message),
  )
  const events: OutcomeEvent[] = [{ kind: 'deadLettered', at: clock.now() }]
  return ack(events, { queue: 'deadLetters', message: letter })
}

/**
 * The table does not answer, so not even the time is known: each message is replaced by a copy without a plan, so that
 * this receive is not counted as a poll. What cannot be sent comes back by its visibility timeout.
 */
async function postpone({ sender, clock, log }: CollectContext, messages: Message[]): Promise<string[]> {
  log('error', 'table unreachable, batch kept', { messages: messages.length })
  const batch = messages.map((message) => ({ message }))
  const deliveries = await handleBatch({ sender, clock }, batch, async ({ message }) => {
    const parsed = parsePollMessage(message.body)
    if ('problems' in parsed) return retryLater()
    const { firstPollAt: _f, intervalSeconds: _i, ...poll } = parsed.poll
    const copy = { body: JSON.stringify(poll), delaySeconds: CLOCK_UNKNOWN_SECONDS }
    return ack([], { queue: 'polls', message: copy })
  })
  return keptIds(deliveries)
}

/**
 * Why the last poll failed: no reason where the task is pending again; the old reason where the provider was not asked.
 */
const reasonAfter = (poll: PollMessage, again: PollAgain): string | undefined =>
  again.isPending ? undefined : (again.while ?? poll.while)
