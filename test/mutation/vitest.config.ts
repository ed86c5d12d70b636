import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { markdownAsText } from '../markdown-as-text.ts'

/**
 * The tests that mutants are shown to: those that need no engine, no process and no time of their own. What only an
 * engine can show (conditional writes, batches, sockets) survives here, and the contract suites on real engines find it.
 */
export default defineConfig({
  plugins: [markdownAsText],
  test: {
    root: join(import.meta.dirname, '../..'),
    // Some tests only, for a quick look: `MUTATION_TESTS='test/core/**/*.test.ts' npm run mutation -- --mutate …`.
    include: process.env.MUTATION_TESTS?.split(' ') ?? [
      'test/{core,worker,submit,collect,pingback,sweep,transcripts,health,runtime}/**/*.test.ts',
      'test/sim/{found-defects,skewed-clock}.test.ts',
      'test/provider/fleet-keys.test.ts',
    ],
    exclude: ['test/{sweep/engine,health/real-table,submit/too-much}.test.ts', 'test/health/bundle/**'],
    setupFiles: ['test/no-real-aws.ts', 'test/undo.ts'],
    testTimeout: 60_000,
    isolate: false,
  },
})
