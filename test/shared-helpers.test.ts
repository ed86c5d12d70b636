import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { folder } from './local/bundles.ts'

/** Lanes of their own, whose files share nothing. */
const LOADED_AFRESH = /^(fleet|deploy|template|outside)\//
const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((file) => !LOADED_AFRESH.test(file))
const textOf = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8')
const HOOK = /^(before|after)(Each|All)\(/m

test('no helper that test files share registers a hook when it is loaded: only the first file would have it', () => {
  const helpers = files.filter((file) => !file.endsWith('.test.ts') && file !== 'undo.ts')
  expect(helpers.length).toBeGreaterThan(20)
  expect(helpers.filter((file) => HOOK.test(textOf(file)))).toEqual([])
})

describe('what a helper undoes after a test', () => {
  let made = ''
  it('is there during the test', () => {
    made = folder()
    expect(existsSync(made)).toBe(true)
  })

  it('is gone in the next one, in a file that was not the first to load the helper, too', () => {
    expect(made).not.toBe('')
    expect(existsSync(made)).toBe(false)
  })
})
