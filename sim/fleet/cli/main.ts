import { availableParallelism } from 'node:os'
import { AWS_LIMITS, readAwsLimits } from '../../aws/documented.ts'
import { applyMutant } from '../mutation/apply-mutant.ts'
import { MUTANTS } from '../mutation/mutants.ts'
import { INVARIANTS } from '../oracle/invariants.ts'
import { type Report, runMany } from '../run/run-seeds.ts'
import { makeTally } from '../run/tally.ts'
import { readInvariants, readOptions, wholeNumber, wrongUsage } from './options.ts'

const USAGE = `usage: npm run sim -- [OPTION]..
Runs the fleet in virtual time, under faults that each seed draws, and checks every invariant at every step.
  --seeds N           how many seeds (100)
  --from S            the first seed (1)
  --tasks M           tasks of each seed (200)
  --threads T         threads that share the seeds (${Math.min(2, availableParallelism())})
  --seed S            one seed alone
  --trace             with --seed: prints every step
  --aws LIMITS        limits of AWS that every seed shows: drawn (by each seed), none, all, or some of
                      ${AWS_LIMITS.join(',')}
  --mutant NAME       plants a defect first; npm run sim:mutants lists them
  --ignore INVARIANT  does not check this one; may be given more than once
  --list-invariants   prints the names of the invariants
  --help              prints this text
Exit code: 0 every invariant held, 1 one broke, 2 a wrong option.`
const values = readOptions(
  {
    seeds: { type: 'string', default: '100' },
    tasks: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    mutant: { type: 'string' },
    aws: { type: 'string', default: 'drawn' },
    ignore: { type: 'string', multiple: true, default: [] },
    'list-invariants': { type: 'boolean', default: false },
  },
  USAGE,
)
if (values['list-invariants']) {
  for (const { name } of INVARIANTS) console.log(name)
  process.exit(0)
}
const tasks = wholeNumber('tasks', values.tasks)
const ignore = readInvariants(values.ignore)
const mutant = values.mutant ?? null
if (mutant !== null && !MUTANTS.some(({ name }) => name === mutant)) wrongUsage(`there is no mutant '${mutant}'`)
const named = readAwsLimits(values.aws === 'none' ? '' : values.aws)
if (values.aws !== 'drawn' && 'unknown' in named) wrongUsage(`there is no limit '${named.unknown.join(', ')}'`)
const aws = 'limits' in named ? named.limits : 'drawn'
const planted = mutant === null ? null : applyMutant(mutant)
const { runSeed } = await import('../run/run.ts')
planted?.verify()
const replay = (seed: number, count: number) =>
  `npm run sim -- --seed ${seed} --tasks ${count}${mutant === null ? '' : ` --mutant '${mutant}'`}${values.aws === 'drawn' ? '' : ` --aws ${values.aws}`} --trace`

async function one(seed: number): Promise<number> {
  const trace = values.trace ? (line: string) => console.log(line) : null
  const { broken, charges, seconds, scenario } = await runSeed(seed, tasks, { trace, ignore: new Set(ignore), aws })
  console.log(`seed ${seed}: ${tasks} tasks, ${charges} charges, ${Math.round(seconds)} virtual seconds`)
  console.log(`scenario: ${JSON.stringify(scenario)}`)
  console.log(broken === null ? 'every invariant held' : `BROKEN ${broken.message}`)
  return broken === null ? 0 : 1
}

/** The smallest number of tasks with which the seed still breaks the same invariant. */
async function shrink({ seed, broken }: Report): Promise<number> {
  for (const fewer of [5, 10, 20, 40, 80]) {
    if (fewer >= tasks) break
    const run = await runSeed(seed, fewer, { ignore: new Set(ignore), aws })
    if (run.broken?.invariant === broken?.invariant) return fewer
  }
  return tasks
}

async function many(): Promise<number> {
  const tally = makeTally()
  const threads = Math.max(1, wholeNumber('threads', values.threads))
  const asked = { from: wholeNumber('from', values.from), seeds: wholeNumber('seeds', values.seeds), tasks, threads }
  const began = performance.now()
  await runMany({ ...asked, mutant, ignore, aws }, tally.add)
  console.log(tally.text((performance.now() - began) / 1000))
  for (const report of tally.broken.toSorted((a, b) => a.seed - b.seed).slice(0, 5)) {
    console.log(`BROKEN seed ${report.seed}: ${report.broken?.message}`)
    console.log(`  replay: ${replay(report.seed, await shrink(report))}`)
  }
  if (tally.broken.length > 0) console.log(`${tally.broken.length} of ${asked.seeds} seeds break an invariant`)
  return tally.broken.length === 0 ? 0 : 1
}

process.exitCode = values.seed === undefined ? await many() : await one(wholeNumber('seed', values.seed))
