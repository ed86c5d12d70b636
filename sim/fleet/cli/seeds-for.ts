import type { Mutant } from '../mutation/mutant.ts'
import { MUTANT_SEEDS, MUTANT_TASKS } from '../mutation/mutants.ts'
import { drawRun } from '../run/draw-run.ts'

/**
 * The seeds in which a mutant is looked for, in their order: the same for every mutant, but those that draw its trouble
 * come first, since a defect of pauses needs a pause.
 */
export function seedsFor({ trouble }: Pick<Mutant, 'trouble'>, from: number): number[] {
  const seeds = Array.from({ length: MUTANT_SEEDS }, (_, n) => from + n)
  if (trouble === undefined) return seeds
  const isFirst = (seed: number) => drawRun(seed, MUTANT_TASKS, 'drawn').conditions.scenario.trouble?.kind === trouble
  const { first = [], others = [] } = Object.groupBy(seeds, (seed) => (isFirst(seed) ? 'first' : 'others'))
  return [...first, ...others]
}
