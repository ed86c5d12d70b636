import { describe, expect, it } from 'vitest'
import {
  advanceRecovery,
  isProven,
  type Recovery,
  rateSince,
  stillMatters,
} from '../../../functions/core/evidence/recovery.ts'
import type { OutcomeEvent } from '../../../functions/core/outcome/event.ts'
import { HOUR, MINUTE, NOON, SECOND } from '../../build/evidence.ts'
import { expired, failed, outcome, solved } from '../../build/outcomes.ts'

const FAILING_UNTIL = NOON - MINUTE
const at = (seconds: number) => NOON + seconds * SECOND
const item = (seconds: number, ...events: OutcomeEvent[]) => outcome(at(seconds), events)
const following = (items: ReturnType<typeof item>[], failingUntil: number | null = FAILING_UNTIL): Recovery | null =>
  items.reduce((recovery: Recovery | null, one) => advanceRecovery(recovery, one, failingUntil), null)
const solve = (seconds: number) => item(seconds, solved(at(seconds)))
const failure = (seconds: number) => item(seconds, failed(at(seconds)))

describe('a recovery', () => {
  it('begins with the first solve after a time in which nothing was solved, and not with a failure', () => {
    expect(following([failure(0), failure(1)])).toBeNull()
    expect(following([failure(0), solve(2), solve(3)])).toMatchObject({ at: at(2), solved: 2 })
  })
  it('does not begin where the fleet was not failing: a solve is nothing new then', () => {
    expect(following([failure(0), solve(2)], null)).toBeNull()
  })
  it('is proved by three solves, as many as close a breaker', () => {
    expect([1, 2, 3, 4].map((n) => isProven(following(Array.from({ length: n }, (_, i) => solve(i)))))).toEqual([
      ...[false, false],
      ...[true, true],
    ])
  })
  it('counts failures of tasks that were submitted since, and none of those that were submitted before and expire', () => {
    const old = [10, 20, 30].map((seconds) => item(seconds, expired(at(seconds), at(seconds - 300))))
    const good = Array.from({ length: 10 }, (_, i) => solve(i))
    expect(rateSince(recoveryOf([...good, ...old]), at(40))).toBe(0)
    const own = [310, 320].map((seconds) => item(seconds, expired(at(seconds), at(seconds - 300))))
    const answered = [330, 340, 350].map(failure)
    const late = Array.from({ length: 5 }, (_, i) => solve(300 + i))
    expect(rateSince(recoveryOf([...good, ...old, ...late, ...own, ...answered]), at(360))).toBe(0.5)
  })
  it('counts no failure of the outcome item that has the first solve, and each of the items after it', () => {
    const mixed = (seconds: number, failures: number) =>
      item(seconds, ...Array.from({ length: failures }, () => failed(at(seconds))), solved(at(seconds)))
    expect(recoveryOf([mixed(0, 7)]).minutes).toEqual([{ at: NOON, solved: 1, counted: 0 }])
    expect(recoveryOf([mixed(0, 7), mixed(1, 4)]).minutes).toEqual([{ at: NOON, solved: 2, counted: 4 }])
  })
  it('has no rate before ten tasks have ended since', () => {
    expect(rateSince(recoveryOf(Array.from({ length: 9 }, (_, i) => solve(i))), at(10))).toBeNull()
  })
  it('is replaced by the next one, which begins where the fleet was failing again', () => {
    const first = recoveryOf([solve(0), solve(1), solve(2)])
    expect(advanceRecovery(first, solve(60), at(30))).toMatchObject({ at: at(60), solved: 1 })
    expect(advanceRecovery(first, solve(60), at(-30))).toMatchObject({ at: at(0), solved: 4 })
  })
  it('is forgotten when no task of before can end any more', () => {
    const recovery = recoveryOf([solve(0)])
    expect(stillMatters(recovery, NOON + HOUR + 5 * MINUTE)).toEqual(recovery)
    expect(stillMatters(recovery, NOON + HOUR + 5 * MINUTE + 1)).toBeNull()
    expect(stillMatters(null, NOON)).toBeNull()
  })
})

function recoveryOf(items: ReturnType<typeof item>[]): Recovery {
  const recovery = following(items)
  if (recovery === null) throw new Error('no recovery')
  return recovery
}
