import { RESULT_ERROR } from '../contract/messages.ts'
import type { Control } from '../core/admission/item/admission.ts'
import { pollWaits } from '../core/admission/waits/poll-waits.ts'
import { errorName } from '../core/error-name.ts'
import { ack, type Handled } from '../core/message/disposition.ts'
import type { OutgoingTo } from '../core/message/message.ts'
import { type PollMessage, pollMessageOf } from '../core/message/poll-message.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Invocation, Provider } from '../core/ports.ts'
import type { FailureClass, ProviderFailure } from '../core/provider/error-class.ts'
import { judgeHttpError } from '../core/provider/http-errors.ts'
import { observationOf } from '../core/provider/observation.ts'
import { pingbackAddress } from '../core/task/pingback-address.ts'
import { type ClaimedItem, factsOf, isSettled, type SubmittedItem, withLostAttempt } from '../core/task/task.ts'
import { reasonOf } from '../core/task/waiting-reason.ts'
import { KEPT_BACK_MS, RETRIES, retryFor } from '../worker/retry.ts'
import { park } from './park.ts'
import type { SubmitContext } from './ports.ts'
import { settleOpen } from './settle-open.ts'
import type { TaskMessage } from './task-message.ts'

/** What one task message came to, and which part of what was reserved for it is used. */
export interface Paid extends Handled {
  /** It may have cost a charge. */
  mayBeCharged: boolean
  /** It was accepted, and whoever ends it gives its place back. */
  isInFlight: boolean
}
const NOT_USED = { mayBeCharged: false, isInFlight: false }
export const unpaid = (handled: Handled): Paid => ({ ...handled, ...NOT_USED })

/** One attempt of a claimed task at one provider. */
export interface Purchase {
  taskMessage: TaskMessage
  item: ClaimedItem
  provider: Provider
  /** When to ask about it, as the admission item says. */
  polls: Pick<Control, 'waits' | 'callbacks'>
  invocation: Invocation
}
type PayContext = Pick<SubmitContext, 'tasks' | 'clock' | 'ids' | 'log' | 'settings'>

/** A poll message whose submit is not in the table is polled soon, because that poll records the submit. */
const REPAIR_SECONDS = 1
/**
 * A submit is slow from this share of the time-out on. Usual answers come within a second, and beyond the time-out each
 * answer is a charge that may be lost.
 */
const SLOW_SHARE = 0.5

/** Pays for one attempt of a claimed task and makes sure that what was paid for is never forgotten. */
export async function pay(context: PayContext, purchase: Purchase): Promise<Paid> {
  const { clock, log, settings } = context
  const { taskMessage, item, provider } = purchase
  const { taskId, attempt } = item
  const startedAt = clock.now()
  const { pingbackUrl } = settings
  const callbackUrl = pingbackUrl === undefined ? undefined : pingbackAddress(pingbackUrl, item)
  const sent = await provider.submit(taskMessage.task, callbackUrl)
  const answer = judgeHttpError(sent, item.httpErrors)
  const at = clock.now()
  const milliseconds = at - startedAt
  const isSlow = milliseconds >= SLOW_SHARE * settings.providerTimeoutSeconds * 1000
  const logFields = { taskId, attempt, provider: provider.name, milliseconds }
  if (answer.kind === 'accepted') {
    log('info', 'submitted', { ...logFields, captchaId: answer.captchaId })
    const { send, isInFlight } = await recordAccepted(context, purchase, answer.captchaId)
    const event: OutcomeEvent = { kind: 'accepted', at, provider: provider.name, isSlow }
    const observations = [observationOf(provider.name, 'submit', null, at)]
    return { ...ack([event], send), observations, mayBeCharged: true, isInFlight }
  }
  const { failure } = answer
  const { class: kind, code } = failure
  const refusal: OutcomeEvent = { kind: 'refused', at, provider: provider.name, class: kind, code, isSlow }
  const observations = [observationOf(provider.name, 'submit', failure, at)]
  const after = (handled: Handled): Paid => {
    return { ...unpaid(handled), events: [refusal, ...handled.events], observations }
  }
  switch (answer.kind) {
    case 'refused':
      log('warn', 'submit refused', { ...logFields, class: kind, code })
      return after(await handleRefusal(context, purchase, failure))
    case 'httpError':
      log('warn', 'submit answered with an HTTP error', { ...logFields, code, before: item.httpErrors })
      return { ...after(await handleHttpError(context, purchase, failure)), mayBeCharged: true }
    case 'lost':
      log('warn', 'submit lost', { ...logFields, class: kind, code })
      return { ...after(await handleLostAnswer(context, purchase, failure)), mayBeCharged: true }
  }
}

/** Milliseconds that the writes after the paid call may take: what is left, without the time that the sends need. */
const leftForWrites = ({ clock }: Pick<PayContext, 'clock'>, { endsAt }: Invocation): number =>
  Math.max(0, Math.min(RETRIES.recordSubmit.budgetMs, endsAt - KEPT_BACK_MS.recordSubmit - clock.now()))

/**
 * Writes the id of a paid task into the table and answers the task's first poll message, which carries the id too. A
 * task that a callback or an earlier attempt has settled meanwhile is not in flight any more.
 */
async function recordAccepted(
  context: PayContext,
  purchase: Purchase,
  captchaId: string,
): Promise<{ send: OutgoingTo; isInFlight: boolean }> {
  const { tasks, clock, log } = context
  const { taskMessage, item, invocation } = purchase
  const provider = purchase.provider.name
  const { taskId, attempt } = item
  const submittedAt = clock.now()
  const charges = item.charges + 1
  const submitted: SubmittedItem = { ...factsOf(item), state: 'submitted', charges, provider, captchaId, submittedAt }
  const transition = { kind: 'submitted', taskId, attempt, provider, captchaId, submittedAt } as const
  const policy = { ...RETRIES.recordSubmit, budgetMs: leftForWrites(context, invocation) }
  const write = (leftMs: number) => tasks.apply(transition, leftMs)
  const { isRecorded, isSettledMeanwhile } = await retryFor(clock, policy, write).then(
    (answer) => {
      const found = answer.kind === 'refused' ? answer.found : undefined
      if (answer.kind === 'refused') log('warn', 'accepted too late', { taskId, attempt, provider, captchaId })
      return { isRecorded: true, isSettledMeanwhile: found !== undefined && isSettled(found) }
    },
    (error: unknown) => {
      // The id now lives in this line and in the poll message alone.
      log('error', 'submit not recorded', { taskId, attempt, provider, captchaId, error: errorName(error) })
      return { isRecorded: false, isSettledMeanwhile: false }
    },
  )
  const poll = pollMessageOf(submitted, taskMessage.message.body, isRecorded)
  return { send: firstPollMessage(context, purchase, poll), isInFlight: !isSettledMeanwhile }
}

/** The message that stands for a paid task until it is settled. */
function firstPollMessage(
  { clock, settings }: PayContext,
  { taskMessage: { task }, polls }: Purchase,
  poll: PollMessage,
): OutgoingTo {
  const { first, interval: intervalSeconds } = pollWaits(task, polls, settings)
  const left = Math.floor((poll.item.deadlineAt - clock.now()) / 1000) - 1
  const regularSeconds = Math.max(1, Math.min(Math.ceil(first), left))
  const delaySeconds = poll.recorded ? regularSeconds : REPAIR_SECONDS
  const plan = { firstPollAt: clock.now() + delaySeconds * 1000, intervalSeconds }
  const repair = poll.recorded ? {} : { regularFrom: poll.item.submittedAt + regularSeconds * 1000 }
  const callback = settings.pingbackUrl === undefined ? {} : { callback: true }
  const body = JSON.stringify({ ...poll, ...callback, ...plan, ...repair } satisfies PollMessage)
  return { queue: 'polls', message: { body, delaySeconds } }
}

/**
 * Not charged: the task is settled where the refusal is about the task itself, else its claim is released and it waits.
 */
async function handleRefusal(context: PayContext, purchase: Purchase, failure: ProviderFailure): Promise<Handled> {
  const { taskMessage, item, provider, invocation } = purchase
  const { attempt } = item
  switch (failure.class) {
    case 'task':
    case 'unsolvable':
    case 'unknown':
    case 'ignore':
    case 'pending': {
      const ending = { kind: 'failed', ...errorOf(failure) } as const
      const fence = { attempt, state: 'claimed' } as const
      return settleOpen(context, { item, fence, ending, provider: provider.name, invocation: invocation.id })
    }
    case 'rate':
    case 'blocked':
    case 'funds':
    case 'capacity':
    case 'transient':
    case 'auth':
    case 'uncertain':
      break
  }
  await release(context, purchase)
  const { class: kind, retryAfterSeconds: atLeast } = failure
  return park(context, taskMessage, kind, { atLeast, unpaid: [attempt], while: reasonOf(failure, provider.name) })
}

/** Best effort: where it fails, the parked copy itself says that the attempt is unpaid. */
async function release(context: PayContext, { item: { taskId, attempt }, invocation }: Purchase): Promise<void> {
  try {
    await context.tasks.apply(
      { kind: 'release', taskId, attempt, after: 'refusal' },
      leftForWrites(context, invocation),
    )
  } catch (error) {
    context.log('error', 'claim not released', { taskId, attempt, error: errorName(error) })
  }
}

/** Counted as the claim is released. Where that cannot be written the claim lapses, and counts as a lost answer. */
async function handleHttpError(context: PayContext, purchase: Purchase, failure: ProviderFailure): Promise<Handled> {
  const { tasks, clock, log } = context
  const { taskMessage, item, provider, invocation } = purchase
  const { taskId, attempt } = item
  const reason = reasonOf(failure, provider.name)
  try {
    await tasks.apply({ kind: 'release', taskId, attempt, after: 'httpError' }, leftForWrites(context, invocation))
    return park(context, taskMessage, 'transient', { atLeast: failure.retryAfterSeconds, while: reason })
  } catch (error) {
    log('error', 'HTTP error not counted', { taskId, attempt, error: errorName(error) })
    const lapses = (item.leaseUntil - clock.now()) / 1000
    const atLeast = Math.max(lapses, failure.retryAfterSeconds ?? 0)
    return park(context, taskMessage, 'transient', { atLeast, while: reason })
  }
}

/** The answer was lost, so a charge is possible: it is counted, and the task bought again only as the policy allows. */
async function handleLostAnswer(context: PayContext, purchase: Purchase, failure: ProviderFailure): Promise<Handled> {
  const { tasks, clock, log, settings } = context
  const { taskMessage, item, invocation } = purchase
  const { taskId, attempt } = item
  const provider = purchase.provider.name
  const reason = reasonOf(failure, provider)
  try {
    if (item.uncertainCharges + 1 > settings.rebuyUnknown) {
      const fence = { attempt, state: 'claimed' } as const
      const lost = { item: withLostAttempt(item, provider), fence, ending: SUBMIT_UNKNOWN, provider }
      return await settleOpen(context, { ...lost, invocation: invocation.id })
    }
    await tasks.apply({ kind: 'lose', taskId, attempt, provider }, leftForWrites(context, invocation))
    return park(context, taskMessage, 'uncertain', { while: reason })
  } catch (error) {
    // The claim stands until its lease runs out, and then counts as lost all the same.
    log('error', 'lost submit not recorded', { taskId, attempt, error: errorName(error) })
    const atLeast = (item.leaseUntil - clock.now()) / 1000
    return park(context, taskMessage, 'uncertain', { atLeast, while: reason })
  }
}

export const SUBMIT_UNKNOWN = {
  kind: 'failed',
  code: RESULT_ERROR.submitUnknown,
  class: 'uncertain',
  message: 'The answers to its submits were lost, so it may have been paid for; it is not bought again.',
} as const

const errorOf = (failure: ProviderFailure): { code: string; class: FailureClass; message: string } => {
  const { code, class: kind, message } = failure
  return { code, class: kind === 'ignore' || kind === 'pending' ? 'unknown' : kind, message }
}
