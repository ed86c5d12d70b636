import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
/** What `npm ci` and the programs write. */
const isWritten = (name: string): boolean =>
  (name.startsWith('.') && name !== '.ci') || ['node_modules', 'cdk.out', 'package-lock.json'].includes(name)

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    if (isWritten(name)) return []
    const path = join(folder, name)
    return statSync(join(ROOT, path)).isDirectory() ? filesIn(path) : [path]
  })
}

const contributing = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
const files = filesIn('.').map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
/** Every place of a pattern, but for this file. */
const placesOf = (pattern: RegExp): { path: string; found: string }[] =>
  files
    .filter(({ path }) => path !== 'test/docs/references.test.ts')
    .flatMap(({ path, text }) => [...text.matchAll(pattern)].map(([found]) => ({ path, found })))

describe('the repository explains itself', () => {
  it('no file names a document of its authors that is not in it', () => {
    expect(placesOf(/\b(?:RE)?DESIGN\b|\bACCEPTANCE\b|\bTOOLS\b|\bPROVIDERS\.md|\bSTYLE(?:\.md| rule)/g)).toEqual([])
  })

  it('every page that a file names is there', () => {
    const pages = new Set(files.filter(({ path }) => path.endsWith('.md')).map(({ path }) => basename(path)))
    const named = placesOf(/(?<![\w*:/])[\w./-]*[\w-]+\.md\b/g)
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter(({ found }) => !pages.has(basename(found)))).toEqual([])
  })

  it('every file that CONTRIBUTING.md names is there', () => {
    const named = [...contributing.matchAll(/`((?:functions|lib|sim|test|docs|bin|local|\.ci)\/[^`\s]+)`/g)].map(
      ([, path = '']) => path,
    )
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it('every log line that CONTRIBUTING.md names is written by a function', () => {
    const table = contributing.split('| line | written by |')[1]?.split('\n\n')[0] ?? ''
    const lines = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(
      ([, cell = '']) => cell.match(/(?<=`)[^`,][^`]*(?=`)/g) ?? [],
    )
    const named = lines.filter((line) => line !== ', ')
    expect(named.length).toBeGreaterThan(8)
    const sources = files.filter(({ path }) => path.startsWith('functions/')).map(({ text }) => text)
    expect(named.filter((line) => !sources.some((text) => text.includes(`'${line}'`)))).toEqual([])
  })

  it('every word of the glossary has its synonym and its meaning, and is a word of the code', () => {
    const glossary = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8').split('## Glossary')[1] ?? ''
    const rows = [...glossary.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].slice(1)
    expect(rows.length).toBeGreaterThanOrEqual(20)
    const code = files.filter(({ path }) => /^(?:functions|lib|bin)\//.test(path))
    const squeezed = code.map(({ text }) => text.toLowerCase().replace(/[\s*_-]/g, '')).join('\n')
    const words = rows.flatMap(([, word = '']) => word.split(', '))
    expect(words.filter((word) => !squeezed.includes(word.replace(/\s/g, '')))).toEqual([])
  })
})
