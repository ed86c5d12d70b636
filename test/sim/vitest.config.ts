import { defineConfig, mergeConfig } from 'vitest/config'
import unit from '../../vitest.config.ts'
import { longestFirst } from '../file-order.ts'

/** By the CPU time that they take, from a fifth of the lane down. Vitest itself goes by the size of a file. */
const LONGEST = [
  ...['trouble/counted-requests', 'sim/truth', 'sim/aws-limits', 'trouble/unreadable-secret', 'trouble/backlog'],
  ...['sim/fleet', 'trouble/outage', 'trouble/failover', 'sim/mutants'],
]

/**
 * Whole fleets in virtual time, and the parts of the simulation: they only compute, so as many run as there are cores.
 * They may run at a low priority beside another lane, so the time that a test takes says nothing about it.
 */
const config = mergeConfig(
  unit,
  defineConfig({ test: { maxWorkers: 2, testTimeout: 300_000, sequence: { sequencer: longestFirst(LONGEST) } } }),
)
export default { ...config, test: { ...config.test, include: ['test/{sim,trouble}/**/*.test.ts'], exclude: [] } }
