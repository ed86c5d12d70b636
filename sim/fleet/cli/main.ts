import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { AWS_LIMITS, readAwsLimits } from '../../aws/documented.ts'
import { applyMutant } from '../mutation/apply-mutant.ts'
import { MUTANTS } from '../mutation/mutants.ts'
import { type Report, runMany } from '../run/run-seeds.ts'
import { makeTally } from '../run/tally.ts'

/** `npm run sim -- --seeds N --tasks M --from S`, or `--seed S --trace` to see one seed step by step. */
const USAGE = `usage: npm run sim -- [--seeds N] [--tasks M] [--from S] [--threads T] [--seed S [--trace]] [--mutant NAME] [--ignore INVARIANT].. [--aws drawn|none|all|${AWS_LIMITS.join(',')}]`
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    tasks: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    mutant: { type: 'string' },
    aws: { type: 'string', default: 'drawn' },
    ignore: { type: 'string', multiple: true, default: [] },
  },
})

const whole = (name: string, text: string): number => {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  console.error(`--${name} must be a whole number\n${USAGE}`)
  process.exit(2)
}
const tasks = whole('tasks', values.tasks)
const mutant = values.mutant ?? null
if (mutant !== null && !MUTANTS.some(({ name }) => name === mutant)) {
  console.error(`there is no mutant '${mutant}'; there are: ${MUTANTS.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const named = readAwsLimits(values.aws === 'none' ? '' : values.aws)
if (values.aws !== 'drawn' && 'unknown' in named) {
  console.error(`there is no limit ${named.unknown.join(', ')}\n${USAGE}`)
  process.exit(2)
}
const aws = 'limits' in named ? named.limits : 'drawn'
const planted = mutant === null ? null : applyMutant(mutant)
const { runSeed } = await import('../run/run.ts')
planted?.verify()
const replay = (seed: number, count: number) =>
  `npm run sim -- --seed ${seed} --tasks ${count}${mutant === null ? '' : ` --mutant '${mutant}'`}${values.aws === 'drawn' ? '' : ` --aws ${values.aws}`} --trace`

async function one(seed: number): Promise<number> {
  const trace = values.trace ? (line: string) => console.log(line) : null
  const { broken, charges, seconds, plan } = await runSeed(seed, tasks, { trace, ignore: new Set(values.ignore), aws })
  console.log(`seed ${seed}: ${tasks} tasks, ${charges} charges, ${Math.round(seconds)} virtual seconds`)
  console.log(`plan: ${JSON.stringify(plan)}`)
  console.log(broken === null ? 'every invariant held' : `BROKEN ${broken.message}`)
  return broken === null ? 0 : 1
}

/** The smallest number of tasks with which the seed still breaks the same invariant. */
async function shrink({ seed, broken }: Report): Promise<number> {
  for (const fewer of [5, 10, 20, 40, 80]) {
    if (fewer >= tasks) break
    const run = await runSeed(seed, fewer, { ignore: new Set(values.ignore), aws })
    if (run.broken?.invariant === broken?.invariant) return fewer
  }
  return tasks
}

async function many(): Promise<number> {
  const tally = makeTally()
  const threads = Math.max(1, whole('threads', values.threads))
  const asked = { from: whole('from', values.from), seeds: whole('seeds', values.seeds), tasks, threads }
  const began = performance.now()
  await runMany({ ...asked, mutant, ignore: values.ignore, aws }, tally.add)
  console.log(tally.text((performance.now() - began) / 1000))
  for (const report of tally.broken.toSorted((a, b) => a.seed - b.seed).slice(0, 5)) {
    console.log(`BROKEN seed ${report.seed}: ${report.broken?.message}`)
    console.log(`  replay: ${replay(report.seed, await shrink(report))}`)
  }
  if (tally.broken.length > 0) console.log(`${tally.broken.length} of ${asked.seeds} seeds break an invariant`)
  return tally.broken.length === 0 ? 0 : 1
}

process.exitCode = values.seed === undefined ? await many() : await one(whole('seed', values.seed))
