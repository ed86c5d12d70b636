import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { FUNCTIONS } from '../../functions/contract/functions.ts'
import { bundleFunctions } from '../../lib/bundle.ts'

const ROOT = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'lifesign-bundles-'))
afterAll(() => rmSync(folder, { recursive: true }))
const record = join(folder, 'made-of.json')
mkdirSync(join(folder, 'health'))
writeFileSync(join(folder, 'health/an-old-part.js'), '')
const bundles = bundleFunctions(folder)

it('a part that an earlier version had is gone, so that no deploy takes it along', () => {
  expect(readdirSync(bundles.health)).not.toContain('an-old-part.js')
  expect(readdirSync(bundles.health)).toContain('index.js')
})

it('bundles are made once while nothing changes: the next process finds them and writes nothing', () => {
  const { ino, mtimeMs } = statSync(record)
  expect(bundleFunctions(folder)).toEqual(bundles)
  expect(statSync(record)).toMatchObject({ ino, mtimeMs })
})

it('bundles are made again when anything changes that they are made of: handlers, packages, options, documents, themselves', () => {
  const recorded = Object.keys(JSON.parse(readFileSync(record, 'utf8')))
  const made = FUNCTIONS.flatMap((name) => readdirSync(bundles[name]).map((file) => join(bundles[name], file)))
  expect(made.length).toBeGreaterThan(FUNCTIONS.length)
  const handlers = FUNCTIONS.map((name) => join(ROOT, 'functions', name, 'handler.ts'))
  const decide = ['lib/bundle.ts', 'lib/lambda-credentials.ts', 'tsconfig.json', 'node_modules/.package-lock.json']
  const parts = ['functions/health/page/documents.ts', 'functions/contract/functions.ts', 'docs/runbook.md']
  const all = [...made, ...handlers, ...[...decide, ...parts].map((file) => join(ROOT, file))]
  expect(all.filter((path) => !recorded.includes(path))).toEqual([])
  expect(recorded.some((path) => path.includes('node_modules/@smithy/'))).toBe(true)
})
