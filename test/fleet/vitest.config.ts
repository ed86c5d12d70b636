import { defineConfig } from 'vitest/config'
import { longestFirst } from '../file-order.ts'

/** By the time that they take, about 100 s down to 10 s. */
const LONGEST = [
  ...['kill', 'faulty-engines', 'aws-limits', 'rights', 'canaries', 'thousand', 'start', 'pause', 'crowd'],
  ...['refusals', 'backup', 'strangers', 'deep'],
]

/**
 * The fleet as processes, on embedded engines. Real time passes here, and a fleet mostly waits: four files share two
 * cores. Each file has ports and a data folder of its own, so none of them meets another.
 */
export default defineConfig({
  test: {
    include: ['test/fleet/**/*.test.ts'],
    maxWorkers: 4,
    sequence: { sequencer: longestFirst(LONGEST.map((name) => `fleet/${name}`)) },
    testTimeout: 600_000,
    hookTimeout: 60_000,
    setupFiles: ['test/no-real-aws.ts', 'test/undo.ts'],
  },
})
