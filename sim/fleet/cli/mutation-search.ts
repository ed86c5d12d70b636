import type { Mutant } from '../mutation/mutant.ts'
import { MUTANT_TASKS } from '../mutation/mutants.ts'
import type { InvariantName } from '../oracle/invariants.ts'
import { reportSeed } from '../run/report-seed.ts'
import { type Report, runInThread } from '../run/run-seeds.ts'
import { seedsFor } from './seeds-for.ts'

export interface MutantResult {
  mutant: string
  /** Seeds until it was found; null: it survived. */
  seeds: number | null
  invariant: InvariantName | null
  seed: number | null
}

const SHARE = 100

/** Looks for mutants seed by seed. A seed that breaks without the mutant too proves nothing and is passed over. */
export function makeMutationSearch(
  from: number,
  ignore: InvariantName[] = [],
): (mutant: Mutant) => Promise<MutantResult> {
  const holdsWithoutMutant = makeHealthyRuns(ignore)
  return async (mutant) => {
    const { name } = mutant
    const all = seedsFor(mutant, from)
    for (let done = 0; done < all.length; ) {
      const seeds = all.slice(done, done + SHARE)
      const found = await firstBroken(seeds, name, ignore)
      if (found === null) done += seeds.length
      else {
        done += seeds.indexOf(found.seed) + 1
        const invariant = found.broken?.invariant ?? null
        if (await holdsWithoutMutant(found.seed)) return { mutant: name, seeds: done, invariant, seed: found.seed }
      }
    }
    return { mutant: name, seeds: null, invariant: null, seed: null }
  }
}

/** Runs each seed once without a mutant, in this thread: most mutants are found by the same few seeds. */
function makeHealthyRuns(ignore: InvariantName[]): (seed: number) => Promise<boolean> {
  const runs = new Map<number, Promise<Report>>()
  return async (seed) => {
    const run = runs.get(seed) ?? reportSeed(seed, MUTANT_TASKS, { ignore: new Set(ignore) })
    runs.set(seed, run)
    return (await run).broken === null
  }
}

async function firstBroken(seeds: number[], mutant: string, ignore: InvariantName[]): Promise<Report | null> {
  let broken: Report | null = null
  await runInThread({ seeds, tasks: MUTANT_TASKS, mutant, ignore, stopAtFirst: true }, (report) => {
    if (report.broken !== null) broken ??= report
  })
  return broken
}
