import { nameOf } from '../core/error-name.ts'
import { insist } from '../core/insist.ts'
import type { Invocation } from '../core/invocation.ts'
import type { Journey } from '../core/journey.ts'
import type { Look } from '../core/look.ts'
import { counterOf, pingbackInvocation, UNTOLD } from '../core/meet-settled.ts'
import type { Happening } from '../core/outcome.ts'
import type { Called } from '../core/pingback-address.ts'
import type { Poll } from '../core/poll.ts'
import type { Clock, Log, Outbox, TaskStore } from '../core/ports.ts'
import type { RecordOutcome } from '../core/record-outcome.ts'
import { sendAll } from '../core/send-all.ts'
import { isSettled, type OpenItem, providerOf } from '../core/task.ts'

/** How long after the solution was issued a callback may come and still be taken at its word about the time. */
const CALLED_WITHIN_MS = 10_000
const SENDS = 8
const SEND_PAUSE_MS = 250

type Judged = { kind: 'believed'; item: OpenItem } | { kind: 'settled' | 'forged' | 'unknown' }
const FORGED: Judged = { kind: 'forged' }

/**
 * A provider's callback is a hint: whoever knows the task's secret may make us look, and only what the provider then
 * says itself settles the task. Anything but a solution is left to the heartbeat. The caller always gets the same answer.
 */
export function makePingback(ports: {
  tasks: TaskStore
  confirm: Look['confirm']
  outbox: Outbox
  clock: Clock
  log: Log
  recordOutcome: RecordOutcome
  same: (a: string, b: string) => boolean
  /** Told of each call that is not believed. */
  refused: () => void
  /** The first provider's name: who was asked, where the table does not say. */
  provider: string
}) {
  const { tasks, confirm, outbox, clock, log } = ports

  /** Whether the call knows the task's secret and one of its attempts, and the task if it is still open. */
  async function judge(called: Called): Promise<Judged> {
    const item = await tasks.read(called.taskId)
    if (!ports.same(item?.token ?? '', called.token) || item === undefined) return FORGED
    if (isSettled(item)) return { kind: 'settled' }
    const isKnown = item.attempt === called.attempt || item.lost.some(({ attempt }) => attempt === called.attempt)
    return isKnown ? { kind: 'believed', item } : FORGED
  }

  async function follow(item: OpenItem, called: Called, captchaId: string, run: Invocation): Promise<Journey | null> {
    if (item.state === 'submitted' && item.attempt === called.attempt && item.captchaId !== captchaId) return null
    const poll = pollFrom(item, called.attempt, captchaId, ports.provider)
    return confirm(poll, Math.max(poll.submittedAt, clock.now() - CALLED_WITHIN_MS), run)
  }

  /** Nobody sends it again where no heartbeat is: tried until it arrives, or a while. */
  async function tell(journey: Journey): Promise<boolean> {
    for (let i = 1; i <= SENDS; i += 1) {
      const [sent] = await sendAll(outbox, [journey])
      if (sent === true) return true
      await clock.sleep(SEND_PAUSE_MS)
    }
    return false
  }

  /** Leaves it to the task's own messages, what this invocation counts of it included; false: there is nothing to leave. */
  async function leaveUntold(taskId: string, run: Invocation): Promise<boolean> {
    log('error', 'result of a pingback not sent', { taskId })
    const event = { kind: 'recount', taskId, from: run.id, to: UNTOLD } as const
    const answer = await insist(clock, () => tasks.apply(event))
    if (answer.kind === 'applied') return true
    // Left by a try whose answer was lost, and taken over since.
    const { found } = answer
    return found !== undefined && isSettled(found) && counterOf(found).invocation !== run.id
  }

  /** What this invocation counts of a call that is believed. */
  async function heed(item: OpenItem, called: Called, captchaId: string, run: Invocation): Promise<Happening[]> {
    try {
      const journey = await follow(item, called, captchaId, run)
      log('info', 'pingback', { taskId: item.taskId, settled: journey !== null })
      if (journey === null) return []
      const isLeft = !(await tell(journey)) && (await leaveUntold(item.taskId, run))
      return isLeft ? [] : journey.happenings
    } catch (error) {
      log('error', 'pingback not followed', { taskId: item.taskId, error: nameOf(error) })
      return [{ kind: 'fault', at: clock.now() }]
    }
  }

  return async function pingback(called: Called | null, captchaId: string, invocation: Invocation): Promise<void> {
    if (invocation.blind) return
    const judged = called === null || captchaId === '' ? FORGED : await judge(called).catch(unjudged)
    // Anybody may call: for what is not believed nothing is written, and no line of its own is logged.
    if (judged.kind === 'forged') ports.refused()
    if (judged.kind !== 'believed' || called === null) return
    const run = { ...invocation, id: pingbackInvocation(invocation.id) }
    const happenings = await heed(judged.item, called, captchaId, run)
    if (happenings.length > 0) await ports.recordOutcome(run.id, happenings)
  }

  function unjudged(error: unknown): Judged {
    log('error', 'pingback not followed', { error: nameOf(error) })
    return { kind: 'unknown' }
  }
}
export type Pingback = ReturnType<typeof makePingback>

/** A heartbeat for the attempt that was called about. It has no body, so it can settle but never buy again. */
function pollFrom(item: OpenItem, attempt: string, captchaId: string, first: string): Poll {
  const { taskId, method, enqueuedAt, deadlineAt, reply, charges, unknowns, unsolvable, lostIds, origin } = item
  const provider = providerOf(item, attempt) ?? first
  const submittedAt = item.state === 'submitted' && item.attempt === attempt ? item.submittedAt : item.enqueuedAt
  const who = { taskId, attempt, provider, captchaId, method }
  // An attempt that is called about was charged, whether or not its worker has written so yet.
  const unwritten = item.state === 'claimed' && item.attempt === attempt ? 1 : 0
  const counts = { charges: charges + unwritten, unknowns, unsolvable, lostIds }
  return { ...who, enqueuedAt, submittedAt, deadlineAt, reply, ...counts, recorded: true, body: '', origin }
}
