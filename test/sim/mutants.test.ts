import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { makeMutationSearch } from '../../sim/fleet/cli/mutation-search.ts'
import { seedsFor } from '../../sim/fleet/cli/seeds-for.ts'
import { MUTANT_SEEDS, MUTANT_TASKS, MUTANTS } from '../../sim/fleet/mutation/mutants.ts'
import { drawRun } from '../../sim/fleet/run/draw-run.ts'

const ROOT = join(import.meta.dirname, '../..')
const sim = (...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'sim/fleet/cli/main.ts'), ...args], { encoding: 'utf8', cwd: ROOT })

describe('every mutant can be planted: its text is in the source exactly once', () => {
  for (const { name, patches } of MUTANTS) {
    it(name, () => {
      for (const { file, find, replace } of patches) {
        expect(readFileSync(join(ROOT, file), 'utf8').split(find)).toHaveLength(2)
        expect(replace).not.toBe(find)
      }
    })
  }
})

test('a planted defect is found, by an invariant that holds without it', async () => {
  const [claim] = MUTANTS
  expect(claim && (await makeMutationSearch(1)(claim))).toMatchObject({
    mutant: 'claim without condition',
    seed: expect.any(Number),
  })
})

test('every mutant is looked for in the same seeds, from the first one on, those in its trouble before all others', () => {
  const plain = seedsFor({}, 40)
  expect([plain[0], plain.at(-1), plain.length]).toEqual([40, 39 + MUTANT_SEEDS, MUTANT_SEEDS])
  const seeds = seedsFor({ trouble: 'pause' }, 40)
  expect(seeds.toSorted((a, b) => a - b)).toEqual(plain)
  const kinds = seeds.map((seed) => drawRun(seed, MUTANT_TASKS, 'drawn').conditions.scenario.trouble?.kind)
  const last = kinds.lastIndexOf('pause')
  expect(last).toBeGreaterThan(50)
  expect(new Set(kinds.slice(0, last))).toEqual(new Set(['pause']))
  const [before, after] = [seeds.slice(0, last + 1), seeds.slice(last + 1)]
  for (const part of [before, after]) expect(part).toEqual(part.toSorted((a, b) => a - b))
})

test('a broken invariant is exit code 1, with the seed and one command that replays it', () => {
  const run = sim('--seeds', '2', '--tasks', '40', '--mutant', 'settle without fence')
  expect(run.status).toBe(1)
  expect(run.stdout).toMatch(/BROKEN seed \d+: settled at most once/)
  const [, command = ''] = /replay: npm run sim -- (.*)/.exec(run.stdout) ?? []
  const [, seed, tasks] = /--seed (\d+) --tasks (\d+)/.exec(command) ?? []
  const replay = sim('--seed', `${seed}`, '--tasks', `${tasks}`, '--mutant', 'settle without fence', '--trace')
  expect(replay.status).toBe(1)
  expect(replay.stdout).toMatch(/s table +\S+ settle: /)
})

test('invariants that hold are exit code 0, a wrong argument is exit code 2', () => {
  expect(sim('--seeds', '2', '--tasks', '20').status).toBe(0)
  expect(sim('--seeds', 'many').status).toBe(2)
  expect(sim('--mutant', 'nonsense').status).toBe(2)
})
