import { errorName } from '../core/error-name.ts'
import { ack, type Disposition, type Handled, retryLater } from '../core/message/disposition.ts'
import { type PollMessage, pollMessageForSettled, sendOfPoll } from '../core/message/poll-message.ts'
import { resultMessages } from '../core/message/result-message.ts'
import { writeTaskAttributes } from '../core/message/task-attributes.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Clock, Invocation, Log, Provider, TaskStore } from '../core/ports.ts'
import type { ResultAnswer } from '../core/provider/answers.ts'
import { isAccountClass } from '../core/provider/error-class.ts'
import { type Accountant, accountedBy, reportedByCallback, resultMayBeUnsent } from '../core/task/accounting.ts'
import type { TaskTransition } from '../core/task/lifecycle.ts'
import { type Decision, decide, lastReason } from '../core/task/poll-decision.ts'
import { type Ending, outcomeEventOf, resultOf, storedResult, withSolution } from '../core/task/settlement.ts'
import { isSettled, type OpenItem, type SettledItem } from '../core/task/task.ts'
import type { AccountingOwner } from './accounting-owner.ts'
import { logSettled } from './log-settled.ts'
import { retryUnanswered } from './retry.ts'

/** This invocation, and what it was invoked by. */
type Settler = Invocation & Accountant

/** What a poll of one task comes to: an end of its poll message, or another poll. */
export interface PollOutcome {
  disposition: Disposition | PollAgain
  events: OutcomeEvent[]
}
/** `isPending`: the provider answered that the task is not solved yet. */
export interface PollAgain {
  kind: 'pollAgain'
  seconds: number
  isPending: boolean
  /** Why the poll failed, where it did. */
  while?: string | undefined
}

/** From this age on, seconds, a task that is not ready is told of as slow. */
const SLOW_AFTER_SECONDS = 90
/** How long a provider is asked again for a solution that a task was settled with and that was never sent. */
const ASK_AGAIN_MS = 600_000
const DELIVERY_GRACE_SECONDS = 40
/** A provider that is no longer configured may come back. */
const NO_PROVIDER: ResultAnswer = {
  kind: 'failed',
  failure: { class: 'transient', code: 'NO_SUCH_PROVIDER', message: 'Its provider is not configured any more.' },
}

/** One look at one submitted task: asks its provider, and settles the task once where there is an end. */
export function makePollTask(ports: {
  tasks: TaskStore
  providers: Provider[]
  accountingOwner: AccountingOwner
  clock: Clock
  log: Log
  pollSeconds: number | null
}) {
  const { tasks, providers, accountingOwner, clock, log } = ports

  /** The table was not told of this submit when it was paid for: it is told now. */
  async function repair(poll: PollMessage): Promise<void> {
    if (poll.recorded) return
    const { taskId, attempt, provider, captchaId, submittedAt } = poll
    try {
      await tasks.apply({ kind: 'submitted', taskId, attempt, provider, captchaId, submittedAt })
      log('info', 'submit recorded late', { taskId, attempt, provider, captchaId })
    } catch (error) {
      log('warn', 'submit still not recorded', { taskId, attempt, provider, captchaId, error: errorName(error) })
    }
  }

  async function settle(
    poll: PollMessage,
    ending: Ending,
    providerAnswer: ResultAnswer,
    run: Settler,
  ): Promise<PollOutcome> {
    const settledAt = clock.now()
    const result = resultOf(poll, ending, settledAt)
    const transition = settleTransition(poll, { attempt: poll.attempt, state: null }, result, settledAt, run)
    const answer = await retryUnanswered(clock, () => tasks.apply(transition), run.endsAt)
    const late = providerAnswer.kind === 'solved' && ending.kind === 'expired'
    const lateness: OutcomeEvent[] = late ? [{ kind: 'late', at: settledAt }] : []
    if (answer.kind === 'applied') {
      logSettled(log, result)
      const settled = outcomeEventOf({ ...poll, result, settledAt })
      return ack([settled, ...lateness], ...resultMessages(result, poll.reply))
    }
    if (answer.found === undefined) return ack(lateness)
    if (isSettled(answer.found)) return resolveAlreadySettled(poll, answer.found, providerAnswer, run)
    return settleFromUncertainAttempt(poll, answer.found, ending, run)
  }

  const settleTransition = (
    poll: PollMessage,
    fence: { attempt: string; state: OpenItem['state'] | null },
    result: ReturnType<typeof resultOf>,
    settledAt: number,
    run: Settler,
  ): TaskTransition => ({
    kind: 'settle',
    taskId: poll.taskId,
    fence,
    by: poll.attempt,
    result: storedResult(result, poll.reply),
    settledAt,
    accounting: accountedBy(run, settledAt),
  })

  /** Ours from an earlier delivery: its result may never have been sent, and only we still know the solution. */
  async function resolveAlreadySettled(
    poll: PollMessage,
    item: SettledItem,
    providerAnswer: ResultAnswer,
    run: Settler,
  ): Promise<Handled> {
    const at = clock.now()
    // A callback settled it; whether it lived to tell will be known when its outcome item is there.
    if (accountingOwner.mayStillReport(item)) return retryLater([], DELIVERY_GRACE_SECONDS)
    const { taken } = await accountingOwner.takeOver(item, run)
    const counted = taken ? [outcomeEventOf(item)] : []
    if (item.settledBy !== poll.attempt) {
      const late: OutcomeEvent[] = providerAnswer.kind === 'solved' ? [{ kind: 'late', at }] : []
      if (!resultMayBeUnsent(item.accounting, taken)) return ack([...counted, ...late])
      const unconfirmed = pollMessageForSettled(item, poll.body)
      const sends = unconfirmed === null ? resultMessages(item.result, item.reply) : [sendOfPoll(unconfirmed)]
      return ack([...counted, ...late], ...sends)
    }
    if (reportedByCallback(item.accounting, taken)) return ack()
    const { result, reply } = item
    if (item.state !== 'solved' || result.solution !== undefined) return ack(counted, ...resultMessages(result, reply))
    // It was solved in time, so it is delivered even if the deadline has passed meanwhile.
    if (providerAnswer.kind === 'solved')
      return ack(counted, ...resultMessages(withSolution(result, providerAnswer.solution), reply))
    const gone = providerAnswer.kind === 'failed' && providerAnswer.failure.class === 'unsolvable'
    if (!gone && at < item.settledAt + ASK_AGAIN_MS) return retryLater(counted)
    // Nobody knows the solution any more; that it was solved is still told.
    return ack(counted, ...resultMessages(result, reply))
  }

  /**
   * The task went on without this attempt, whose answer had been lost. Its proof is as good as any: a solution settles
   * the task, and the attempt that is under way counts as a charge whose answer is lost. Anything else is the business
   * of the attempt that holds the task now.
   */
  async function settleFromUncertainAttempt(
    poll: PollMessage,
    found: OpenItem,
    ending: Ending,
    run: Settler,
  ): Promise<PollOutcome> {
    if (ending.kind !== 'solved' || !found.lost.some(({ attempt }) => attempt === poll.attempt)) return ack()
    const settledAt = clock.now()
    const underWay = found.state === 'claimed' && found.leaseUntil > 0 ? 1 : 0
    const result = resultOf({ ...poll, charges: found.charges + underWay }, ending, settledAt)
    const transition = settleTransition(poll, { attempt: found.attempt, state: found.state }, result, settledAt, run)
    const answer = await retryUnanswered(clock, () => tasks.apply(transition), run.endsAt)
    if (answer.kind === 'refused')
      return { disposition: { kind: 'pollAgain', seconds: 1, isPending: false }, events: [] }
    logSettled(log, result)
    return ack([outcomeEventOf({ ...found, result, settledAt })], ...resultMessages(result, poll.reply))
  }

  /** Paid and not solved: the task goes back to the task queue, free for another attempt. */
  async function resubmit(
    poll: PollMessage,
    why: 'unsolvable' | 'lostId',
    providerAnswer: ResultAnswer,
    run: Settler,
  ): Promise<Handled> {
    const { taskId, attempt, enqueuedAt, origin, body } = poll
    const answer = await tasks.apply({ kind: 'resubmit', taskId, attempt, why })
    if (answer.kind === 'refused') {
      const { found } = answer
      if (found !== undefined && isSettled(found)) return resolveAlreadySettled(poll, found, providerAnswer, run)
      // Still claimed by this very attempt: the table has not been told of the submit yet.
      return found?.attempt === attempt && found.state === 'claimed' ? retryLater() : ack()
    }
    const attributes = writeTaskAttributes({
      taskId,
      enqueuedAt,
      parks: 0,
      origin,
      unpaid: [],
      while: lastReason(poll, providerAnswer),
    })
    return ack([], { queue: 'tasks', message: { body, delaySeconds: 0, attributes } })
  }

  async function executeDecision(
    poll: PollMessage,
    decision: Decision,
    answer: ResultAnswer,
    run: Settler,
  ): Promise<PollOutcome> {
    const at = clock.now()
    switch (decision.kind) {
      case 'pollAgain': {
        const { taskId, method, submittedAt } = poll
        const slow = at - submittedAt >= SLOW_AFTER_SECONDS * 1000
        const events: OutcomeEvent[] = slow ? [{ kind: 'slow', at, taskId, method, submittedAt }] : []
        const isPending = answer.kind === 'pending'
        return { disposition: { kind: 'pollAgain', seconds: decision.inSeconds, isPending }, events }
      }
      case 'resubmit':
        return resubmit(poll, decision.why, answer, run)
      case 'settle':
        return settle(poll, decision.ending, answer, run)
    }
  }

  /** `lastPendingAt`: when the task was last known to be pending. Throws where the table cannot be written. */
  async function poll(poll: PollMessage, lastPendingAt: number, run: Invocation): Promise<PollOutcome> {
    const { taskId, attempt, captchaId } = poll
    const provider = providers.find(({ name }) => name === poll.provider)
    await repair(poll)
    const began = clock.now()
    const answer = provider === undefined ? NO_PROVIDER : await provider.result(captchaId)
    const now = clock.now()
    const decision = decide(poll, answer, now, { lastPendingAt, pollSeconds: ports.pollSeconds })
    const logFields = { taskId, attempt, provider: poll.provider, captchaId, milliseconds: now - began }
    if (answer.kind === 'failed') {
      log('warn', 'look failed', {
        ...logFields,
        class: answer.failure.class,
        code: answer.failure.code,
        next: decision.kind,
      })
    } else log('debug', answer.kind, logFields)
    const outcome = await executeDecision(poll, decision, answer, { ...run, via: 'message' })
    const facts: OutcomeEvent[] = [{ kind: 'polled', at: now }, ...refusalIn(answer, poll.provider, now)]
    const events = [...facts, ...outcome.events]
    const { disposition } = outcome
    if (disposition.kind !== 'pollAgain' || answer.kind !== 'failed') return { disposition, events }
    return { disposition: { ...disposition, while: lastReason(poll, answer) }, events }
  }

  /** A look on a hint: only a solution settles, everything else is left to the poll message. Null: nothing was settled. */
  async function pollOnCallback(poll: PollMessage, lastPendingAt: number, run: Invocation): Promise<Handled | null> {
    const provider = providers.find(({ name }) => name === poll.provider)
    const answer = await provider?.result(poll.captchaId)
    if (answer?.kind !== 'solved') return null
    const decision = decide(poll, answer, clock.now(), { lastPendingAt, pollSeconds: ports.pollSeconds })
    const settled =
      decision.kind === 'settle' ? await settle(poll, decision.ending, answer, { ...run, via: 'callback' }) : null
    if (settled === null) return null
    const { disposition, events } = settled
    return disposition.kind === 'pollAgain' ? null : { disposition, events }
  }

  return { look: poll, confirm: pollOnCallback }
}
export type PollTask = ReturnType<typeof makePollTask>

function refusalIn(answer: ResultAnswer, provider: string, at: number): OutcomeEvent[] {
  if (answer.kind !== 'failed' || !isAccountClass(answer.failure.class)) return []
  return [{ kind: 'lookRefused', at, provider, class: answer.failure.class, code: answer.failure.code }]
}
