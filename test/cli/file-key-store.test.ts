import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { fileKeyStore } from '../../bin/commands/keys/file-key-store.ts'

function keysFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'keys.json')
  writeFileSync(path, text)
  return path
}

it('a change of the keys file is computed from what stands there once nobody else may change it', async () => {
  const path = keysFile('{"captchaai":"old"}')
  const seen: unknown[] = []
  const change = (entries: Record<string, unknown>) => {
    seen.push(existsSync(`${path}.lock`), entries)
    return { ...entries, twocaptcha: 'new' }
  }
  expect(await fileKeyStore(path).update(change)).toBe('written')
  expect(seen).toEqual([true, { captchaai: 'old' }])
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ captchaai: 'old', twocaptcha: 'new' })
  expect(existsSync(`${path}.lock`)).toBe(false)
})

it('a change that meets another one neither reads nor writes the keys file, and leaves the lock to the other', async () => {
  const path = keysFile('{"captchaai":"old"}')
  writeFileSync(`${path}.lock`, '')
  let asked = false
  const change = (entries: Record<string, unknown>) => {
    asked = true
    return entries
  }
  await expect(fileKeyStore(path).update(change)).rejects.toThrow('is being changed by somebody else')
  expect(asked).toBe(false)
  expect([readFileSync(path, 'utf8'), existsSync(`${path}.lock`)]).toEqual(['{"captchaai":"old"}', true])
})
