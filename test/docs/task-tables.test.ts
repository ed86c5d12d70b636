import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { METHOD_NAMES, methodOf } from '../../functions/core/provider/methods.ts'
import { classify, PROFILES } from '../../functions/core/provider/profiles.ts'
import { ROOT } from './settings-table.ts'

const page = readFileSync(join(ROOT, 'docs/clients.md'), 'utf8')
/** The cells of each row of the table below a heading. */
const rowsBelow = (heading: string): string[][] => {
  const section = page.slice(page.indexOf(`## ${heading}\n`)).split('\n## ')[0] ?? ''
  return [...section.matchAll(/^\| (.+) \|$/gm)]
    .slice(1)
    .map(([, row = '']) => row.split('|').map((cell) => cell.trim()))
}
const quoted = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

test('the table of methods says what the code knows of each', () => {
  const rows = rowsBelow('Methods')
  const told = new Set<string>()
  for (const [names, needs, , times = '', answer] of rows) {
    const [version] = quoted(names).filter((word) => word === 'version=v3')
    for (const name of quoted(names).filter((word) => word !== 'version=v3')) {
      told.add(name)
      const method = methodOf(name, version === undefined ? {} : { version: 'v3' })
      expect(quoted(needs), name).toEqual(method.needs)
      expect(times, name).toBe(`${method.firstPollSeconds} s, ${method.pollSeconds} s`)
      if (answer === 'token') expect(method.token, name).toBe(true)
    }
  }
  expect([...told].sort()).toEqual([...METHOD_NAMES].sort())
})

test('the provider’s codes in the table of errors are of the class that the table says', () => {
  for (const [kind, codes] of rowsBelow('Errors, and what to send again'))
    for (const code of quoted(codes).filter((word) => /^ERROR_[A-Z_]+$/.test(word)))
      expect(classify(PROFILES.captchaai, code).class, code).toBe(quoted(kind)[0])
})
