import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/** What each folder may import: its own files, these folders, and these packages. DESIGN section 5. */
const ARROWS: { folder: string; folders: string[]; packages: (name: string) => boolean }[] = [
  { folder: 'functions/contract.ts', folders: [], packages: () => false },
  { folder: 'functions/core', folders: [], packages: () => false },
  { folder: 'functions/adapters', folders: ['functions/core', 'functions/contract.ts'], packages: isRuntimePackage },
  { folder: 'functions/runtime', folders: ['functions/core', 'functions/contract.ts'], packages: isTypesOrNode },
  ...['submit', 'collect', 'pingback', 'sweep', 'health'].map((name) => ({
    folder: `functions/${name}`,
    folders: ['functions/core', 'functions/contract.ts'],
    packages: isTypesOrNode,
  })),
  { folder: 'lib', folders: ['functions/contract.ts', 'package.json'], packages: isInfrastructure },
  {
    folder: 'sim',
    folders: ['functions'],
    packages: (name) => name.startsWith('node:') || ['esbuild', 'zod'].includes(name),
  },
]

function isRuntimePackage(name: string): boolean {
  return /^(node:|@aws-sdk\/|@smithy\/|zod\/mini$)/.test(name)
}
function isTypesOrNode(name: string): boolean {
  return ['aws-lambda', 'zod/mini', 'node:crypto'].includes(name)
}
function isInfrastructure(name: string): boolean {
  return /^(node:|aws-cdk-lib|constructs|esbuild|cdk-nag)/.test(name)
}

interface Import {
  file: string
  /** Path of an own file, from the root, or the name of a package. */
  to: string
  own: boolean
}

function importsOf(file: string, text: string): Import[] {
  const specifiers = [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g,
    ),
  ]
  return specifiers.map(([, from, dynamic, bare]) => {
    const name = from ?? dynamic ?? bare ?? ''
    const own = name.startsWith('.')
    return { file, own, to: own ? relative(ROOT, resolve(ROOT, dirname(file), name)) : name }
  })
}

function filesIn(folder: string): string[] {
  if (folder.endsWith('.ts')) return [folder]
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** Handlers are wiring: they alone may join adapters and runtime to a use case, and read the environment. */
const isHandler = (file: string): boolean => /^functions\/\w+\/handler\.ts$/.test(file)

function breaches(file: string, text: string): string[] {
  const arrow = ARROWS.find(({ folder }) => within(file, folder))
  if (arrow === undefined) return [`${file} is in a folder that no rule names`]
  return importsOf(file, text).flatMap(({ to, own }) => {
    const wiring = isHandler(file) && (within(to, 'functions/adapters') || within(to, 'functions/runtime'))
    const allowed = own
      ? wiring || [arrow.folder, ...arrow.folders].some((folder) => within(to, folder))
      : arrow.packages(to)
    return allowed ? [] : [`${file} imports ${to}`]
  })
}

describe('the direction of imports', () => {
  for (const { folder } of ARROWS) {
    it(`${folder} imports only what its place allows`, () => {
      const files = filesIn(folder)
      expect(files.length).toBeGreaterThan(0)
      expect(files.flatMap((file) => breaches(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([])
    })
  }

  it('fails when core imports the SDK, an adapter, Node or lib', () => {
    const file = 'functions/core/bad.ts'
    for (const line of [
      "import { SQSClient } from '@aws-sdk/client-sqs'",
      "import { makeOutbox } from '../adapters/sqs-outbox.ts'",
      "import { readFileSync } from 'node:fs'",
      "export { x } from '../../lib/stages.ts'",
      "const sdk = await import('@aws-sdk/client-sqs')",
      "import 'node:process'",
    ]) {
      expect(breaches(file, `${line}\n`), line).toHaveLength(1)
    }
  })
})

describe('what only some files may do', () => {
  const sources = ['functions', 'lib']
    .flatMap((folder) => filesIn(folder))
    .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))
  const users = (pattern: RegExp): string[] =>
    sources.filter(({ text }) => pattern.test(withoutComments(text))).map(({ file }) => file)

  it('process.env is read in handlers only, and where the SDK would read it', () => {
    expect(users(/process\.env/).filter((file) => !isHandler(file))).toEqual(['lib/lambda-credentials.ts'])
  })
  it('core knows no clock, no chance and no process', () => {
    expect(
      users(/Date\.now|Math\.random|new Date\(\)|\bprocess\b|setTimeout|setInterval/).filter((f) =>
        within(f, 'functions/core'),
      ),
    ).toEqual([])
  })
  it('the word ConditionalCheckFailed appears in one file', () => {
    expect(users(/ConditionalCheckFailed/)).toHaveLength(1)
  })
  it('handlers decide nothing: no if, no loop', () => {
    expect(sources.filter(({ file }) => isHandler(file)).length).toBeGreaterThan(3)
    expect(users(/\b(if|for|while|switch)\s*\(/).filter(isHandler)).toEqual([])
  })
})

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
