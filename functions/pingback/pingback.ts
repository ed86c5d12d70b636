import { errorName } from '../core/error-name.ts'
import type { Handled } from '../core/message/disposition.ts'
import { type PollMessage, pollMessageOf } from '../core/message/poll-message.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Clock, Invocation, Log, MessageSender, TaskStore } from '../core/ports.ts'
import { handedOver } from '../core/task/accounting.ts'
import type { Called } from '../core/task/pingback-address.ts'
import { factsOf, isSettled, type OpenItem, providerOf } from '../core/task/task.ts'
import type { PollOnCallback } from '../worker/poll-task.ts'
import type { RecordOutcome } from '../worker/record-outcome.ts'
import { RETRIES, retryFor, retryUnanswered } from '../worker/retry.ts'
import { sendInOrder } from '../worker/send-in-order.ts'

/** How long after the solution was issued a callback may come and still be taken at its word about the time. */
const CALLED_WITHIN_MS = 10_000

type Judged = { kind: 'believed'; item: OpenItem } | { kind: 'settled' | 'forged' | 'unknown' }
const FORGED: Judged = { kind: 'forged' }

/**
 * A provider's callback is a hint: a caller that knows the task's secret makes us poll the provider, and only the
 * provider's own answer settles the task. Any answer but a solution is left to the poll message. The caller always gets
 * the same answer.
 */
export function makePingback(ports: {
  tasks: TaskStore
  pollOnCallback: PollOnCallback
  sender: MessageSender
  clock: Clock
  log: Log
  recordOutcome: RecordOutcome
  same: (a: string, b: string) => boolean
  /** Told of each call that is not believed. */
  refused: () => void
  /** The first provider's name: who was asked, where the table does not say. */
  provider: string
}) {
  const { tasks, pollOnCallback, sender, clock, log } = ports

  /** Whether the call knows the task's secret and one of its attempts, and the task if it is still open. */
  async function judge(called: Called): Promise<Judged> {
    const item = await tasks.read(called.taskId)
    if (!ports.same(item?.token ?? '', called.token) || item === undefined) return FORGED
    if (isSettled(item)) return { kind: 'settled' }
    const isKnown = item.attempt === called.attempt || item.lost.some(({ attempt }) => attempt === called.attempt)
    return isKnown ? { kind: 'believed', item } : FORGED
  }

  async function pollFor(item: OpenItem, called: Called, captchaId: string, run: Invocation): Promise<Handled | null> {
    if (item.state === 'submitted' && item.attempt === called.attempt && item.captchaId !== captchaId) return null
    const poll = pollFrom(item, called.attempt, captchaId, ports.provider)
    return pollOnCallback(poll, Math.max(poll.item.submittedAt, clock.now() - CALLED_WITHIN_MS), run)
  }

  /** If no poll message exists, nothing else would send this result. So it is tried for two seconds. */
  async function deliverResult(handled: Handled): Promise<boolean> {
    const send = async () => {
      const [delivery] = await sendInOrder(sender, [{ handled }])
      if (!delivery?.delivered) throw new Error('result not sent')
    }
    return retryFor(clock, RETRIES.sendResult, send).then(
      () => true,
      () => false,
    )
  }

  /**
   * Hands delivery and accounting over to the next poll or task message of this task. False: this invocation still
   * counts the settlement.
   */
  async function handOverDelivery(taskId: string, run: Invocation): Promise<boolean> {
    log('error', 'result of a pingback not sent', { taskId })
    const transition = { kind: 'transferAccounting', taskId, from: run.id, to: handedOver(clock.now()) } as const
    const answer = await retryUnanswered(clock, () => tasks.apply(transition))
    if (answer.kind === 'applied') return true
    // An earlier try whose answer was lost was applied, and another invocation has taken the accounting over since.
    const { found } = answer
    return found !== undefined && isSettled(found) && found.accounting.invocation !== run.id
  }

  /** Polls, settles and sends on a call that is believed. Answers what the outcome item of this invocation counts of it. */
  async function settleOnCall(
    item: OpenItem,
    called: Called,
    captchaId: string,
    run: Invocation,
  ): Promise<OutcomeEvent[]> {
    try {
      const handled = await pollFor(item, called, captchaId, run)
      log('info', 'pingback', { taskId: item.taskId, settled: handled !== null })
      if (handled === null) return []
      const isHandedOver = !(await deliverResult(handled)) && (await handOverDelivery(item.taskId, run))
      return isHandedOver ? [] : handled.events
    } catch (error) {
      log('error', 'pingback not followed', { taskId: item.taskId, error: errorName(error) })
      return [{ kind: 'fault', at: clock.now() }]
    }
  }

  return async function pingback(called: Called | null, captchaId: string, run: Invocation): Promise<void> {
    if (run.clockUnknown) return
    const judged = called === null || captchaId === '' ? FORGED : await judge(called).catch(unjudged)
    // Anybody may call, so a call that is not believed writes nothing and gets no log line of its own.
    if (judged.kind === 'forged') ports.refused()
    if (judged.kind !== 'believed' || called === null) return
    const events = await settleOnCall(judged.item, called, captchaId, run)
    if (events.length > 0) await ports.recordOutcome(run.id, events)
  }

  function unjudged(error: unknown): Judged {
    log('error', 'pingback not followed', { error: errorName(error) })
    return { kind: 'unknown' }
  }
}
export type Pingback = ReturnType<typeof makePingback>

/** A poll message for the attempt that the call names. It has no body, so it can settle the task but never buy it again. */
function pollFrom(item: OpenItem, attempt: string, captchaId: string, first: string): PollMessage {
  const provider = providerOf(item, attempt) ?? first
  const submittedAt = item.state === 'submitted' && item.attempt === attempt ? item.submittedAt : item.enqueuedAt
  // The provider calls only about an attempt that it charged, even if the attempt's worker has not recorded that yet.
  const unwritten = item.state === 'claimed' && item.attempt === attempt ? 1 : 0
  const charges = item.charges + unwritten
  const submitted = { state: 'submitted', attempt, provider, captchaId, submittedAt, charges } as const
  return pollMessageOf({ ...factsOf(item), ...submitted }, '', true)
}
