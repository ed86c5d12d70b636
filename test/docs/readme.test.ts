import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT, settingsTable, withSettings } from './settings-table.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const DOCS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((f) => `docs/${f}`),
]
const PAGES = DOCS.filter((path) => path.endsWith('.md'))

test('the table of settings is the one that the code has (`npm run settings` writes it)', () => {
  const page = read('docs/settings.md')
  expect(page).toContain(settingsTable())
  expect(withSettings(page)).toBe(page)
})

test('no page advises to change a deployed setting by a command line: the next deploy would take it back', () => {
  const advised = PAGES.flatMap((page) =>
    [...read(page).matchAll(/(?:cdk )?deploy[^`\n]*`? ?`?-c (?!stage=|name=value)\S+/g)].map(
      ([text]) => `${page}: ${text}`,
    ),
  )
  const stories = advised.filter((text) => !text.startsWith('docs/decisions/'))
  expect(stories).toEqual([])
})

test('every npm script that a page names exists', () => {
  const { scripts } = JSON.parse(read('package.json'))
  const named = PAGES.flatMap((page) => [...read(page).matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name))
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((name) => !Object.hasOwn(scripts, name ?? ''))).toEqual([])
})

describe('every link between pages leads somewhere', () => {
  const anchors = (path: string) =>
    [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
  test.each(PAGES)('%s', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)]
    for (const [link, path = '', anchor] of links) {
      const target = path === '' ? page : join(dirname(page), path)
      expect(existsSync(join(ROOT, target)), `${page}: ${link}`).toBe(true)
      if (anchor !== undefined) expect(anchors(target), `${page}: ${link}`).toContain(anchor)
    }
  })
})

test('every file that the pages name in code quotes is there', () => {
  const named = PAGES.flatMap((page) =>
    [...read(page).matchAll(/`((?:functions|lib|local|bin|sim|test|docs)\/[\w./-]+\.(?:ts|mjs|md))`/g)].map(
      ([, path = '']) => path,
    ),
  )
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})
