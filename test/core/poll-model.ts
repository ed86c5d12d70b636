import { type PlannedPoll, type PollTiming, timingOf } from '../../functions/core/task/last-pending.ts'
import { gapAfter } from '../../functions/core/task/poll-gap.ts'
import { type Random, seededRandom } from '../../sim/support/random.ts'

/**
 * One submitted task, its poll messages, the queue that holds them and the workers that receive them, each of which may
 * fail in one way. It knows when the task was really solved.
 *
 * What the rule cannot tell, and the model leaves out, because the receive count is all that tells of a duplicate: a
 * message that is delivered twice and whose workers fail besides, and a second delivery that comes when the next poll is
 * due already while the poll before it is still under way.
 */
interface PollModel {
  intervalSeconds: number
  deadlineSeconds: number
  solvedAfterMs: number
  /** Most time between a message's visibility and its invocation. */
  waits: number
  /** Longest time of one poll. */
  callMs?: number
  seed: number
  visibilitySeconds: number
  /** Probability of each fault at each opportunity. */
  faults: number
  only?: Fault
}
type Fault = 'dies' | 'twice' | 'unanswered' | 'copyFails' | 'deleteFails' | 'hideFails'
interface PollModelEnd {
  /** Null: it expired. `lastSeenPendingAt`: by the last poll that was answered so, or the submit. */
  solved: { lastPendingAt: number; issuedAt: number; lastSeenPendingAt: number } | null
  polls: number
  copies: number
  faults: Set<Fault>
}

interface Held {
  poll: PlannedPoll
  receiveCount: number
  isThere: boolean
  /** Tells the delivery that is planned from those that no longer are. */
  turn: number
  /** Until when a poll of it is under way, and when the one after it is due. */
  busyUntil: number
  nextDue: number
  trouble: 'twice' | 'fails' | null
}

const START = 1_000_000
const FIRST_POLL_MS = 15_000

export function memoryPolls(model: PollModel): PollModelEnd {
  const { intervalSeconds, visibilitySeconds, solvedAfterMs } = model
  const random: Random = seededRandom(model.seed)
  const deadlineAt = START + model.deadlineSeconds * 1000
  const issuedAt = START + solvedAfterMs
  const end: PollModelEnd = { solved: null, polls: 0, copies: 0, faults: new Set() }
  const events: { at: number; run: () => void }[] = []
  let now = START
  let lastSeenPendingAt = START
  let isOver = false

  const at = (time: number, run: () => void) => events.push({ at: time, run })
  const strikes = (fault: Fault, message: Held): boolean => {
    const kind = fault === 'twice' ? 'twice' : 'fails'
    const isExcluded = fault !== 'unanswered' && message.trouble !== null && message.trouble !== kind
    if ((model.only ?? fault) !== fault || isExcluded || !random.chance(model.faults)) return false
    if (fault !== 'unanswered') message.trouble = kind
    end.faults.add(fault)
    return true
  }
  const isVisibleAt = (message: Held, time: number) => {
    const turn = ++message.turn
    at(time + random.next() * model.waits, () => message.isThere && message.turn === turn && deliver(message, false))
  }
  const send = (poll: PlannedPoll, visibleAt: number) =>
    isVisibleAt({ poll, receiveCount: 0, isThere: true, turn: 0, busyUntil: 0, nextDue: 0, trouble: null }, visibleAt)

  function deliver(message: Held, isDuplicate: boolean): void {
    const receiveCount = ++message.receiveCount
    const began = now
    isVisibleAt(message, now + visibilitySeconds * 1000)
    if (strikes('dies', message)) return
    const timing = timingOf(message.poll, { at: now, receiveCount, visibilitySeconds })
    const takes = random.next() * (model.callMs ?? 1500)
    message.busyUntil = Math.max(message.busyUntil, now + takes)
    message.nextDue = timing.nextPollAt
    if (!isDuplicate && strikes('twice', message)) deliverAgain(message)
    let isPending = true
    const isAnswered = !strikes('unanswered', message)
    at(began + takes * random.next(), () => {
      end.polls++
      isPending = now < issuedAt
      if (isPending && isAnswered) lastSeenPendingAt = Math.max(lastSeenPendingAt, now)
    })
    at(began + takes, () => {
      if (now >= deadlineAt) isOver = true
      else if (isAnswered && !isPending) {
        end.solved ??= { lastPendingAt: timing.lastPendingAt, issuedAt, lastSeenPendingAt }
        isOver = true
      } else after(message, { began, isAnswered }, timing)
    })
  }

  /** At any time, to another worker. */
  function deliverAgain(message: Held): void {
    at(now + random.next() ** 2 * 30_000, () => {
      const cannotBeTold = now >= message.nextDue && now <= message.busyUntil
      if (message.isThere && !cannotBeTold) deliver(message, true)
    })
  }

  function after(message: Held, poll: { began: number; isAnswered: boolean }, timing: PollTiming): void {
    const { isAnswered } = poll
    if (isAnswered && now <= timing.answerBy) {
      if (message.isThere && !strikes('hideFails', message)) isVisibleAt(message, wholeSeconds(timing.nextPollAt))
      return
    }
    const lastPendingAt = isAnswered ? poll.began : timing.lastPendingAt
    if (strikes('copyFails', message)) {
      const { afterPending, unanswered } = timing.mayReturnAt
      isVisibleAt(message, wholeSeconds(isAnswered ? afterPending : unanswered))
      return
    }
    const gap = gapAfter(now - START, intervalSeconds * 1000, false)
    const firstPollAt = wholeSeconds(Math.min(now + gap, deadlineAt))
    end.copies++
    send({ ...message.poll, lastPendingAt, firstPollAt, intervalSeconds }, firstPollAt)
    if (!strikes('deleteFails', message)) message.isThere = false
  }

  const wholeSeconds = (until: number): number => now + Math.max(1, Math.ceil((until - now) / 1000)) * 1000

  const firstPollAt = START + FIRST_POLL_MS
  send({ provider: 'captchaai', submittedAt: START, deadlineAt, firstPollAt, intervalSeconds }, firstPollAt)
  while (!isOver && events.length > 0) {
    const next = events.reduce((a, b) => (b.at < a.at ? b : a))
    events.splice(events.indexOf(next), 1)
    now = next.at
    next.run()
  }
  return end
}
