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
  /** The first provider's name: who was asked, where the table does not say. */
  provider: string
}) {
  const { tasks, confirm, outbox, clock, log } = ports

  /** The open task this call may be about, or null: unknown, forged, settled. */
  async function believed(called: Called): Promise<OpenItem | null> {
    const item = await tasks.read(called.taskId)
    if (!ports.same(item?.token ?? '', called.token) || item === undefined || isSettled(item)) return null
    const isLost = item.lost.some(({ attempt }) => attempt === called.attempt)
    return item.attempt === called.attempt || isLost ? item : null
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

  return async function pingback(called: Called | null, captchaId: string, invocation: Invocation): Promise<void> {
    if (invocation.blind) return
    const run = { ...invocation, id: pingbackInvocation(invocation.id) }
    const happenings: Happening[] = []
    try {
      const item = called === null || captchaId === '' ? null : await believed(called)
      const journey = item === null || called === null ? null : await follow(item, called, captchaId, run)
      if (item !== null && journey !== null) {
        const isLeft = !(await tell(journey)) && (await leaveUntold(item.taskId, run))
        if (!isLeft) happenings.push(...journey.happenings)
      }
      log('info', 'pingback', { taskId: item?.taskId, believed: item !== null, settled: journey !== null })
    } catch (error) {
      log('error', 'pingback not followed', { error: nameOf(error) })
      happenings.push({ kind: 'fault', at: clock.now() })
    }
    await ports.recordOutcome(run.id, happenings)
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
