import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** The deploy lane: one file, whose tests are steps in order. Not part of `npm test`. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/deploy/*.deploy.ts'],
    setupFiles: ['test/no-real-aws.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    bail: 1,
    disableConsoleIntercept: true,
  },
})
