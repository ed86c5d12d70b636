import { parentPort, workerData } from 'node:worker_threads'
import { applyMutant } from '../mutation/apply-mutant.ts'
import type { Report, Work } from './run-seeds.ts'

/** Runs its share of the seeds in a thread of its own; a mutant is planted before anything of the fleet is loaded. */
const work: Work = workerData
const planted = work.mutant === null ? null : applyMutant(work.mutant)
const { runSeed } = await import('./run.ts')
planted?.verify()

const options = { ignore: new Set(work.ignore), ...(work.aws === undefined ? {} : { aws: work.aws }) }
const started = performance.now()
for (const seed of work.seeds) {
  const run = await runSeed(seed, work.tasks, options)
  const broken = run.broken === null ? null : { invariant: run.broken.invariant, message: run.broken.message }
  const { tasks, charges, events, seconds, injected } = run
  const report: Report = { seed, broken, tasks, charges, events, seconds, injected: [...injected] }
  parentPort?.postMessage(report)
  if (broken !== null && work.stopAtFirst) break
}
parentPort?.postMessage({ milliseconds: performance.now() - started })
