import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** The template lane: what a checker that knows AWS's schemas says of each template. Not part of `npm test`. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/template/*.template.ts'],
    setupFiles: ['test/no-real-aws.ts'],
    testTimeout: 120_000,
  },
})
