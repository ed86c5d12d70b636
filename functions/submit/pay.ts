import { errorName } from '../core/error-name.ts'
import { ack, type Handled } from '../core/message/disposition.ts'
import type { OutgoingTo } from '../core/message/message.ts'
import { type PollMessage, pollMessageOf } from '../core/message/poll-message.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Clock, Invocation, Log, Provider, TaskStore } from '../core/ports.ts'
import type { FailureClass, ProviderFailure } from '../core/provider/error-class.ts'
import { judgeHttpError } from '../core/provider/http-errors.ts'
import { intervalOf, methodOf } from '../core/provider/methods.ts'
import { type ClaimedItem, type SubmittedItem, withLostAttempt } from '../core/task/task.ts'
import { reasonOf } from '../core/task/waiting-reason.ts'
import { KEPT_BACK_MS, RETRIES, retryFor } from '../worker/retry.ts'
import type { Settle } from '../worker/settle.ts'
import type { Admission } from './admission.ts'
import type { Park } from './park.ts'
import type { TaskMessage } from './task-message.ts'

/** What one attempt came to. `keepsReservation`: it may have cost a charge, so what was reserved for it stays spent. */
export interface Paid extends Handled {
  keepsReservation: boolean
}
export const unpaid = (handled: Handled): Paid => ({ ...handled, keepsReservation: false })

/** A poll message whose submit is not in the table is looked at soon, to repair that. */
const REPAIR_SECONDS = 1

/** Pays for one attempt of a claimed task and makes sure that what was paid for is never forgotten. */
export function makePay(ports: {
  tasks: TaskStore
  clock: Clock
  log: Log
  park: Park
  settle: Settle
  hold: Admission['backOff']
  rebuyUnknown: number
  balanceSeconds: number
  firstPollSeconds: number | null
  pollSeconds: number | null
  pingbackUrl: (item: ClaimedItem) => string | undefined
}) {
  const { tasks, clock, log, park, settle } = ports
  /** How long a provider that refuses us as a whole is left alone when it does not say itself. */
  const holdSeconds = { rate: 10, blocked: 60, funds: ports.balanceSeconds }

  /** Milliseconds that a write may take: what is left of the invocation, but for what the sends after it need. */
  const leftForWrites = (endsAt: number) =>
    Math.max(0, Math.min(RETRIES.recordSubmit.budgetMs, endsAt - KEPT_BACK_MS.recordSubmit - clock.now()))

  async function accepted(
    taskMessage: TaskMessage,
    item: ClaimedItem,
    provider: string,
    captchaId: string,
    endsAt: number,
  ) {
    const { taskId, attempt } = item
    const { leaseUntil: _, ...facts } = item
    const submittedAt = clock.now()
    const submitted: SubmittedItem = {
      ...facts,
      state: 'submitted',
      charges: item.charges + 1,
      provider,
      captchaId,
      submittedAt,
    }
    const transition = { kind: 'submitted', taskId, attempt, provider, captchaId, submittedAt } as const
    const policy = { ...RETRIES.recordSubmit, budgetMs: leftForWrites(endsAt) }
    const isRecorded = await retryFor(clock, policy, (leftMs) => tasks.apply(transition, leftMs)).then(
      (answer) => {
        if (answer.kind === 'refused') log('warn', 'accepted too late', { taskId, attempt, provider, captchaId })
        return true
      },
      (error: unknown) => {
        // The id now lives in this line and in the poll message alone.
        log('error', 'submit not recorded', { taskId, attempt, provider, captchaId, error: errorName(error) })
        return false
      },
    )
    return sendFirstPoll(taskMessage, pollMessageOf(submitted, taskMessage.message.body, isRecorded))
  }

  /** The message that stands for a paid task until it is settled. */
  function sendFirstPoll(taskMessage: TaskMessage, poll: PollMessage): OutgoingTo {
    const first = ports.firstPollSeconds ?? methodOf(taskMessage.task.method, taskMessage.task.params).firstPollSeconds
    const left = Math.floor((poll.deadlineAt - clock.now()) / 1000) - 1
    const delaySeconds = poll.recorded ? Math.max(1, Math.min(Math.ceil(first), left)) : REPAIR_SECONDS
    const firstPollAt = clock.now() + delaySeconds * 1000
    const intervalSeconds = intervalOf(poll.method, ports.pollSeconds)
    const body = JSON.stringify({ ...poll, firstPollAt, intervalSeconds } satisfies PollMessage)
    return { queue: 'polls', message: { body, delaySeconds } }
  }

  /** Best effort: where it fails, the parked copy itself says that the attempt is unpaid. */
  async function release(item: ClaimedItem, endsAt: number): Promise<void> {
    const { taskId, attempt } = item
    const transition = { kind: 'release', taskId, attempt, after: 'refusal' } as const
    await tasks.apply(transition, leftForWrites(endsAt)).catch((error: unknown) => {
      log('error', 'claim not released', { taskId, attempt, error: errorName(error) })
    })
  }

  async function refused(
    taskMessage: TaskMessage,
    item: ClaimedItem,
    provider: Provider,
    failure: ProviderFailure,
    run: Invocation,
  ) {
    const { attempt } = item
    switch (failure.class) {
      case 'task':
      case 'unsolvable':
      case 'unknown':
      case 'ignore':
      case 'pending': {
        const ending = { kind: 'failed', ...failed(failure) } as const
        const over = { attempt, state: 'claimed' } as const
        return settle({ item, fence: over, ending, provider: provider.name, invocation: run.id })
      }
      case 'rate':
      case 'blocked':
      case 'funds':
        ports.hold(provider.name, failure, failure.retryAfterSeconds ?? holdSeconds[failure.class])
        break
      case 'capacity':
      case 'transient':
      case 'auth':
      case 'uncertain':
        break
    }
    await release(item, run.endsAt)
    const { class: kind, retryAfterSeconds: atLeast } = failure
    return park(taskMessage, kind, { atLeast, unpaid: [attempt], while: reasonOf(failure, provider.name) })
  }

  /** Counted as the claim is released. Where that cannot be written the claim lapses, and counts as a lost answer. */
  async function httpError(
    taskMessage: TaskMessage,
    item: ClaimedItem,
    failure: ProviderFailure,
    reason: string,
    endsAt: number,
  ) {
    const { taskId, attempt } = item
    try {
      await tasks.apply({ kind: 'release', taskId, attempt, after: 'httpError' }, leftForWrites(endsAt))
      return park(taskMessage, 'transient', { atLeast: failure.retryAfterSeconds, while: reason })
    } catch (error) {
      log('error', 'HTTP error not counted', { taskId, attempt, error: errorName(error) })
      const lapses = (item.leaseUntil - clock.now()) / 1000
      const atLeast = Math.max(lapses, failure.retryAfterSeconds ?? 0)
      return park(taskMessage, 'transient', { atLeast, while: reason })
    }
  }

  /** The answer was lost, so the charge is possible: it is counted, and bought again only as the policy says. */
  async function lost(taskMessage: TaskMessage, item: ClaimedItem, provider: string, reason: string, run: Invocation) {
    const { taskId, attempt } = item
    try {
      if (item.uncertainCharges + 1 > ports.rebuyUnknown) {
        const spent = withLostAttempt(item, provider)
        const over = { attempt, state: 'claimed' } as const
        return await settle({ item: spent, fence: over, ending: SUBMIT_UNKNOWN, provider, invocation: run.id })
      }
      await tasks.apply({ kind: 'lose', taskId, attempt, provider }, leftForWrites(run.endsAt))
      return park(taskMessage, 'uncertain', { while: reason })
    } catch (error) {
      // The claim stands until its lease runs out, and then counts as lost all the same.
      log('error', 'lost submit not recorded', { taskId, attempt, error: errorName(error) })
      return park(taskMessage, 'uncertain', { atLeast: (item.leaseUntil - clock.now()) / 1000, while: reason })
    }
  }

  return async function pay(
    taskMessage: TaskMessage,
    item: ClaimedItem,
    provider: Provider,
    run: Invocation,
  ): Promise<Paid> {
    const { taskId, attempt } = item
    const began = clock.now()
    const said = await provider.submit(taskMessage.task, ports.pingbackUrl(item))
    const answer = judgeHttpError(said, item.httpErrors)
    const at = clock.now()
    const told = { taskId, attempt, provider: provider.name, milliseconds: at - began }
    const refusal = ({ class: kind, code }: ProviderFailure): OutcomeEvent => {
      return { kind: 'refused', at, provider: provider.name, class: kind, code }
    }
    const withFact = (fact: OutcomeEvent, handled: Handled): Handled => ({
      ...handled,
      events: [fact, ...handled.events],
    })
    switch (answer.kind) {
      case 'accepted': {
        log('info', 'submitted', { ...told, captchaId: answer.captchaId })
        const send = await accepted(taskMessage, item, provider.name, answer.captchaId, run.endsAt)
        const fact: OutcomeEvent = { kind: 'accepted', at, provider: provider.name, milliseconds: at - began }
        return { ...ack([fact], send), keepsReservation: true }
      }
      case 'refused': {
        const { failure } = answer
        log('warn', 'submit refused', { ...told, class: failure.class, code: failure.code })
        const handled = await refused(taskMessage, item, provider, failure, run)
        return { ...withFact(refusal(failure), handled), keepsReservation: false }
      }
      case 'httpError': {
        const { failure } = answer
        log('warn', 'submit answered with an HTTP error', { ...told, code: failure.code, before: item.httpErrors })
        const handled = await httpError(taskMessage, item, failure, reasonOf(failure, provider.name), run.endsAt)
        return { ...withFact(refusal(failure), handled), keepsReservation: true }
      }
      case 'lost': {
        const { failure } = answer
        log('warn', 'submit lost', { ...told, class: failure.class, code: failure.code })
        const handled = await lost(taskMessage, item, provider.name, reasonOf(failure, provider.name), run)
        return { ...withFact(refusal(failure), handled), keepsReservation: true }
      }
    }
  }
}
export type Pay = ReturnType<typeof makePay>

export const SUBMIT_UNKNOWN = {
  kind: 'failed',
  code: 'SUBMIT_UNKNOWN',
  class: 'uncertain',
  message: 'The answers to its submits were lost, so it may have been paid for; it is not bought again.',
} as const

const failed = (failure: ProviderFailure): { code: string; class: FailureClass; message: string } => {
  const { code, class: kind, message } = failure
  return { code, class: kind === 'ignore' || kind === 'pending' ? 'unknown' : kind, message }
}
