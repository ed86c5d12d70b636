import { type Decision, decide, lastReason } from './decide.ts'
import { nameOf } from './error-name.ts'
import { isAccountClass } from './errors.ts'
import { attributesOf } from './incoming.ts'
import { insist } from './insist.ts'
import type { Invocation } from './invocation.ts'
import { comeBack, done, type Journey } from './journey.ts'
import type { TaskEvent } from './lifecycle.ts'
import { logSettled } from './log-settled.ts'
import type { MeetSettled } from './meet-settled.ts'
import type { Happening } from './outcome.ts'
import { heartbeatOf, type Poll, pollOfSettled } from './poll.ts'
import type { Clock, Log, Provider, ResultAnswer, TaskStore } from './ports.ts'
import { type Ending, happeningOf, resultOf, resultSends, storedResult, withSolution } from './settlement.ts'
import { isSettled, type OpenItem, type SettledItem } from './task.ts'

/** What a look at a poll message comes to: a journey, or another look after so many seconds. */
export type Looked = Journey | Later
/** `isPending`: its provider said that it is not solved yet. */
export interface Later {
  end: 'later'
  seconds: number
  isPending: boolean
  /** Why the look failed, where it did. */
  while?: string | undefined
  happenings: Happening[]
}

/** From this age on, seconds, a task that is not ready is told of as slow. */
const SLOW_AFTER_SECONDS = 90
/** How long a provider is asked again for a solution that a task was settled with and that was never sent. */
const ASK_AGAIN_MS = 600_000
const TELLING_SECONDS = 40
/** A provider that is no longer configured may come back. */
const NO_PROVIDER: ResultAnswer = {
  kind: 'failed',
  failure: { class: 'transient', code: 'NO_SUCH_PROVIDER', message: 'Its provider is not configured any more.' },
}

/** One look at one submitted task: asks its provider, and settles the task once where there is an end. */
export function makeLook(ports: {
  tasks: TaskStore
  providers: Provider[]
  meetSettled: MeetSettled
  clock: Clock
  log: Log
  pollSeconds: number | null
}) {
  const { tasks, providers, meetSettled, clock, log } = ports

  /** The table was not told of this submit when it was paid for: it is told now. */
  async function repair(poll: Poll): Promise<void> {
    if (poll.recorded) return
    const { taskId, attempt, provider, captchaId, submittedAt } = poll
    try {
      await tasks.apply({ kind: 'submitted', taskId, attempt, provider, captchaId, submittedAt })
      log('info', 'submit recorded late', { taskId, attempt, provider, captchaId })
    } catch (error) {
      log('warn', 'submit still not recorded', { taskId, attempt, provider, captchaId, error: nameOf(error) })
    }
  }

  async function settle(poll: Poll, ending: Ending, looked: ResultAnswer, run: Invocation): Promise<Looked> {
    const settledAt = clock.now()
    const result = resultOf(poll, ending, settledAt)
    const event = settleEvent(poll, { attempt: poll.attempt, state: null }, result, settledAt, run)
    const answer = await insist(clock, () => tasks.apply(event), run.endsAt)
    const late = looked.kind === 'solved' && ending.kind === 'expired'
    const lateness: Happening[] = late ? [{ kind: 'late', at: settledAt }] : []
    if (answer.kind === 'applied') {
      logSettled(log, result)
      const settled = happeningOf({ ...poll, result, settledAt })
      return done([settled, ...lateness], ...resultSends(result, poll.reply))
    }
    if (answer.found === undefined) return done(lateness)
    if (isSettled(answer.found)) return settledBefore(poll, answer.found, looked, run)
    return settleFromLost(poll, answer.found, ending, run)
  }

  const settleEvent = (
    poll: Poll,
    fence: { attempt: string; state: OpenItem['state'] | null },
    result: ReturnType<typeof resultOf>,
    settledAt: number,
    run: Invocation,
  ): TaskEvent => ({
    kind: 'settle',
    taskId: poll.taskId,
    fence,
    by: poll.attempt,
    result: storedResult(result, poll.reply),
    settledAt,
    settledIn: run.id,
  })

  /** Ours from an earlier delivery: its result may never have been sent, and only we still know the solution. */
  async function settledBefore(poll: Poll, item: SettledItem, looked: ResultAnswer, run: Invocation): Promise<Journey> {
    const at = clock.now()
    // A callback settled it; whether it lived to tell will be known when its outcome item is there.
    if (meetSettled.isTooEarly(item)) return { ...comeBack(), againSeconds: TELLING_SECONDS }
    const counted = await meetSettled.count(item, run.id)
    if (item.settledBy !== poll.attempt) {
      const late: Happening[] = looked.kind === 'solved' ? [{ kind: 'late', at }] : []
      if (!meetSettled.isOrphan(item, counted)) return done([...counted, ...late])
      const untold = pollOfSettled(item, poll.body)
      const sends = untold === null ? resultSends(item.result, item.reply) : [heartbeatOf(untold)]
      return done([...counted, ...late], ...sends)
    }
    if (meetSettled.isTold(item, counted)) return done()
    const { result, reply } = item
    if (item.state !== 'solved' || result.solution !== undefined) return done(counted, ...resultSends(result, reply))
    // It was solved in time, so it is delivered even if the deadline has passed meanwhile.
    if (looked.kind === 'solved') return done(counted, ...resultSends(withSolution(result, looked.solution), reply))
    const gone = looked.kind === 'failed' && looked.failure.class === 'unsolvable'
    if (!gone && at < item.settledAt + ASK_AGAIN_MS) return comeBack(counted)
    // Nobody knows the solution any more; that it was solved is still told.
    return done(counted, ...resultSends(result, reply))
  }

  /**
   * The task went on without this attempt, whose answer had been lost. Its proof is as good as any: a solution settles
   * the task, and the attempt that is under way counts as a charge whose answer is lost. Anything else is the business
   * of the attempt that holds the task now.
   */
  async function settleFromLost(poll: Poll, found: OpenItem, ending: Ending, run: Invocation): Promise<Looked> {
    if (ending.kind !== 'solved' || !found.lost.some(({ attempt }) => attempt === poll.attempt)) return done()
    const settledAt = clock.now()
    const underWay = found.state === 'claimed' && found.leaseUntil > 0 ? 1 : 0
    const result = resultOf({ ...poll, charges: found.charges + underWay }, ending, settledAt)
    const event = settleEvent(poll, { attempt: found.attempt, state: found.state }, result, settledAt, run)
    const answer = await insist(clock, () => tasks.apply(event), run.endsAt)
    if (answer.kind === 'refused') return { end: 'later', seconds: 1, isPending: false, happenings: [] }
    logSettled(log, result)
    return done([happeningOf({ ...found, result, settledAt })], ...resultSends(result, poll.reply))
  }

  /** Paid and not solved: the task goes back to the task queue, free for another attempt. */
  async function resubmit(
    poll: Poll,
    why: 'unsolvable' | 'lostId',
    looked: ResultAnswer,
    run: Invocation,
  ): Promise<Journey> {
    const { taskId, attempt, enqueuedAt, origin, body } = poll
    const answer = await tasks.apply({ kind: 'resubmit', taskId, attempt, why })
    if (answer.kind === 'refused') {
      const { found } = answer
      if (found !== undefined && isSettled(found)) return settledBefore(poll, found, looked, run)
      // Still claimed by this very attempt: the table has not been told of the submit yet.
      return found?.attempt === attempt && found.state === 'claimed' ? comeBack() : done()
    }
    const attributes = attributesOf({
      taskId,
      enqueuedAt,
      parks: 0,
      origin,
      unpaid: [],
      while: lastReason(poll, looked),
    })
    return done([], { queue: 'tasks', message: { body, delaySeconds: 0, attributes } })
  }

  async function carryOut(poll: Poll, decision: Decision, answer: ResultAnswer, run: Invocation): Promise<Looked> {
    const at = clock.now()
    switch (decision.kind) {
      case 'pollAgain': {
        const { taskId, method, submittedAt } = poll
        const slow = at - submittedAt >= SLOW_AFTER_SECONDS * 1000
        const happenings: Happening[] = slow ? [{ kind: 'slow', at, taskId, method, submittedAt }] : []
        return { end: 'later', seconds: decision.inSeconds, isPending: answer.kind === 'pending', happenings }
      }
      case 'resubmit':
        return resubmit(poll, decision.why, answer, run)
      case 'settle':
        return settle(poll, decision.ending, answer, run)
    }
  }

  /** `lastPendingAt`: when the task was last known to be pending. Throws where the table cannot be written. */
  async function look(poll: Poll, lastPendingAt: number, run: Invocation): Promise<Looked> {
    const { taskId, attempt, captchaId } = poll
    const provider = providers.find(({ name }) => name === poll.provider)
    await repair(poll)
    const began = clock.now()
    const answer = provider === undefined ? NO_PROVIDER : await provider.result(captchaId)
    const now = clock.now()
    const decision = decide(poll, answer, now, { lastPendingAt, pollSeconds: ports.pollSeconds })
    const told = { taskId, attempt, provider: poll.provider, captchaId, milliseconds: now - began }
    if (answer.kind === 'failed') {
      log('warn', 'look failed', {
        ...told,
        class: answer.failure.class,
        code: answer.failure.code,
        next: decision.kind,
      })
    } else log('debug', answer.kind, told)
    const looked = await carryOut(poll, decision, answer, run)
    const facts: Happening[] = [{ kind: 'polled', at: now }, ...refusalIn(answer, poll.provider, now)]
    const happenings = [...facts, ...looked.happenings]
    if (!('isPending' in looked) || answer.kind !== 'failed') return { ...looked, happenings }
    return { ...looked, happenings, while: lastReason(poll, answer) }
  }

  /** A look on a hint: only a solution settles, everything else is left to the heartbeat. Null: nothing was settled. */
  async function confirm(poll: Poll, lastPendingAt: number, run: Invocation): Promise<Journey | null> {
    const provider = providers.find(({ name }) => name === poll.provider)
    const answer = await provider?.result(poll.captchaId)
    if (answer?.kind !== 'solved') return null
    const decision = decide(poll, answer, clock.now(), { lastPendingAt, pollSeconds: ports.pollSeconds })
    const settled = decision.kind === 'settle' ? await settle(poll, decision.ending, answer, run) : null
    return settled?.end === 'later' ? null : settled
  }

  return { look, confirm }
}
export type Look = ReturnType<typeof makeLook>

function refusalIn(answer: ResultAnswer, provider: string, at: number): Happening[] {
  if (answer.kind !== 'failed' || !isAccountClass(answer.failure.class)) return []
  return [{ kind: 'lookRefused', at, provider, class: answer.failure.class, code: answer.failure.code }]
}
