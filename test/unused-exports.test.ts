import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/** Exports that no file of ours imports, each with who uses it. */
const USED_FROM_OUTSIDE: readonly RegExp[] = [
  /^functions\/\w+\/handler\.ts: handler$/, // Lambda calls it by its name
  /^lib\/lambda-credentials\.ts: defaultProvider$/, // esbuild puts this file in the place of a package of the SDK
  /^bin\/lifesign\.ts: runHere$/, // bin/lifesign.mjs imports the file by a computed address
]

const files = ['functions', 'lib', 'local', 'sim', 'bin', 'bench', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.d)\.(ts|mjs)$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name)),
)
const sources = new Map(
  [...files, 'vitest.config.ts'].map((file) => [
    file,
    readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, ''),
  ]),
)

const words = (list: string | undefined): string[] =>
  (list ?? '').split(',').flatMap((entry) =>
    entry
      .trim()
      .replace(/^type /, '')
      .split(/\s+as\s+|\s*:\s*/, 1),
  )

/** What a file declares or passes on under `export`. */
function exportsOf(text: string): string[] {
  const declared = text.matchAll(
    /^export (?:async |abstract )*(?:const|let|function\*?|class|interface|type)\s+(\w+)/gm,
  )
  const passedOn = text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)
  return [...[...declared].map(([, name = '']) => name), ...[...passedOn].flatMap(([, list]) => namesAfterAs(list))]
}
const namesAfterAs = (list = ''): string[] => list.split(',').map((entry) => entry.trim().split(/\s+/).at(-1) ?? '')

/** `file: name` of everything that a file takes from another one; the name is `*` where it takes the whole file. */
function importsOf(file: string, text: string): string[] {
  const from = (specifier = '') => relative(ROOT, resolve(ROOT, dirname(file), specifier))
  const statements = text.matchAll(
    /(?:import|export)\s+(?:type\s+)?(?:\{([^}]*)\}|\*\s+as\s+\w+)\s*from\s*'(\.[^']+)'|(?:const|let)\s+\{([^}]*)\}\s*=\s*await import\(\s*'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'\s*\)/g,
  )
  return [...statements].flatMap(([, named, path, destructured, dynamic, whole]) => {
    const list = named ?? destructured
    return (list === undefined ? ['*'] : words(list)).map((name) => `${from(path ?? dynamic ?? whole)}: ${name}`)
  })
}

function unused(all: ReadonlyMap<string, string>): string[] {
  const used = new Set([...all].flatMap(([file, text]) => importsOf(file, text)))
  return [...all].flatMap(([file, text]) =>
    exportsOf(text)
      .filter((name) => name !== '' && !used.has(`${file}: ${name}`) && !used.has(`${file}: *`))
      .map((name) => `${file}: ${name}`),
  )
}

it('every export is imported by another file', () => {
  expect(unused(sources).filter((name) => !USED_FROM_OUTSIDE.some((known) => known.test(name)))).toEqual([])
})

it('an export that nothing imports is found, whatever kind it is', () => {
  const dead =
    'export const a = 1\nexport interface B {}\nexport async function c() {}\nexport type { D as E } from "./d.ts"\n'
  const user = "import { a, type B } from './dead.ts'\nconst { c } = await import('./dead.ts')\n"
  expect(unused(new Map([['x/dead.ts', dead]]))).toEqual(['a', 'B', 'c', 'E'].map((name) => `x/dead.ts: ${name}`))
  expect(unused(new Map([...Object.entries({ 'x/dead.ts': dead, 'x/user.ts': user })]))).toEqual(['x/dead.ts: E'])
})
