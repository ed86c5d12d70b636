import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** Files outside test/local share what they import (vitest.config.ts): a module of theirs is loaded once for many files. */
const LOADED_AFRESH = /^(local|fleet|deploy|template)\//
const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((file) => !LOADED_AFRESH.test(file))
const textOf = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8')
const HOOK = /^((before|after)(Each|All)|afterTests)\(/m

test('no helper that test files share registers a hook when it is loaded: only the first file would have it', () => {
  const helpers = files.filter((file) => !file.endsWith('.test.ts'))
  expect(helpers.length).toBeGreaterThan(20)
  expect(helpers.filter((file) => HOOK.test(textOf(file)))).toEqual([])
})

test('no test file that shares its imports uses a helper that undoes by such a hook', () => {
  const undoing = ['local/bundles.ts', 'local/programs.ts']
  for (const helper of undoing) expect(textOf(helper)).toMatch(HOOK)
  expect(files.filter((file) => undoing.some((helper) => textOf(file).includes(`../${helper}'`)))).toEqual([])
})
