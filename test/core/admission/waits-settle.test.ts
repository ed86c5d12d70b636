import { describe, expect, it } from 'vitest'
import { observedWaits } from '../../../functions/core/admission/waits/observed-waits.ts'
import { pollWaits } from '../../../functions/core/admission/waits/poll-waits.ts'
import type { OutcomeEvent } from '../../../functions/core/outcome/event.ts'
import { combine, EMPTY_SUMMARY } from '../../../functions/core/outcome/summary.ts'
import { summarise } from '../../../functions/core/outcome/summary-of.ts'
import { timingOf } from '../../../functions/core/task/last-pending.ts'
import { decide } from '../../../functions/core/task/poll-decision.ts'
import { outcomeEventOf, resultOf } from '../../../functions/core/task/settlement.ts'
import { NOON } from '../../../sim/memory/clock.ts'
import { logNormal, type Random, seededRandom } from '../../../sim/support/random.ts'

const METHOD = 'userrecaptcha'
const UNSET = { firstPollSeconds: null, pollSeconds: null }
const CALL_MS = 50
/** From the end of a hide to the receive, on average. */
const RECEIVE_MS = 300
const SWEEPS = 60
const TASKS_PER_SWEEP = 60

interface Found {
  /** Seconds from the solution to the answer of the poll that found it. */
  wait: number
  polls: number
  event: OutcomeEvent
}

/** One task, polled as a worker does: hidden for whole seconds, received some time after that. */
function polled(
  attempt: string,
  solveSeconds: number,
  waits: { first: number; interval: number },
  receivedAfter: () => number,
): Found {
  const { first, interval: intervalSeconds } = waits
  const facts = { taskId: attempt, attempt, method: METHOD, provider: 'captchaai', submittedAt: NOON, enqueuedAt: NOON }
  const item = { ...facts, deadlineAt: NOON + 3_600_000, unsolvable: 0, lostIdResubmits: 0 }
  const doneAt = NOON + solveSeconds * 1000
  let plan: { firstPollAt: number; lastPendingAt?: number } = { firstPollAt: NOON + first * 1000 }
  let at = plan.firstPollAt + receivedAfter()
  for (let [polls, receiveCount] = [1, 1]; ; polls += 1) {
    const timing = timingOf({ ...item, ...plan, intervalSeconds }, { at, receiveCount, visibilitySeconds: 120 })
    const now = at + CALL_MS
    const isDone = doneAt <= at
    const answer = isDone ? ({ kind: 'solved', solution: 'token' } as const) : ({ kind: 'pending' } as const)
    const known = { lastPendingAt: timing.lastPendingAt, pollSeconds: intervalSeconds }
    const decision = decide({ item, body: '{}' }, answer, now, known)
    if (decision.kind === 'settle' && decision.ending.kind === 'solved') {
      const settlement = { ...item, result: resultOf({ ...item, charges: 1 }, decision.ending, now), settledAt: now }
      return { wait: (now - doneAt) / 1000, polls, event: outcomeEventOf(settlement, decision.ending.doneAt) }
    }
    if (decision.kind !== 'pollAgain') throw new Error(decision.kind)
    if (now <= timing.answerBy) {
      receiveCount += 1
      at = now + Math.ceil((timing.nextPollAt - now) / 1000) * 1000 + receivedAfter()
    } else {
      receiveCount = 1
      plan = { firstPollAt: now + decision.inSeconds * 1000, lastPendingAt: at }
      at = plan.firstPollAt + receivedAfter()
    }
  }
}

/** An hour of sweeps: each computes the waits of the next minute from all that was ever found. Answers the second half. */
function hour(solveSeconds: (random: Random) => number, seed: number) {
  const random = seededRandom(seed)
  let totals = EMPTY_SUMMARY
  const second: { found: Found[]; waits: string[] } = { found: [], waits: [] }
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const waits = pollWaits(
      { method: METHOD, params: {} },
      { waits: observedWaits(totals.solveSeconds), callbacks: false },
      UNSET,
    )
    const found = Array.from({ length: TASKS_PER_SWEEP }, () =>
      polled(random.hex(), solveSeconds(random), waits, () => 2 * RECEIVE_MS * random.next()),
    )
    totals = combine(totals, summarise(found.map(({ event }) => event)))
    if (sweep < SWEEPS / 2) continue
    second.found.push(...found)
    second.waits.push(`${waits.first}/${waits.interval}`)
  }
  return { ...told(second.found), waits: second.waits }
}

function told(found: readonly Found[]) {
  const waits = found.map(({ wait }) => wait).sort((a, b) => a - b)
  const at = (share: number) => waits[Math.floor(share * waits.length)] ?? Number.NaN
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return { polls: mean(found.map(({ polls }) => polls)), mean: mean(waits), p50: at(0.5), p95: at(0.95) }
}

/** The shortest mean wait that any schedule has at three polls a task, for one that knows the solve times. */
function best(solveSeconds: (random: Random) => number): number {
  const random = seededRandom(99)
  const times = Array.from({ length: 200 }, () => solveSeconds(random))
  const all = Array.from({ length: 23 }, (_, f) => f + 8).flatMap((first) =>
    Array.from({ length: 8 }, (_, i) => i + 3).map((interval) =>
      told(times.map((time) => polled('a', time, { first, interval }, () => 2 * RECEIVE_MS * random.next()))),
    ),
  )
  return Math.min(...all.filter(({ polls }) => polls <= 3).map(({ mean }) => mean))
}

const even = (random: Random) => 10 + 20 * random.next()
const narrow = (random: Random) => logNormal(random, 20, 0.3)
const wide = (random: Random) => logNormal(random, 20, 0.5)
const short = (random: Random) => 5 + 3 * random.next()
const SEEDS = [1, 2, 3]

describe('waits that follow from what polls by them found', () => {
  it.each([
    ['even from 10 to 30 s', even],
    ['log-normal around 20 s', narrow],
    ['log-normal around 20 s, widely spread', wide],
    ['short, 5 to 8 s', short],
  ])('come close to the best of all schedules, at three polls a task: solve times %s', (_, solveSeconds) => {
    const shortest = best(solveSeconds)
    for (const seed of SEEDS) {
      const { polls, mean } = hour(solveSeconds, seed)
      expect(polls).toBeLessThanOrEqual(3.02)
      expect(mean).toBeLessThanOrEqual(1.12 * shortest)
    }
  })
  it('find solutions that come evenly from 10 to 30 s within 2.3 s, and 95 of a hundred within 4.4 s', () => {
    for (const seed of SEEDS) {
      const { p50, p95 } = hour(even, seed)
      expect(p50).toBeLessThanOrEqual(2.3)
      expect(p95).toBeLessThanOrEqual(4.4)
    }
  })
  it('settle: in half an hour they change three times at most where the solve times stay what they are', () => {
    for (const seed of SEEDS) {
      const { waits } = hour(even, seed)
      expect(waits.filter((now, n) => n > 0 && now !== waits[n - 1]).length).toBeLessThanOrEqual(3)
    }
  })
})
