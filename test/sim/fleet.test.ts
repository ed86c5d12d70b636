import { createHash } from 'node:crypto'
import { describe, expect, it, test } from 'vitest'
import { FAULT_NAMES } from '../../sim/fleet/model/seed-scenario.ts'
import { REGRESSION_SEEDS } from '../../sim/fleet/run/regression-seeds.ts'
import { reportSeed } from '../../sim/fleet/run/report-seed.ts'
import { runSeed } from '../../sim/fleet/run/run.ts'
import { makeTally } from '../../sim/fleet/run/tally.ts'

async function traced(seed: number): Promise<string> {
  const digest = createHash('sha256')
  const run = await runSeed(seed, 40, { trace: (line) => digest.update(line) })
  return `${digest.digest('hex')} ${run.events} ${run.charges}`
}

test('the same seed is the same run, step by step', async () => {
  expect(await traced(5)).toBe(await traced(5))
  expect(await traced(6)).not.toBe(await traced(5))
})

test('100 seeds × 40 tasks hold every invariant and see every fault, and every await of money crashed at', async () => {
  const tally = makeTally()
  for (let seed = 10_001; seed <= 10_100; seed += 1) tally.add(await reportSeed(seed, 40))
  expect(tally.broken.map(({ seed, broken }) => `seed ${seed}: ${broken?.message}`)).toEqual([])
  expect(FAULT_NAMES.filter((fault) => !tally.injected.has(fault))).toEqual([])
  const aimed = ['tasks.claim', 'provider.submit', 'tasks.submitted', 'sender.polls', 'tasks.settle', 'sender.results']
  expect(aimed.filter((at) => !tally.injected.has(`crash at ${at}`))).toEqual([])
})

describe('seeds that once broke an invariant', () => {
  for (const { seed, tasks, found } of REGRESSION_SEEDS) {
    it(`${found} (seed ${seed}, ${tasks} tasks)`, async () => {
      const { broken } = await runSeed(seed, tasks, { aws: [] })
      expect(broken?.message).toBeUndefined()
    })
  }
})
