import type { Mutant } from '../mutation/mutant.ts'
import { MUTANT_SEEDS, MUTANT_TASKS } from '../mutation/mutants.ts'
import type { InvariantName } from '../oracle/invariants.ts'
import { type Report, runInThread } from '../run/run-seeds.ts'

export interface MutantResult {
  mutant: string
  /** Seeds until it was found; null: it survived. */
  seeds: number | null
  invariant: InvariantName | null
  seed: number | null
}

const SHARE = 100

/** Looks for a mutant seed by seed. A seed that breaks without the mutant too proves nothing and is passed over. */
export async function findKillingSeed(
  mutant: Mutant,
  from: number,
  ignore: InvariantName[] = [],
): Promise<MutantResult> {
  for (let done = 0; done < MUTANT_SEEDS; ) {
    const seeds = Array.from({ length: Math.min(SHARE, MUTANT_SEEDS - done) }, (_, n) => from + done + n)
    const found = await firstBroken(seeds, mutant.name, ignore)
    if (found === null) done += seeds.length
    else {
      done = found.seed - from + 1
      const withoutIt = await firstBroken([found.seed], null, ignore)
      const invariant = found.broken?.invariant ?? null
      if (withoutIt === null) return { mutant: mutant.name, seeds: done, invariant, seed: found.seed }
    }
  }
  return { mutant: mutant.name, seeds: null, invariant: null, seed: null }
}

async function firstBroken(seeds: number[], mutant: string | null, ignore: InvariantName[]): Promise<Report | null> {
  let broken: Report | null = null
  await runInThread({ seeds, tasks: MUTANT_TASKS, mutant, ignore, stopAtFirst: true }, (report) => {
    if (report.broken !== null) broken ??= report
  })
  return broken
}
