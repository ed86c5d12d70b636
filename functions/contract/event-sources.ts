import type { FunctionName } from './functions.ts'

/**
 * How each queue calls its function, and whether Lambda lets that function run in a loop through a queue. The stack
 * deploys these values and the simulation runs under them, so that what AWS makes of a value is seen on this machine.
 * A batch of at most ten without a window is invoked at once; with any window AWS may wait 20 s when traffic is low.
 */
export const EVENT_SOURCES = {
  submit: { batchSize: 10, windowSeconds: 0 },
  collect: { batchSize: 10, windowSeconds: 0 },
} as const

/**
 * These three send to the task queue and the poll queue, which call two of them: parked tasks, renewed poll messages,
 * re-submits. Loop detection would refuse such a chain after about 16 calls; the deadline of the task ends it
 * (decisions 0003 and 0004).
 */
export const RECURSIVE_LOOP: Readonly<Record<FunctionName, 'Allow' | 'Terminate'>> = {
  submit: 'Allow',
  collect: 'Allow',
  pingback: 'Allow',
  sweep: 'Terminate',
  health: 'Terminate',
}
