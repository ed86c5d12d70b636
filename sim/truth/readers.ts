import type { BalanceAnswer } from '../../functions/core/provider/answers.ts'

/** What a health endpoint says at one second. */
export type Said = 'ready' | 'not_ready' | 'unknown'

/** What each rule gets to see, second by second: the tasks that settled, and the account call that it may make. */
interface Seen {
  second: number
  settled: readonly { solved: boolean }[]
  /** Makes an account call. */
  balance: () => BalanceAnswer
}
export type Reader = (seen: Seen) => Said

const STREAK = 10
const SILENT_SECONDS = 600
const LOWEST_BALANCE = 1
const CACHE_SECONDS = 60

/**
 * The readiness rule of the source documents (Express and Flask): ten failures in a row, more than 600 s since the last
 * solve once there was one, or a balance below one dollar, cached for 60 s and kept when the call fails.
 */
export function documentsRule(): Reader {
  let [streak, lastSolve] = [0, Number.NaN]
  let cached: { balance: number; at: number } | null = null
  return ({ second, settled, balance }) => {
    for (const { solved } of settled) {
      streak = solved ? 0 : streak + 1
      if (solved) lastSolve = second
    }
    if (cached === null || second - cached.at >= CACHE_SECONDS) {
      const answer = balance()
      if (answer.kind === 'balance') cached = { balance: answer.value, at: second }
    }
    const isLow = cached !== null && cached.balance < LOWEST_BALANCE
    return streak >= STREAK || second - lastSolve > SILENT_SECONDS || isLow ? 'not_ready' : 'ready'
  }
}

const PROBE_SECONDS = 30
const STRIKES = 3

/**
 * A usual probe: an account call every 30 s; three that fail in a row make it red, one that succeeds makes it green.
 */
export function threeStrikesRule(): Reader {
  let strikes = 0
  return ({ second, balance }) => {
    if (second % PROBE_SECONDS === 0) strikes = balance().kind === 'balance' ? 0 : strikes + 1
    return strikes >= STRIKES ? 'not_ready' : 'ready'
  }
}
