import { deadLetter } from '../core/dead-letter.ts'
import { nameOf } from '../core/error-name.ts'
import { travelOf } from '../core/incoming.ts'
import type { BatchUseCase, Invocation } from '../core/invocation.ts'
import { comeBack, done, type Journey } from '../core/journey.ts'
import { timingOf } from '../core/last-pending.ts'
import type { Later, Look, Looked } from '../core/look.ts'
import { intervalOf } from '../core/methods.ts'
import type { Happening } from '../core/outcome.ts'
import type { Poll } from '../core/poll.ts'
import type { Clock, Log, Message, Outbox, Visibility } from '../core/ports.ts'
import type { RecordOutcome } from '../core/record-outcome.ts'
import { sendAll } from '../core/send-all.ts'
import { parsePoll } from './parse-poll.ts'

/** Until a batch is tried again that came while the table did not answer. */
const BLIND_SECONDS = 20
/** What could not be sent is tried again soon, and less and less often while that does not help. */
const SOON_SECONDS = 2
const LATEST_SECONDS = 60

type Handled = Journey | Hidden
/** The message itself stays, and is visible again at `until` or up to a second later. */
interface Hidden {
  end: 'hide'
  until: number
  happenings: Happening[]
}

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
  /** How long the poll queue hides a message whose worker did nothing about it. */
  visibilitySeconds: number
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
    const at = clock.now()
    const { receiveCount } = message
    const timing = timingOf(poll, { at, receiveCount, visibilitySeconds: ports.visibilitySeconds })
    const later = await lookOrLater(poll, timing.lastPendingAt, run)
    if (later.end !== 'later') return later
    const { happenings, isPending } = later
    if (isPending && clock.now() <= timing.answerBy && receiveCount < ports.renewAt)
      return { end: 'hide', until: timing.nextLookAt, happenings }
    const known = { lastPendingAt: isPending ? at : timing.lastPendingAt, while: reasonAfter(poll, later) }
    const renewal = renewed({ ...poll, ...known }, later)
    // Where the copy cannot be sent, this message comes back: at a time at which nobody takes this look for more than it was.
    const backAt = isPending ? timing.mayReturnAt.afterPending : timing.mayReturnAt.unanswered
    return { ...renewal, againSeconds: (backAt - clock.now()) / 1000 }
  }

  async function lookOrLater(poll: Poll, lastPendingAt: number, run: Invocation): Promise<Looked> {
    const seconds = Math.ceil(intervalOf(poll.method, ports.pollSeconds))
    const later = { end: 'later', seconds, isPending: false } as const
    if (clock.now() + ports.callSeconds * 1000 > run.endsAt) return { ...later, happenings: [] }
    try {
      return await look(poll, lastPendingAt, run)
    } catch (error) {
      log('error', 'task not settled, looked at again', { taskId: poll.taskId, error: nameOf(error) })
      return { ...later, happenings: [{ kind: 'fault', at: clock.now() }] }
    }
  }

  /**
   * A fresh copy of the poll message with a plan of its own: after a look that was not on schedule or not answered, so
   * that nobody takes it for one that was; and before the queue's receive limit ends it.
   */
  function renewed(poll: Poll, { seconds, happenings }: Later): Journey {
    const intervalSeconds = intervalOf(poll.method, ports.pollSeconds)
    const plan = { firstLookAt: clock.now() + seconds * 1000, intervalSeconds }
    const body = JSON.stringify({ ...poll, ...plan } satisfies Poll)
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

  /**
   * The table does not answer, so not even the time is known: the place of each message is taken by a copy without a
   * plan, so that nobody takes this receive for a look. What cannot be sent comes back by its visibility timeout.
   */
  async function postpone(messages: Message[]): Promise<string[]> {
    log('error', 'table unreachable, batch kept', { messages: messages.length })
    const journeys = messages.map(({ body }): Journey => {
      const parsed = parsePoll(body)
      if ('problems' in parsed) return comeBack()
      const { firstLookAt: _f, intervalSeconds: _i, ...poll } = parsed.poll
      return done([], { queue: 'polls', message: { body: JSON.stringify(poll), delaySeconds: BLIND_SECONDS } })
    })
    const arrived = await sendAll(outbox, journeys)
    const kept = messages.filter((_, i) => journeys[i]?.end === 'retry' || arrived[i] !== true)
    return kept.map(({ messageId }) => messageId)
  }

  return async (messages, run) => {
    if (run.blind) return postpone(messages)
    const seen = new Set<string>()
    const looked = await inParallel(messages, ports.parallel, (message) => handle(message, run, seen))
    const hides = messages.flatMap(({ receipt }, i) => {
      const one = looked[i]
      const seconds = one?.end === 'hide' ? Math.max(1, Math.ceil((one.until - clock.now()) / 1000)) : null
      return seconds === null ? [] : [{ receipt, seconds }]
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
      return [{ receipt, seconds: Math.ceil(Math.max(one.againSeconds ?? 0, soon)) }]
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
