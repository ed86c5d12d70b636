import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseOutcome, storedOutcome } from '../../functions/adapters/dynamodb/outcome-item.ts'
import { parseRecord } from '../../functions/adapters/dynamodb/record-item.ts'
import { readTimes, storedTimes } from '../../functions/adapters/dynamodb/solve-times.ts'
import { combine, HISTOGRAM_SECONDS, type Histogram } from '../../functions/core/outcome/summary.ts'
import { anySummary } from '../core/arbitraries.ts'
import { outcomeItem, readinessRecord, SEEDED } from './builders.ts'

const CLASSES = HISTOGRAM_SECONDS.length + 1
/** A histogram with these counts in these classes. */
const times = (counts: Record<number, number>): Histogram => Array.from({ length: CLASSES }, (_, n) => counts[n] ?? 0)

/** An item as every version before this one wrote it. */
function olderItem(solveSeconds: Record<string, Histogram>): Record<string, unknown> {
  const { solveTimes: _, ...stored } = storedOutcome(outcomeItem({ solved: 3 }))
  return { ...stored, solveSeconds }
}
/** A record as every version before this one wrote it. */
const olderRecord = (): string =>
  JSON.stringify(readinessRecord(), (name, value) => (name === 'solveMs' ? undefined : value))
const foldedOf = (record: string) => {
  const parsed = parseRecord({ record })
  if ('unreadable' in parsed) throw new Error(parsed.unreadable)
  return parsed.record.folded
}

describe('solve times in an outcome item', () => {
  it('are one text for each method: the sum in milliseconds, then the counts up to the last class with a solve', () => {
    const item = outcomeItem({
      solveSeconds: { turnstile: times({ 1: 2, 3: 10 }), other: times({ 13: 1 }) },
      solveMs: { turnstile: 134_567, other: 400_000 },
    })
    const stored = storedOutcome(item)
    expect(stored.solveTimes).toEqual({ turnstile: '134567 0 2 0 10', other: `400000${' 0'.repeat(13)} 1` })
    expect(Object.keys(stored)).not.toContain('solveSeconds')
    expect(Object.keys(stored)).not.toContain('solveMs')
    expect(parseOutcome(stored)).toEqual(item)
  })

  it('are left out where nothing was solved', () => {
    expect(Object.keys(storedOutcome(outcomeItem()))).not.toContain('solveTimes')
    expect(parseOutcome(storedOutcome(outcomeItem()))).toMatchObject({ solveSeconds: {}, solveMs: {} })
  })

  it('come back as they were, whatever was solved', () => {
    const back = fc.property(anySummary, ({ solveSeconds, solveMs }) => {
      expect(readTimes(storedTimes({ solveSeconds, solveMs }))).toEqual({ solveSeconds, solveMs })
    })
    fc.assert(back, SEEDED)
  })

  it('of more classes than this version knows keep them', () => {
    expect(readTimes({ bls: `9${' 1'.repeat(CLASSES + 2)}` }).solveSeconds.bls).toHaveLength(CLASSES + 2)
  })

  it.each(['', ' ', '1,5 2', '-5 1', 'NaN 1', '12 ', '1e3 1', '1 2.5'])(
    'as the text %j make the item unreadable',
    (text) => {
      const stored = { ...storedOutcome(outcomeItem({ solved: 1 })), solveTimes: { turnstile: text } }
      expect(() => parseOutcome(stored)).toThrow(/^corrupt outcome item: solveTimes.turnstile$/)
    },
  )
})

describe('what was stored before the fleet kept sums', () => {
  it('is read from an item of lists, with every solve in the middle of its class', () => {
    const counts = { turnstile: times({ 0: 2, 4: 1 }), other: times({ 13: 1 }) }
    expect(parseOutcome(olderItem(counts))).toMatchObject({
      ...{ solved: 3, solveSeconds: counts },
      solveMs: { turnstile: 2 * 1000 + 17_500, other: 350_000 },
    })
  })

  it('is read from a record, so that a sum is of the same solves as its counts from the first sweep on', () => {
    expect(olderRecord()).not.toContain('solveMs')
    expect(foldedOf(olderRecord())).toMatchObject({
      solveSeconds: { userrecaptcha: times({ 2: 1, 3: 2 }) },
      solveMs: { userrecaptcha: 7500 + 2 * 12_500 },
    })
  })

  it('changes nothing of a record that has sums, and completes one that has the sum of another method only', () => {
    expect(foldedOf(JSON.stringify(readinessRecord())).solveMs).toEqual({ userrecaptcha: 35_250 })
    const folded = {
      ...readinessRecord().folded,
      solveSeconds: { bls: [1], turnstile: [0, 1] },
      solveMs: { bls: 1999 },
    }
    expect(foldedOf(JSON.stringify(readinessRecord({ folded }))).solveMs).toEqual({ bls: 1999, turnstile: 3500 })
  })

  it('does not make a sum fall while a fleet is upgraded: older and newer items add up, sweep after sweep', () => {
    const items = [
      olderItem({ userrecaptcha: times({ 3: 1 }) }),
      storedOutcome(
        outcomeItem({ solveSeconds: { userrecaptcha: times({ 3: 1 }) }, solveMs: { userrecaptcha: 14_321 } }),
      ),
      olderItem({ userrecaptcha: times({ 0: 1 }) }),
      storedOutcome(outcomeItem({ solveSeconds: { userrecaptcha: times({ 0: 1 }) }, solveMs: { userrecaptcha: 700 } })),
    ]
    let folded = foldedOf(olderRecord())
    const sums = items.map((item) => {
      const record = readinessRecord({ folded: combine(folded, parseOutcome(item)) })
      folded = foldedOf(JSON.stringify(record))
      return folded.solveMs.userrecaptcha
    })
    const begun = 32_500
    expect(sums).toEqual([begun + 12_500, begun + 26_821, begun + 27_821, begun + 28_521])
    expect(folded.solveSeconds.userrecaptcha).toEqual(times({ 0: 2, 2: 1, 3: 4 }))
  })

  it('is read by that version from newer items as well, without their solve times and with all other counts', () => {
    const { solveTimes: _, ...known } = storedOutcome(
      outcomeItem({ solved: 2, polled: 5, solveSeconds: { bls: [2] }, solveMs: { bls: 900 } }),
    )
    expect(known).toEqual(storedOutcome(outcomeItem({ solved: 2, polled: 5 })))
  })
})
