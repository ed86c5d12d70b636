import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { COMPILE_CACHE } from './test/compile-cache.ts'
import { waitingSpread } from './test/file-order.ts'
import { markdownAsText } from './test/markdown-as-text.ts'

// Before Vitest starts a worker: what was compiled once is loaded by all of them.
Object.assign(process.env, COMPILE_CACHE)

// Lanes of their own (test/lanes.ts): programs in real time, and whole fleets in virtual time.
const ELSEWHERE = [...configDefaults.exclude, 'test/fleet/**', 'test/sim/**', 'test/trouble/**']

/** From 23 s down to 2 s. */
const WAITING = [
  ...['stores/dynalite', 'stores/dynamodb-local', 'lib/app', 'local/queue-poller', 'local/aws-limits'],
  ...['provider/contract', 'local/function-pool', 'cli/send', 'cli/partial-failures', 'cli/dead-letters'],
  ...['cli/standing', 'provider/provider', 'local/rights/missing', 'cli/process', 'provider/simulator-process'],
  ...['cli/redriven', 'local/function-urls', 'sweep/engine', 'provider/simulator-callbacks'],
  ...['stores/ministack', 'stores/fauxqs', 'provider/transport', 'provider/named-faults', 'health/bundle/bundle'],
  ...['local/missing-parts', 'cli/take-results', 'cli/hidden-input', 'health/real-table', 'cli/test-page'],
  ...['cli/simulate', 'local/use-engine'],
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
    maxWorkers: 4,
    sequence: { sequencer: waitingSpread(WAITING, 3) },
    // What Vite made of a file is kept by the file's content: a fifth of the time of a run of short files.
    experimental: { fsModuleCache: true, fsModuleCachePath: join(import.meta.dirname, '.tmp/vitest-cache') },
    include: ['test/**/*.test.ts'],
    exclude: ELSEWHERE,
    isolate: false,
  },
})
