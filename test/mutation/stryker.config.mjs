import { setPriority } from 'node:os'

/**
 * `npm run mutation`: StrykerJS changes the code in one place at a time and sees whether a test fails. It is not part of
 * `npm test` or CI. `npm run mutation -- --mutate 'functions/core/task/*.ts'` looks at some files only; what was found
 * before is kept in .stryker/incremental.json and looked at again only where code or tests have changed.
 */
// It takes an hour and more, so it leaves the machine to everybody else.
setPriority(19)

export default {
  mutate: ['functions/**/*.ts', 'bin/commands/**/*.ts', '!functions/*/handler.ts'],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // A value that is computed when its file is loaded could only be mutated with all tests run again for each mutant.
  ignoreStatic: true,
  concurrency: 1,
  incremental: true,
  incrementalFile: '.stryker/incremental.json',
  tempDirName: '.stryker/sandbox',
  reporters: ['clear-text', 'html', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false },
  htmlReporter: { fileName: '.stryker/report.html' },
  jsonReporter: { fileName: '.stryker/report.json' },
  // Stryker rewrites a tsconfig.json with the JavaScript API of TypeScript, which version 7 does not have.
  tsconfigFile: 'none',
  ignorePatterns: ['tsconfig.json', 'biome.json', '.tmp', '.build', '.lifesign', 'cdk.out', '.ci'],
  allowEmpty: true,
}
