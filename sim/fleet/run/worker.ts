import { parentPort, workerData } from 'node:worker_threads'
import { applyMutant } from '../mutation/apply-mutant.ts'
import type { Work } from './run-seeds.ts'

/** Runs its share of the seeds in a thread of its own; a mutant is planted before anything of the fleet is loaded. */
const work: Work = workerData
const planted = work.mutant === null ? null : applyMutant(work.mutant)
const { reportSeed } = await import('./report-seed.ts')
planted?.verify()

const options = { ignore: new Set(work.ignore), ...(work.aws === undefined ? {} : { aws: work.aws }) }
for (const seed of work.seeds) {
  const report = await reportSeed(seed, work.tasks, options)
  parentPort?.postMessage(report)
  if (report.broken !== null && work.stopAtFirst) break
}
