import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** The outside lane: what programs see that are not ours. Not part of `npm test`. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/outside/*.outside.ts'],
    setupFiles: ['test/no-real-aws.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
})
