import { describe, expect, it } from 'vitest'
import {
  advanceDemand,
  type DemandState,
  demandSecondsAt,
  resumeDemand,
  waitingSinceOf,
} from '../../../functions/core/evidence/demand.ts'
import type { EMPTY_SUMMARY, OutcomeItem } from '../../../functions/core/outcome/summary.ts'
import { HOUR, NOON, SECOND, totals } from '../../build/evidence.ts'
import { accepted, failed, outcome, polled, received, solved } from '../../build/outcomes.ts'

/** Seconds after a sweep at noon; the next one is 60 s later. */
const at = (seconds: number) => NOON + seconds * SECOND
const MOST = 180

function demandAfter(
  last: { demandSeconds: number; demand: boolean },
  items: OutcomeItem[],
  demandNow: boolean,
  to = 60,
) {
  const walk = items.reduce<DemandState>(advanceDemand, resumeDemand({ ...last, at: NOON }))
  return demandSecondsAt(walk, demandNow, at(to), MOST)
}
const quiet = { demandSeconds: 0, demand: false }
const asked = { demandSeconds: 300, demand: true }

describe('demand seconds', () => {
  it('grow by the time between sweeps while tasks are unsettled', () => {
    expect(demandAfter(asked, [outcome(at(30), [polled(at(30))])], true)).toBe(360)
  })
  it('do not grow in quiet time', () => {
    expect(demandAfter({ demandSeconds: 300, demand: false }, [], false)).toBe(300)
  })
  it('of a task that came after a silent night begin when it was first seen, not at the last sweep', () => {
    expect(demandAfter(quiet, [outcome(at(57), [received(at(57))])], true)).toBe(3)
    expect(demandAfter(quiet, [], true)).toBe(0)
  })
  it('end with the last sign of a task', () => {
    expect(demandAfter(asked, [outcome(at(20), [failed(at(20))])], false)).toBe(320)
    const inBetween = [outcome(at(10), [received(at(10))]), outcome(at(45), [failed(at(45))])]
    expect(demandAfter(quiet, inBetween, false)).toBe(35)
  })
  it('begin anew at a solve, from that solve', () => {
    const items = [outcome(at(20), [solved(at(20))]), outcome(at(50), [failed(at(50))])]
    expect(demandAfter(asked, items, true)).toBe(40)
    expect(demandAfter(asked, items, false)).toBe(30)
    expect(demandAfter(asked, [outcome(at(20), [solved(at(20))])], false)).toBe(0)
  })
  it('are not made by tasks that their provider refused for their own fault', () => {
    const own = outcome(at(10), [received(at(10)), failed(at(10), false)])
    expect(demandAfter(quiet, [own], false)).toBe(0)
    expect(
      demandAfter(quiet, [outcome(at(10), [received(at(10)), received(at(10)), failed(at(10), false)])], true),
    ).toBe(50)
  })
  it('are not made by messages that are no tasks, nor by duplicates', () => {
    const none = outcome(at(10), [
      { kind: 'invalid', at: at(10), code: 'INVALID_TASK' },
      { kind: 'duplicate', at: at(10) },
    ])
    expect(demandAfter(quiet, [none], true)).toBe(0)
  })
  it('are not invented by an outage of the sweep: it adds three periods at most', () => {
    expect(demandAfter(asked, [], true, 24 * 3600)).toBe(480)
    const solvedLongAgo = [outcome(at(3600), [solved(at(3600))])]
    expect(demandAfter(asked, solvedLongAgo, true, 24 * 3600)).toBe(180)
  })
  it('are the same for a sweep that runs twice', () => {
    expect(demandAfter(asked, [], true, 0)).toBe(300)
  })
})

describe('waiting since', () => {
  const since = (
    now: { waiting: number; totals?: Partial<typeof EMPTY_SUMMARY> },
    last: { waitingSince: number | null; at?: number },
    to = at(60),
  ) => {
    const seen = { waiting: now.waiting, at: to, totals: totals(now.totals ?? {}) }
    return waitingSinceOf(seen, { at: NOON, ...last }, MOST)
  }
  it('is nothing while nobody waits', () => {
    expect(since({ waiting: 0 }, { waitingSince: NOON })).toBeNull()
  })
  it('is when it was first seen', () => {
    expect(since({ waiting: 1 }, { waitingSince: null })).toBe(at(60))
    expect(since({ waiting: 1 }, { waitingSince: at(-100) })).toBe(at(-100))
  })
  it('begins again with every submit that is accepted', () => {
    expect(since({ waiting: 1, totals: { lastWorkingSubmitAt: at(40) } }, { waitingSince: at(-100) })).toBe(at(40))
    expect(since({ waiting: 1, totals: { lastWorkingSubmitAt: at(-200) } }, { waitingSince: at(-100) })).toBe(at(-100))
  })
  it('knows more of a task that was parked, but never before the queue was seen empty', () => {
    expect(since({ waiting: 1, totals: { oldestParkedAt: at(25) } }, { waitingSince: null })).toBe(at(25))
    expect(since({ waiting: 1, totals: { oldestParkedAt: at(-3600) } }, { waitingSince: null })).toBe(NOON)
  })
  it('begins again with every message that its client got wrong, as long as no task is parked', () => {
    const wrong = { lastClientErrorAt: at(50) }
    expect(since({ waiting: 9, totals: wrong }, { waitingSince: at(-100) })).toBe(at(50))
    expect(since({ waiting: 9, totals: { ...wrong, oldestParkedAt: at(-90) } }, { waitingSince: at(-100) })).toBe(
      at(-100),
    )
    const expired = { ...wrong, oldestParkedAt: at(60) - HOUR - 1 }
    expect(since({ waiting: 9, totals: expired }, { waitingSince: at(-100) })).toBe(at(50))
  })
  it('begins again after an outage of the sweep', () => {
    expect(since({ waiting: 1 }, { waitingSince: at(-100) }, NOON + 24 * HOUR)).toBe(NOON + 24 * HOUR)
  })
  it('is never later than now, whatever a clock says', () => {
    expect(since({ waiting: 1, totals: { lastWorkingSubmitAt: at(90) } }, { waitingSince: NOON })).toBe(at(60))
  })
})

it('an accepted submit is a sign of a task', () => {
  expect(demandAfter(quiet, [outcome(at(30), [accepted(at(30))])], true)).toBe(30)
})
