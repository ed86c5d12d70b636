import { deadLetter } from '../core/dead-letter.ts'
import { nameOf } from '../core/error-name.ts'
import { travelOf } from '../core/incoming.ts'
import type { BatchUseCase, Invocation } from '../core/invocation.ts'
import { comeBack, done, type Journey } from '../core/journey.ts'
import type { Later, Look, Looked } from '../core/look.ts'
import { methodOf } from '../core/methods.ts'
import type { Poll } from '../core/poll.ts'
import type { Clock, Log, Message, Outbox, Visibility } from '../core/ports.ts'
import type { RecordOutcome } from '../core/record-outcome.ts'
import { sendAll } from '../core/send-all.ts'
import { parsePoll } from './parse-poll.ts'

/** Long enough that `lastPending` does not take it for a look that was answered. */
const BLIND_SECONDS = 20
/** What could not be sent is tried again soon, and less and less often while that does not help. */
const SOON_SECONDS = 2
const LATEST_SECONDS = 60

type Handled = Looked

/** The collect function: looks at a batch of submitted tasks; whatever is not settled stays in the queue, hidden. */
export function makeCollect(ports: {
  look: Look['look']
  outbox: Outbox
  visibility: Visibility
  clock: Clock
  log: Log
  recordOutcome: RecordOutcome
  pollSeconds: number | null
  /** Looks under way at a time. */
  parallel: number
  /** Receives after which a heartbeat is renewed, well below the queue's limit. */
  renewAt: number
  /** Time that one look and the writes after it may take. */
  callSeconds: number
}): BatchUseCase {
  const { look, outbox, visibility, clock, log } = ports

  async function handle(message: Message, run: Invocation, seen: Set<string>): Promise<Handled> {
    const parsed = parsePoll(message.body)
    if ('problems' in parsed) return refuse(message, parsed.problems)
    // Copies of one heartbeat would each take the other's settlement for their own; one of them is enough.
    const heartbeat = `${parsed.poll.taskId}/${parsed.poll.attempt}`
    if (seen.has(heartbeat)) return done()
    seen.add(heartbeat)
    return lookAt(parsed.poll, message, run)
  }

  async function lookAt(poll: Poll, message: Message, run: Invocation): Promise<Handled> {
    const interval = ports.pollSeconds ?? methodOf(poll.method).pollSeconds
    const lastPendingAt = lastPending(poll, message, interval)
    const later = await lookOrLater(poll, lastPendingAt, interval, run)
    if (later.end !== 'hide' || (later.isPending && message.receiveCount < ports.renewAt)) return later
    const known = { lastPendingAt: later.isPending ? clock.now() : lastPendingAt, while: reasonAfter(poll, later) }
    const renewal = renewed({ ...poll, ...known }, later)
    // Where the copy cannot be sent, the next look comes so late that `lastPending` reckons back to this.
    return { ...renewal, againSeconds: (clock.now() - lastPendingAt) / 1000 + interval }
  }

  async function lookOrLater(poll: Poll, lastPendingAt: number, interval: number, run: Invocation): Promise<Looked> {
    const later = { end: 'hide', seconds: Math.ceil(interval), isPending: false } as const
    if (clock.now() + ports.callSeconds * 1000 > run.endsAt) return { ...later, happenings: [] }
    try {
      return await look(poll, lastPendingAt, run)
    } catch (error) {
      log('error', 'task not settled, looked at again', { taskId: poll.taskId, error: nameOf(error) })
      return { ...later, happenings: [{ kind: 'fault', at: clock.now() }] }
    }
  }

  /**
   * When the task was last known not to be solved. Every earlier look at this copy was answered, else it would be another
   * copy; or its worker died, then it comes so late that none of them counts. What is a little late counts twice.
   */
  function lastPending(poll: Poll, message: Message, interval: number): number {
    const before = poll.lastPendingAt ?? poll.submittedAt
    if (message.receiveCount < 2 || poll.firstLookAt === undefined) return before
    const planned = poll.firstLookAt + (message.receiveCount - 1) * interval * 1000
    const behind = Math.max(0, clock.now() - planned)
    if (behind > 10_000 + 2000 * message.receiveCount) return before
    return Math.max(before, clock.now() - interval * 1000 - 2 * behind)
  }

  /**
   * A fresh copy of the heartbeat: after a look that was not answered, so that nobody takes it for one that was; and
   * before the queue's receive limit ends it.
   */
  function renewed(poll: Poll, { seconds, happenings }: Later): Journey {
    const body = JSON.stringify({ ...poll, firstLookAt: clock.now() + seconds * 1000 })
    return done(happenings, { queue: 'polls', message: { body, delaySeconds: seconds } })
  }

  function refuse(message: Message, problems: string[]): Journey {
    log('error', 'not a heartbeat', { problems: problems.length })
    const { body, receiveCount } = message
    const letter = deadLetter(
      { body, code: 'INVALID_POLL', problems, source: 'polls', receiveCount },
      travelOf(message),
    )
    return done([{ kind: 'deadLettered', at: clock.now() }], { queue: 'deadLetters', message: letter })
  }

  /** The table does not answer, so not even the time is known: every task is looked at a little later. */
  async function postpone(messages: Message[]): Promise<string[]> {
    log('error', 'table unreachable, batch kept', { messages: messages.length })
    await visibility.hide(messages.map(({ receipt }) => ({ receipt, seconds: BLIND_SECONDS })))
    return messages.map(({ messageId }) => messageId)
  }

  return async (messages, run) => {
    if (run.blind) return postpone(messages)
    const seen = new Set<string>()
    const looked = await inParallel(messages, ports.parallel, (message) => handle(message, run, seen))
    const hides = messages.flatMap((message, i) => {
      const one = looked[i]
      return one?.end === 'hide' ? [{ receipt: message.receipt, seconds: one.seconds }] : []
    })
    const journeys = looked.map((one): Journey => (one.end === 'hide' ? comeBack(one.happenings) : one))
    const [arrived] = await Promise.all([sendAll(outbox, journeys), visibility.hide(hides)])
    const happenings = journeys.flatMap((journey) => journey.happenings)
    const failed = messages.filter((_, i) => journeys[i]?.end === 'retry' || arrived[i] !== true)
    // What could not be sent or settled now is tried again soon: its client waits for a result that is there.
    const again = messages.flatMap(({ receipt, receiveCount }, i) => {
      const one = looked[i]
      if (one === undefined || one.end === 'hide' || (one.end === 'done' && arrived[i])) return []
      const soon = Math.min(SOON_SECONDS * receiveCount, LATEST_SECONDS)
      return [{ receipt, seconds: Math.ceil(one.againSeconds ?? soon) }]
    })
    if (again.length > 0) await visibility.hide(again)
    await ports.recordOutcome(run.id, happenings)
    return failed.map(({ messageId }) => messageId)
  }
}

/** Why the last look failed: not at all where the task is pending again; as before where nobody was asked. */
const reasonAfter = (poll: Poll, later: Later): string | undefined =>
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
