import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { MUTANT_SEEDS, MUTANTS } from '../mutation/mutants.ts'
import { findKillingSeed, type MutantResult } from './mutation-search.ts'

/** `npm run sim:mutants`: plants every defect and lets the simulation look for it. Fails when one survives. */
const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    only: { type: 'string' },
    ignore: { type: 'string', multiple: true, default: [] },
  },
})
const from = Number(values.from)
const wanted = MUTANTS.filter(({ name }) => values.only === undefined || name === values.only)
if (wanted.length === 0 || !Number.isSafeInteger(from)) {
  console.error('usage: npm run sim:mutants -- [--from SEED] [--only NAME]')
  process.exit(2)
}

const tell = ({ mutant, seeds, invariant, seed }: MutantResult): void => {
  const after = seeds === 1 ? '1 seed' : `${seeds} seeds`
  const found = `found after ${after} (seed ${seed}): ${invariant}`
  console.log(`${mutant}: ${seeds === null ? `SURVIVED ${MUTANT_SEEDS} seeds` : found}`)
}

let survivors = 0
const queue = [...wanted]
async function lane(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const hunted = await findKillingSeed(mutant, from, values.ignore)
    if (hunted.seeds === null) survivors++
    tell(hunted)
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane))
console.log(`${wanted.length} mutants, ${survivors} survived`)
process.exitCode = survivors === 0 ? 0 : 1
