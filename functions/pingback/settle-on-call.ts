import { errorName } from '../core/error-name.ts'
import type { Handled } from '../core/message/disposition.ts'
import { type PollMessage, pollMessageOf } from '../core/message/poll-message.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Invocation, MessageSender } from '../core/ports.ts'
import { handedOver } from '../core/task/accounting.ts'
import type { Called } from '../core/task/pingback-address.ts'
import { factsOf, isSettled, type OpenItem, providerOf } from '../core/task/task.ts'
import type { GiveBack } from '../worker/give-back.ts'
import { type PollTaskPorts, pollOnCallback } from '../worker/poll-task.ts'
import { placesOf } from '../worker/report.ts'
import { RETRIES, retryFor, retryUnanswered } from '../worker/retry.ts'
import { sendInOrder } from '../worker/send-in-order.ts'

export type SettleOnCallContext = Omit<PollTaskPorts, 'pollSeconds' | 'slowSeconds'> & {
  sender: MessageSender
  giveBack: GiveBack
}
/** A call that is believed, with the captcha id that it names. */
type Call = Called & { captchaId: string }
type KnownCall = Call & { provider: string }

/** How long after the solution was issued a callback may come and still be taken at its word about the time. */
const CALLED_WITHIN_MS = 10_000

/**
 * Polls, settles and sends on a call that is believed. Answers what the outcome item of this invocation counts of it.
 */
export async function settleOnCall(
  context: SettleOnCallContext,
  item: OpenItem,
  call: Call,
  invocation: Invocation,
): Promise<OutcomeEvent[]> {
  const { clock, log } = context
  try {
    const provider = providerOf(item, call.attempt) ?? onlyProvider(context)
    const handled = provider === undefined ? null : await pollFor(context, item, { ...call, provider }, invocation)
    log('info', 'pingback', { taskId: item.taskId, settled: handled !== null })
    if (handled === null) return []
    const isDelivered = await deliverResult(context, handled)
    await context.giveBack(placesOf([handled]))
    const isCountedHere = isDelivered || !(await handOverDelivery(context, item.taskId, invocation))
    return isCountedHere ? handled.events : handled.events.filter(({ kind }) => kind === 'accepted')
  } catch (error) {
    log('error', 'pingback not followed', { taskId: item.taskId, error: errorName(error) })
    return [{ kind: 'fault', at: clock.now() }]
  }
}

/**
 * An attempt that was lost was refused as far as the outcomes know; its callback shows that the provider had accepted
 * it. Of several calls at once, the one that counts the settlement counts this too.
 */
const acceptanceOf = ({ lost }: OpenItem, { attempt, provider }: KnownCall, at: number): OutcomeEvent[] =>
  lost.some((one) => one.attempt === attempt) ? [{ kind: 'accepted', at, provider }] : []
const isSettlement = ({ kind }: OutcomeEvent): boolean => kind === 'solved' || kind === 'expired' || kind === 'failed'

async function pollFor(
  context: SettleOnCallContext,
  item: OpenItem,
  call: KnownCall,
  invocation: Invocation,
): Promise<Handled | null> {
  if (item.state === 'submitted' && item.attempt === call.attempt && item.captchaId !== call.captchaId) return null
  const poll = pollFrom(item, call)
  const lastPendingAt = Math.max(poll.item.submittedAt, context.clock.now() - CALLED_WITHIN_MS)
  const handled = await pollOnCallback(context, poll, lastPendingAt, invocation)
  if (handled === null || !handled.events.some(isSettlement)) return handled
  return { ...handled, events: [...acceptanceOf(item, call, context.clock.now()), ...handled.events] }
}

/**
 * The table does not know who had an attempt that was given up. Where there are two providers, the other one may have
 * another task under this captcha id, so nobody is asked.
 */
const onlyProvider = ({ providers }: SettleOnCallContext): string | undefined =>
  providers.length === 1 ? providers[0]?.name : undefined

/**
 * A poll message for the attempt that the call names. It has no body, so it can settle the task but never buy it again.
 */
function pollFrom(item: OpenItem, { attempt, captchaId, provider }: KnownCall): PollMessage {
  const submittedAt = item.state === 'submitted' && item.attempt === attempt ? item.submittedAt : item.enqueuedAt
  // The provider calls only about an attempt that it charged, even if the attempt's worker has not recorded that yet.
  const unwritten = item.state === 'claimed' ? 1 : 0
  const charges = item.charges + unwritten
  const submitted = { state: 'submitted', attempt, provider, captchaId, submittedAt, charges } as const
  return pollMessageOf({ ...factsOf(item), ...submitted }, '', true)
}

/** If no poll message exists, nothing else would send this result. So it is tried for two seconds. */
async function deliverResult({ clock, sender }: SettleOnCallContext, handled: Handled): Promise<boolean> {
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
 * Hands delivery and accounting over to the next poll or task message of this task. False: this invocation still counts
 * the settlement.
 */
async function handOverDelivery(
  { tasks, clock, log }: SettleOnCallContext,
  taskId: string,
  { id }: Invocation,
): Promise<boolean> {
  log('error', 'result of a pingback not sent', { taskId })
  const transition = { kind: 'transferAccounting', taskId, from: id, to: handedOver(clock.now()) } as const
  const answer = await retryUnanswered(clock, () => tasks.apply(transition))
  if (answer.kind === 'applied') return true
  // An earlier try whose answer was lost was applied, and another invocation has taken the accounting over since.
  const { found } = answer
  return found !== undefined && isSettled(found) && found.accounting.invocation !== id
}
