import { runSeed } from './run.ts'
import type { Report } from './run-seeds.ts'

/** Runs one seed in this thread and answers its result as plain data that threads can send to each other. */
export async function reportSeed(
  seed: number,
  tasks: number,
  options?: Parameters<typeof runSeed>[2],
): Promise<Report> {
  const { broken, charges, events, seconds, injected } = await runSeed(seed, tasks, options)
  const violation = broken === null ? null : { invariant: broken.invariant, message: broken.message }
  return { seed, broken: violation, tasks, charges, events, seconds, injected: [...injected] }
}
