import { availableParallelism } from 'node:os'
import { MUTANT_SEEDS, MUTANTS } from '../mutation/mutants.ts'
import { type MutantResult, makeMutationSearch } from './mutation-search.ts'
import { readInvariants, readOptions, wholeNumber, wrongUsage } from './options.ts'

const USAGE = `usage: npm run sim:mutants -- [OPTION]..
Plants one defect after the other in the fleet and lets the simulation look for it.
  --from SEED         the first seed (1)
  --only NAME         this defect alone
  --ignore INVARIANT  does not check this one; may be given more than once
  --list              prints the names of the defects
  --help              prints this text
Exit code: 0 every defect was found within ${MUTANT_SEEDS} seeds, 1 one survived, 2 a wrong option.`
const values = readOptions(
  {
    from: { type: 'string', default: '1' },
    only: { type: 'string' },
    ignore: { type: 'string', multiple: true, default: [] },
    list: { type: 'boolean', default: false },
  },
  USAGE,
)
if (values.list) {
  for (const { name } of MUTANTS) console.log(name)
  process.exit(0)
}
const from = wholeNumber('from', values.from)
const ignore = readInvariants(values.ignore)
const wanted = MUTANTS.filter(({ name }) => values.only === undefined || name === values.only)
if (wanted.length === 0) wrongUsage(`there is no mutant '${values.only}'`)

const report = ({ mutant, seeds, invariant, seed }: MutantResult): void => {
  const after = seeds === 1 ? '1 seed' : `${seeds} seeds`
  const found = `found after ${after} (seed ${seed}): ${invariant}`
  console.log(`${mutant}: ${seeds === null ? `SURVIVED ${MUTANT_SEEDS} seeds` : found}`)
}

let survivors = 0
const findKillingSeed = makeMutationSearch(from, ignore)
const queue = [...wanted]
async function lane(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const result = await findKillingSeed(mutant)
    if (result.seeds === null) survivors++
    report(result)
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane))
console.log(`${wanted.length} mutants, ${survivors} survived`)
process.exitCode = survivors === 0 ? 0 : 1
