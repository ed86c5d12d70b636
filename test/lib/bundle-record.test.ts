import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isCurrent, recordBundles } from '../../lib/bundle-record.ts'

let folder: string
const path = (name: string) => join(folder, name)
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifesign-record-'))
  for (const name of ['source.ts', 'index.js']) writeFileSync(path(name), `text of ${name}`)
  recordBundles(folder, [path('source.ts'), path('index.js')])
})
afterEach(() => rmSync(folder, { recursive: true }))

it('bundles are current while every file that went in and came out is as it was, whatever its times say', () => {
  expect(isCurrent(folder)).toBe(true)
  utimesSync(path('source.ts'), 0, 0)
  expect(isCurrent(folder)).toBe(true)
})

it.each(['source.ts', 'index.js'])('one byte more in %s makes them stale, and its old text current again', (name) => {
  const { atime, mtime } = statSync(path(name))
  writeFileSync(path(name), `text of ${name}!`)
  utimesSync(path(name), atime, mtime)
  expect(isCurrent(folder)).toBe(false)
  writeFileSync(path(name), `text of ${name}`)
  expect(isCurrent(folder)).toBe(true)
})

it.each(['source.ts', 'index.js', 'made-of.json'])('they are stale without %s', (name) => {
  rmSync(path(name))
  expect(isCurrent(folder)).toBe(false)
})

it('a file that was not there when they were made says nothing, so they are never current', () => {
  recordBundles(folder, [path('source.ts'), path('index.js'), path('nowhere.json')])
  expect(isCurrent(folder)).toBe(false)
})

it.each(['', '{', '[]', '{}', 'null', '7'])('a record that is %j says nothing', (text) => {
  writeFileSync(path('made-of.json'), text)
  expect(isCurrent(folder)).toBe(false)
})

it('a record of files that are all gone into another text is replaced by the next one as a whole', () => {
  writeFileSync(path('source.ts'), 'another text')
  recordBundles(folder, [path('source.ts')])
  expect(isCurrent(folder)).toBe(true)
  expect(Object.keys(JSON.parse(readFileSync(path('made-of.json'), 'utf8')))).toEqual([path('source.ts')])
})
