import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A lane of its own: real time passes there (test/lanes.ts).
    exclude: [...configDefaults.exclude, 'test/fleet/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    setupFiles: ['test/no-real-aws.ts'],
  },
})
