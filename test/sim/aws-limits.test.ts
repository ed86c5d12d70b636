import { describe, expect, it, test } from 'vitest'
import type { BatchUseCase } from '../../functions/core/ports.ts'
import { AWS_LIMITS, readAwsLimits } from '../../sim/aws/documented.ts'
import { conditionsOf, DEPLOYED } from '../../sim/fleet/fleet/aws.ts'
import { makeEnvironment } from '../../sim/fleet/fleet/environment.ts'
import { makeEventSource } from '../../sim/fleet/fleet/event-source.ts'
import { laggingCounts } from '../../sim/fleet/fleet/lagging-counts.ts'
import type { Pool } from '../../sim/fleet/fleet/pool.ts'
import { drawScenario } from '../../sim/fleet/model/seed-scenario.ts'
import { reportSeed } from '../../sim/fleet/run/report-seed.ts'
import { makeTally } from '../../sim/fleet/run/tally.ts'
import { compare, LOOPS } from '../../sim/fleet/scenarios/loops.ts'
import { play, type Scenario } from '../../sim/fleet/scenarios/scenario.ts'
import { makeWorld } from '../../sim/fleet/world.ts'
import { seededRandom } from '../../sim/support/random.ts'

describe('every invariant holds while AWS shows', () => {
  for (const shown of [...AWS_LIMITS.map((limit) => [limit]), AWS_LIMITS]) {
    it(`${shown.join(', ')}`, async () => {
      const tally = makeTally()
      for (let seed = 30_001; seed <= 30_010; seed += 1) tally.add(await reportSeed(seed, 40, { aws: shown }))
      expect(tally.broken.map(({ seed, broken }) => `seed ${seed}: ${broken?.message}`)).toEqual([])
    })
  }
})

describe('loops of messages', () => {
  it.each(LOOPS.map((scenario) => [scenario.name, scenario] as const))(
    'a task parks, or its poll message is renewed, more than 16 times in a chain: it goes on until its deadline; nothing is refused by loop detection (row 59): %s',
    async (_, scenario) => {
      const { detected, allowed } = await compare(scenario)
      const { tasks, deadlineSeconds } = scenario
      expect(allowed.longestChain).toBeGreaterThan(16)
      expect([...allowed.refusals]).toEqual([])
      expect([allowed.withoutResult, allowed.exhausted]).toEqual([0, 0])
      expect(allowed.solved + allowed.failed + allowed.expired).toBe(tasks)
      expect(allowed.queuesEmptyAt).toBeLessThan(deadlineSeconds + 5)
      // The same with the detection on: the limit bites, and what was paid for is never told.
      expect(detected.longestChain).toBe(16)
      expect(detected.refusals.get('loop')).toBeGreaterThan(0)
      expect(detected.exhausted).toBe(detected.withoutResult)
      expect(detected.withoutResult).toBeGreaterThan(0)
    },
  )

  it('a deadline ends a chain that nothing else would end: no message is left 5 s after it', async () => {
    const plan = { solveSeconds: 30, threads: 0 }
    const played = await play({ name: 'no thread ever', tasks: 5, deadlineSeconds: 3600, plan })
    // Lambda's loop detection ends a chain of 16.
    expect(played.longestChain).toBeGreaterThan(48)
    expect([played.expired, played.withoutResult]).toEqual([5, 0])
    expect(played.queuesEmptyAt).toBeLessThan(3605)
  })
})

describe('low traffic', () => {
  const lonely: Scenario = {
    name: 'one task a minute',
    tasks: 40,
    everySeconds: 60,
    deadlineSeconds: 300,
    plan: { solveSeconds: 21 },
  }

  it('traffic is so low that AWS waits before it invokes: results are not later than the schedule of looks says (row 60)', async () => {
    const { lateness } = await play(lonely)
    expect(lateness).toHaveLength(40)
    // Solved after 21 s, polled after 15, 20 and 25 s.
    expect(Math.max(...lateness)).toBeLessThan(6)
  })

  it('with a window of one second a result is up to 20 s late at every poll: the limit bites', async () => {
    const sources = { ...DEPLOYED.sources, collect: { batchSize: 100, windowSeconds: 1 } }
    const { lateness } = await play(lonely, { deployed: { sources } })
    expect(lateness).toHaveLength(40)
    expect(Math.max(...lateness)).toBeGreaterThan(15)
  })
})

const worldWith = (shown: Parameters<typeof conditionsOf>[2], seed = 1) => {
  const random = seededRandom(seed)
  const plan = { ...drawScenario(random, 1), faults: {}, workers: 1 }
  return makeWorld(conditionsOf(plan, random, shown), random, null, new Set())
}

describe('throttling', () => {
  /** Two hundred messages, and one invocation of 20 s at a time. Answers which of them became dead letters. */
  async function deadLettersOf(maximumConcurrency: number | null): Promise<number> {
    const world = worldWith([])
    const { virtualTime, queues, oracle } = world
    const environment = makeEnvironment('submit#1', 0, virtualTime, null)
    let busy = 0
    const pool: Pool<BatchUseCase> = {
      name: 'submit',
      get busy() {
        return busy
      },
      async invoke(work, ended) {
        busy++
        const answer = await work(async () => [], { id: '1', endsAt: Infinity }, environment)
        virtualTime.after(20_000, () => {
          busy--
          ended({ kind: 'answered', answer, faultCount: false, letterFailed: false, environment })
        })
      },
    }
    const source = { queue: queues.tasks, batchSize: 1, windowSeconds: 0, concurrency: 1, maximumConcurrency }
    makeEventSource(world, { ...source, pool })
    for (let n = 0; n < 200; n++) queues.tasks.send({ body: `${n}` })
    await virtualTime.run(() => queues.tasks.held.size === 0)
    return oracle.log.exhausted.length
  }

  it('spends receives until healthy messages are dead letters, where the source names no maximum concurrency', async () => {
    expect(await deadLettersOf(null)).toBeGreaterThan(50)
  })

  it('spends none where the source names a maximum that Lambda can serve (row 53)', async () => {
    expect(await deadLettersOf(1)).toBe(0)
  })
})

test('a queue at its limit of messages in flight gives none, until one of them is deleted or visible again', () => {
  const world = worldWith(['inflight'])
  const { tasks } = world.queues
  const limit = world.aws.inFlightMessages
  for (let n = 0; n < limit + 5; n++) tasks.send({ body: `${n}` })
  const received = tasks.receive(1000)
  expect(received).toHaveLength(limit)
  expect(tasks.receive(1000)).toEqual([])
  tasks.remove(received[0]?.receipt ?? '')
  expect(tasks.receive(1000)).toHaveLength(1)
})

test.each([
  ['highest', [[1], [1], [1], [0]]],
  ['lowest', [[0], [1], [0], [0]]],
  ['any', [[0, 1], [1], [0, 1], [0]]],
] as const)('counts are those of some moment of the last minute, and never older: the %s', async (reading, seen) => {
  const { virtualTime, queues } = worldWith([])
  const depths = laggingCounts(queues, virtualTime, seededRandom(3), reading)
  queues.tasks.send({ body: 'a' })
  const [received] = queues.tasks.receive(1)
  const began = virtualTime.now()
  const readAt = async (second: number): Promise<number[]> => {
    await virtualTime.run(() => virtualTime.now() - began >= second * 1000)
    const readings = await Promise.all(Array.from({ length: 30 }, () => depths.read('tasks')))
    return [...new Set(readings.map(({ hidden }) => hidden))].sort()
  }
  const before = [await readAt(1), await readAt(65)]
  queues.tasks.remove(received?.receipt ?? '')
  expect([...before, await readAt(100), await readAt(130)]).toEqual(seen)
})

test('a message that is larger than its queue takes is refused', () => {
  const { aws } = worldWith(['sizes'])
  expect([aws.fits('results', 1_048_576), aws.fits('results', 1_048_577)]).toEqual([true, false])
  expect(worldWith([]).aws.fits('results', 9_000_000)).toBe(true)
})

test('limits are named, all of them by one word, and an unknown name is told', () => {
  expect(readAwsLimits('recursion, lag')).toEqual({ limits: ['recursion', 'lag'] })
  expect(readAwsLimits('all')).toEqual({ limits: AWS_LIMITS })
  expect(readAwsLimits('')).toEqual({ limits: [] })
  expect(readAwsLimits('recursion,wind')).toEqual({ unknown: ['wind'] })
})
