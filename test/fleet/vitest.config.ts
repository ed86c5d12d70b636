import { defineConfig } from 'vitest/config'

/** The fleet as processes, on embedded engines: real time passes here, one file after another. */
export default defineConfig({
  test: {
    include: ['test/fleet/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 60_000,
    setupFiles: ['test/no-real-aws.ts'],
  },
})
