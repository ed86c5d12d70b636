import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../functions/contract/limits.ts'
import { startFrom } from '../../functions/core/evidence/sweep-accumulator.ts'
import { NOTHING_FOLDED } from '../../functions/core/outcome/fold.ts'
import { readOutcomes } from '../../functions/sweep/read-outcomes.ts'
import { readQueues } from '../../functions/sweep/read-queues.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryOutcomeStore } from '../../sim/memory/outcome-store.ts'
import { SECOND } from '../build/evidence.ts'
import { outcome, received } from '../build/outcomes.ts'

const start = { folded: NOTHING_FOLDED, accumulator: startFrom(null, NOON), now: NOON }

describe('the outcomes that a sweep reads', () => {
  it.each([
    ['of a worker whose clock is up to a minute ahead are shown', 60, 1],
    ['of later than that are not', 61, 0],
  ])('%s', async (_, ahead, shown) => {
    const outcomes = memoryOutcomeStore()
    await outcomes.write(outcome(NOON + ahead * SECOND, [received(NOON)]))
    const { totals } = await readOutcomes({ outcomes, clock: memoryClock() }, start, { settlingSeconds: 10 })
    expect(totals.received).toBe(shown)
  })

  it('are read round by round until 15 s have passed, and the next sweep goes on from there', async () => {
    const outcomes = memoryOutcomeStore()
    for (let i = 0; i < 400; i += 1) await outcomes.write(outcome(NOON - 100_000 + i, [received(NOON)]))
    const clock = memoryClock(NOON, { skip: true })
    let rounds = 0
    const list: typeof outcomes.list = async (shard, ...range) => {
      if (shard === 0) rounds += 1
      if (shard === 0) await clock.sleep(5000)
      return outcomes.list(shard, ...range)
    }
    const read = await readOutcomes({ outcomes: { list }, clock }, start, { settlingSeconds: 10, pageItems: 1 })
    expect(rounds).toBe(3)
    expect(read.watermark).toBeLessThan(NOON)
  })
})

it('outcomes behind a page that is too young to be folded are not asked for again and again', async () => {
  const outcomes = memoryOutcomeStore()
  for (const ago of [5, 4]) await outcomes.write(outcome(NOON - ago * SECOND, [received(NOON)], { invocation: 'i' }))
  let lists = 0
  const list: typeof outcomes.list = (...range) => {
    lists += 1
    return outcomes.list(...range)
  }
  const ports = { outcomes: { list }, clock: memoryClock() }
  const read = await readOutcomes(ports, start, { settlingSeconds: 10, pageItems: 1 })
  expect(read).toMatchObject({ watermark: NOON - 5 * SECOND, totals: { received: 1 } })
  expect(lists).toBe(2 * LIMITS.outcomeShards)
})

describe('the queues that a sweep reads', () => {
  it('every message waits, hidden and delayed ones too; only visible ones could be received now', async () => {
    const depths = {
      tasks: { visible: 1, hidden: 20, delayed: 300 },
      polls: { visible: 2, hidden: 30, delayed: 400 },
      deadLetters: { visible: 3, hidden: 40, delayed: 500 },
      results: { visible: 9, hidden: 9, delayed: 9 },
    }
    expect(await readQueues({ read: async (queue) => depths[queue] })).toEqual({
      ...{ waiting: 321, available: 1, received: 20, inFlight: 432, deadLetters: 543 },
    })
  })
})
