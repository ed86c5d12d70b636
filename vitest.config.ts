import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { COMPILE_CACHE } from './test/compile-cache.ts'
import { longestFirst } from './test/longest-first.ts'
import { markdownAsText } from './test/markdown-as-text.ts'

// Before Vitest starts a worker: what was compiled once is loaded by all of them.
Object.assign(process.env, COMPILE_CACHE)

// Lanes of their own (test/lanes.ts): programs in real time, and whole fleets in virtual time.
const ELSEWHERE = [...configDefaults.exclude, 'test/fleet/**', 'test/sim/**', 'test/trouble/**']

/** From 25 s down to 4 s. Vitest itself goes by the size of a file, and those that run whole suites on an engine are small. */
const LONGEST = [
  ...['stores/dynalite', 'lib/app', 'stores/dynamodb-local', 'local/rights/missing', 'stores/ministack'],
  ...['local/queue-poller', 'local/aws-limits', 'lib/compare-deployed', 'local/missing-parts', 'submit/burst'],
  ...['lib/functions', 'lib/queues', 'stores/fauxqs', 'provider/answers.property', 'cli/test-page', 'submit/bad-input'],
  ...['provider/simulator-process', 'cli/process', 'health/redaction', 'stores/memory'],
]

/** Files share their imports, which are most of a short file's time. */
export default defineConfig({
  plugins: [markdownAsText],
  test: {
    root: join(import.meta.dirname),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    setupFiles: ['test/no-real-aws.ts', 'test/undo.ts'],
    // More than the two cores that are there: many files mostly wait, for queues and for programs that they started.
    maxWorkers: 3,
    sequence: { sequencer: longestFirst(LONGEST) },
    // What Vite made of a file is kept by the file's content: a fifth of the time of a run of short files.
    experimental: { fsModuleCache: true, fsModuleCachePath: join(import.meta.dirname, '.tmp/vitest-cache') },
    include: ['test/**/*.test.ts'],
    exclude: ELSEWHERE,
    isolate: false,
  },
})
