import { errorName } from '../core/error-name.ts'
import { ack, type Disposition, type Handled } from '../core/message/disposition.ts'
import type { PollMessage } from '../core/message/poll-message.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Invocation, Provider } from '../core/ports.ts'
import type { ResultAnswer } from '../core/provider/answers.ts'
import { isAccountClass } from '../core/provider/error-class.ts'
import { observationOf } from '../core/provider/observation.ts'
import { type Decision, decide, lastReason } from '../core/task/poll-decision.ts'
import { isSettled } from '../core/task/task.ts'
import type { AccountingOwner } from './accounting-owner.ts'
import { resubmit } from './resubmit.ts'
import { type SettlePolledPorts, settlePolled } from './settle-polled.ts'

export type PollTaskPorts = SettlePolledPorts & {
  accountingOwner: AccountingOwner
  providers: Provider[]
  pollSeconds: number | null
  /** The age from which a task that is not ready is reported as slow. */
  slowSeconds: number
}

/** What a poll of one task comes to: an end of its poll message, or another poll. */
export interface PollOutcome extends Omit<Handled, 'disposition'> {
  disposition: Disposition | PollAgain
  /** The table knows the submit of this attempt, so no later poll has to record it. */
  isRecorded: boolean
}
/** `isPending`: the provider answered that the task is not solved yet. */
export interface PollAgain {
  kind: 'pollAgain'
  seconds: number
  isPending: boolean
  /** Why the poll failed, where it did. */
  while?: string | undefined
}
/** `lastPendingAt`: when the task was last known to be pending. */
type PollTask = (poll: PollMessage, lastPendingAt: number, invocation: Invocation) => Promise<PollOutcome>

/** A provider that is no longer configured may come back. */
const NO_PROVIDER: ResultAnswer = {
  kind: 'failed',
  failure: { class: 'transient', code: 'NO_SUCH_PROVIDER', message: 'Its provider is not configured any more.' },
}

/**
 * One poll of one submitted task: asks its provider, and settles the task if it has ended. Throws if the table cannot
 * be written.
 */
export async function pollTask(
  ports: PollTaskPorts,
  ...[poll, lastPendingAt, invocation]: Parameters<PollTask>
): Promise<PollOutcome> {
  const { clock, pollSeconds } = ports
  const isRecorded = await recordSubmit(ports, poll)
  if (poll.callback === true && (await isDoneByCallback(ports, poll))) return { ...ack(), isRecorded }
  const startedAt = clock.now()
  const answer = (await providerOf(ports, poll)?.result(poll.item.captchaId)) ?? NO_PROVIDER
  const now = clock.now()
  const decision = decide(poll, answer, now, { lastPendingAt, pollSeconds: poll.intervalSeconds ?? pollSeconds })
  logAnswer(ports, poll, { answer, milliseconds: now - startedAt, next: decision.kind })
  const done = await executeDecision(ports, { poll, decision, answer }, invocation)
  const { provider } = poll.item
  const polled: OutcomeEvent[] = [{ kind: 'polled', at: now }, ...refusalIn(answer, provider, now)]
  const observations = [observationOf(provider, 'result', answer.kind === 'failed' ? answer.failure : null, now)]
  return { ...done, events: [...polled, ...done.events], observations, isRecorded }
}

/**
 * A poll that a callback asked for. Only a solution settles the task; any other answer is left to the poll message,
 * which also knows when the next poll is due. Null: nothing was settled.
 */
export async function pollOnCallback(
  ports: SettlePolledPorts & Pick<PollTaskPorts, 'providers'>,
  ...[poll, lastPendingAt, invocation]: Parameters<PollTask>
): Promise<Handled | null> {
  const calledAt = ports.clock.now()
  const answer = await providerOf(ports, poll)?.result(poll.item.captchaId)
  if (answer?.kind !== 'solved') return null
  const decision = decide(poll, answer, ports.clock.now(), { lastPendingAt, pollSeconds: null, calledAt })
  if (decision.kind !== 'settle') return null
  return settlePolled(ports, { poll, answer, ending: decision.ending }, { ...invocation, via: 'callback' })
}

/** A callback has settled this task and sent its result, so the provider is not asked about it. */
async function isDoneByCallback({ tasks, accountingOwner }: PollTaskPorts, { item }: PollMessage): Promise<boolean> {
  const found = await tasks.read(item.taskId)
  return found !== undefined && isSettled(found) && accountingOwner.hasReportedCallback(found)
}

const providerOf = ({ providers }: Pick<PollTaskPorts, 'providers'>, poll: PollMessage): Provider | undefined =>
  providers.find(({ name }) => name === poll.item.provider)

/** The table did not answer when this submit was paid for, so the submit is recorded now. Answers whether it is. */
async function recordSubmit({ tasks, log }: PollTaskPorts, poll: PollMessage): Promise<boolean> {
  if (poll.recorded) return true
  const { taskId, attempt, provider, captchaId, submittedAt } = poll.item
  try {
    await tasks.apply({ kind: 'submitted', taskId, attempt, provider, captchaId, submittedAt })
    log('info', 'submit recorded late', { taskId, attempt, provider, captchaId })
    return true
  } catch (error) {
    log('warn', 'submit still not recorded', { taskId, attempt, provider, captchaId, error: errorName(error) })
    return false
  }
}

function logAnswer(
  { log }: PollTaskPorts,
  { item: { taskId, attempt, provider, captchaId } }: PollMessage,
  { answer, milliseconds, next }: { answer: ResultAnswer; milliseconds: number; next: Decision['kind'] },
): void {
  const fields = { taskId, attempt, provider, captchaId, milliseconds }
  if (answer.kind === 'failed') {
    const { class: kind, code } = answer.failure
    log('warn', 'poll failed', { ...fields, class: kind, code, next })
  } else log('debug', answer.kind, fields)
}

async function executeDecision(
  ports: PollTaskPorts,
  { poll, decision, answer }: { poll: PollMessage; decision: Decision; answer: ResultAnswer },
  invocation: Invocation,
): Promise<Omit<PollOutcome, 'isRecorded'>> {
  const by = { ...invocation, via: 'message' } as const
  const at = ports.clock.now()
  switch (decision.kind) {
    case 'pollAgain': {
      const { taskId, method, submittedAt } = poll.item
      const isSlow = at - submittedAt >= ports.slowSeconds * 1000
      const events: OutcomeEvent[] = isSlow ? [{ kind: 'slow', at, taskId, method, submittedAt }] : []
      return { disposition: pollAgain(poll, answer, decision.inSeconds), events }
    }
    case 'resubmit':
      return resubmit(ports, { poll, answer, why: decision.why }, by)
    case 'settle': {
      const settled = await settlePolled(ports, { poll, answer, ending: decision.ending }, by)
      return settled ?? { disposition: { ...pollAgain(poll, answer, 1), isPending: false }, events: [] }
    }
  }
}

const pollAgain = (poll: PollMessage, answer: ResultAnswer, seconds: number): PollAgain => ({
  kind: 'pollAgain',
  seconds,
  isPending: answer.kind === 'pending',
  ...(answer.kind === 'failed' ? { while: lastReason(poll, answer) } : {}),
})

function refusalIn(answer: ResultAnswer, provider: string, at: number): OutcomeEvent[] {
  if (answer.kind !== 'failed' || !isAccountClass(answer.failure.class)) return []
  return [{ kind: 'pollRefused', at, provider, class: answer.failure.class, code: answer.failure.code }]
}
