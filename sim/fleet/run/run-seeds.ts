import { Worker } from 'node:worker_threads'
import type { ShownLimits } from '../fleet/aws.ts'
import type { InvariantName } from '../oracle/invariants.ts'

/** What one thread is asked for. */
export interface Work {
  seeds: number[]
  tasks: number
  mutant: string | null
  ignore: InvariantName[]
  /** Limits of AWS that the runs show; default: those that each seed draws. */
  aws?: ShownLimits
  /** Ends at the first seed that breaks an invariant. */
  stopAtFirst: boolean
}
/** What one seed came to. */
export interface Report {
  seed: number
  broken: { invariant: InvariantName; message: string } | null
  tasks: number
  charges: number
  events: number
  /** Virtual seconds. */
  seconds: number
  injected: [string, number][]
}

/** Runs seeds in a thread; `onReport` is called with each as it is done. Rejects when the thread fails. */
export function runInThread(work: Work, onReport: (report: Report) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: work })
    worker.on('message', onReport)
    worker.on('error', reject)
    worker.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`the simulation's thread ended with ${code}`)),
    )
  })
}

/** Seeds `from` to `from + seeds - 1`, dealt out to so many threads. */
export async function runMany(
  { from, seeds, tasks, threads, mutant = null, ignore = [], aws = 'drawn' }: Asked,
  onReport: (report: Report) => void,
): Promise<void> {
  const all = Array.from({ length: seeds }, (_, n) => from + n)
  const share = (thread: number) => all.filter((_, n) => n % threads === thread)
  await Promise.all(
    Array.from({ length: Math.min(threads, seeds) }, (_, thread) =>
      runInThread({ seeds: share(thread), tasks, mutant, ignore, aws, stopAtFirst: false }, onReport),
    ),
  )
}
interface Asked {
  from: number
  seeds: number
  tasks: number
  threads: number
  mutant?: string | null
  ignore?: InvariantName[]
  aws?: ShownLimits
}
