import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/** The rooms of core in their order: each imports the contract and the rooms before it, nothing else. */
const ADMISSION_ROOMS = ['breaker', 'item', 'route', 'places', 'waits', 'steps'].map((room) => `admission/${room}`)
const CORE_ROOMS = ['provider', 'outcome', 'task', 'message', ...ADMISSION_ROOMS, 'evidence', 'rules', 'record']
const CONTRACT = 'functions/contract'
const SHARED = [CONTRACT, 'functions/core', 'functions/worker', 'functions/messages']

/** What a folder (or one file) may import beside itself: these folders and these packages. docs/architecture.md draws it. */
interface Room {
  path: string
  folders: readonly string[]
  packages: (name: string) => boolean
}
const none = (): boolean => false
const only =
  (...names: string[]) =>
  (name: string): boolean =>
    names.includes(name)
const runtimePackage = (name: string): boolean => /^(node:|@aws-sdk\/|@smithy\/|zod\/mini$)/.test(name)
const anyPackage = (): boolean => true

const core = (room: string): string => `functions/core/${room}`
const adapter = (engine: string, ...engines: string[]): Room => ({
  path: `functions/adapters/${engine}`,
  folders: [CONTRACT, 'functions/core', 'functions/messages', ...engines.map((name) => `functions/adapters/${name}`)],
  packages: runtimePackage,
})

/** Rooms of the local runtime, each with those that it may import; no file of them is in a circle. */
const LOCAL_ROOMS: readonly (readonly string[])[] = [
  ['support'],
  ['settings', 'support'],
  ['template', 'support', 'engines'],
  ['engines', 'support', 'settings', 'gateway/checker.ts', 'gateway/forward.ts'],
  ['gateway', 'support', 'engines', 'template'],
  ['aws', 'support', 'settings', 'template', 'gateway', 'lambda/function-pool.ts'],
  ['lambda', 'support', 'settings', 'engines', 'template', 'gateway', 'aws'],
]

const ROOMS: readonly Room[] = [
  { path: CONTRACT, folders: [], packages: none },
  ...CORE_ROOMS.map((room, i) => ({
    path: core(room),
    folders: [CONTRACT, ...CORE_ROOMS.slice(0, i).map(core)],
    packages: none,
  })),
  { path: 'functions/core/ports.ts', folders: [CONTRACT, ...CORE_ROOMS.map(core)], packages: none },
  { path: 'functions/core/error-name.ts', folders: [], packages: none },
  { path: 'functions/worker', folders: [CONTRACT, 'functions/core'], packages: none },
  { path: 'functions/messages', folders: [CONTRACT, 'functions/core'], packages: only('zod/mini') },
  adapter('system'),
  adapter('dynamodb', 'system'),
  adapter('sqs', 'system'),
  adapter('secrets', 'system'),
  adapter('provider', 'secrets', 'system'),
  adapter('cloudwatch', 'system'),
  adapter('lambda', 'system'),
  adapter('worker-ports.ts', 'dynamodb', 'sqs', 'system'),
  adapter('health-ports.ts', 'dynamodb', 'secrets', 'system'),
  adapter('deep-ports.ts', 'dynamodb', 'sqs', 'provider', 'secrets', 'system'),
  { path: 'functions/runtime', folders: SHARED, packages: only('aws-lambda', 'zod/mini', 'node:crypto') },
  {
    path: 'functions/health/metrics',
    folders: [...SHARED, 'functions/health'],
    packages: (name) => name.startsWith('prom-client/lib/'),
  },
  {
    path: 'functions/health/runbook',
    folders: [CONTRACT, 'functions/health', 'docs/runbook.md'],
    packages: only('marked'),
  },
  ...['submit', 'collect', 'pingback', 'sweep', 'health'].map((name) => ({
    path: `functions/${name}`,
    folders: SHARED,
    packages: only('aws-lambda', 'zod/mini', 'node:crypto'),
  })),
  {
    path: 'lib',
    folders: [CONTRACT, 'package.json', 'config'],
    packages: (name) => /^(node:|aws-cdk-lib|constructs|esbuild|cdk-nag)/.test(name),
  },
  {
    path: 'sim',
    folders: ['functions'],
    packages: (name) => name.startsWith('node:') || ['esbuild', 'zod', 'zod/mini'].includes(name),
  },
  ...LOCAL_ROOMS.map(([room, ...more]) => ({
    path: `local/${room}`,
    folders: ['functions', 'lib', 'sim/aws', ...more.map((name) => `local/${name}`)],
    packages: anyPackage,
  })),
]

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

function filesIn(path: string): string[] {
  if (path.endsWith('.ts')) return [path]
  return readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(path, name))
}
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** Handlers are wiring: they alone may join adapters and runtime to a use case, and read the environment. */
const isHandler = (file: string): boolean => /^functions\/\w+\/handler\.ts$/.test(file)

function breaches(file: string, text: string): string[] {
  const room = ROOMS.find(({ path }) => within(file, path))
  if (room === undefined) return [`${file} is in a folder that no rule names`]
  return importsOf(file, text).flatMap(({ to, own }) => {
    const wiring = isHandler(file) && (within(to, 'functions/adapters') || within(to, 'functions/runtime'))
    const allowed = own
      ? wiring || [room.path, ...room.folders].some((folder) => within(to, folder))
      : room.packages(to)
    return allowed ? [] : [`${file} imports ${to}`]
  })
}

describe('the direction of imports', () => {
  for (const { path } of ROOMS) {
    it(`${path} imports only what its place allows`, () => {
      const files = filesIn(path)
      expect(files.length).toBeGreaterThan(0)
      expect(files.flatMap((file) => breaches(file, textOf(file)))).toEqual([])
    })
  }

  it('every file of functions, lib and sim is in a room', () => {
    const files = ['functions', 'lib', 'sim'].flatMap(filesIn)
    expect(files.filter((file) => !ROOMS.some(({ path }) => within(file, path)))).toEqual([])
  })

  it('fails when core imports the SDK, an adapter, Node, lib or a later room', () => {
    const file = 'functions/core/task/bad.ts'
    for (const line of [
      "import { SQSClient } from '@aws-sdk/client-sqs'",
      "import { makeMessageSender } from '../../adapters/sqs/sender.ts'",
      "import { readFileSync } from 'node:fs'",
      "export { x } from '../../../lib/stages.ts'",
      "import type { Rule } from '../rules/rule.ts'",
      "const sdk = await import('@aws-sdk/client-sqs')",
      "import 'node:process'",
    ]) {
      expect(breaches(file, `${line}\n`), line).toHaveLength(1)
    }
  })
})

const PRODUCT = ['functions', 'lib', 'local', 'sim', 'bin', 'bench']

test('there is no circle of imports anywhere, types included', () => {
  const arrows = new Map(
    PRODUCT.flatMap(filesIn).map((file) => [
      file,
      importsOf(file, textOf(file)).flatMap(({ own, to }) => (own ? [to] : [])),
    ]),
  )
  expect(circlesOf(arrows)).toEqual([])
  expect(circlesOf(new Map([...arrows, ['a', ['b']], ['b', ['a']]]))).toHaveLength(1)
})

/** Each circle once, as the path that closes it (depth-first search; a file on the path again closes a circle). */
function circlesOf(arrows: ReadonlyMap<string, readonly string[]>): string[] {
  const finished = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (finished.has(file) || path.includes(file)) return
    for (const to of arrows.get(file) ?? []) visit(to, [...path, file])
    finished.add(file)
  }
  for (const file of arrows.keys()) visit(file, [])
  return circles
}

describe('what only some files may do', () => {
  const sources = PRODUCT.flatMap(filesIn).map((file) => ({ file, text: withoutComments(textOf(file)) }))
  const users = (pattern: RegExp, ...folders: string[]): string[] =>
    sources
      .filter(({ file, text }) => folders.some((folder) => within(file, folder)) && pattern.test(text))
      .map(({ file }) => file)

  it('process.env is read in handlers only, and where the SDK would read it', () => {
    expect(users(/process\.env/, 'functions', 'lib').filter((file) => !isHandler(file))).toEqual([
      'lib/lambda-credentials.ts',
    ])
  })
  it('core knows no clock, no chance and no process', () => {
    expect(users(/Date\.now|Math\.random|new Date\(\)|\bprocess\b|setTimeout|setInterval/, 'functions/core')).toEqual(
      [],
    )
  })
  it('core is synchronous: only the types of its ports name a promise', () => {
    expect(users(/\basync\b|\bawait\b|\bPromise\b/, 'functions/core')).toEqual(['functions/core/ports.ts'])
  })
  it('the word ConditionalCheckFailed appears in one file', () => {
    expect(users(/ConditionalCheckFailed/, 'functions', 'lib')).toHaveLength(1)
  })
  it('handlers decide nothing: no if, no loop', () => {
    expect(sources.filter(({ file }) => isHandler(file)).length).toBeGreaterThan(3)
    expect(users(/\b(if|for|while|switch)\s*\(/, 'functions').filter(isHandler)).toEqual([])
  })
  it('only the listed files assert a type, each where a type cannot say what holds', () => {
    const code = (text: string) =>
      text
        .replace(/(?:import|export)\b[^'"`;]*?\bfrom\b/g, '')
        .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''")
    const casts = /\bas (?!const\b)(?:[A-Z{([]|unknown\b|never\b|any\b|string\b|number\b)/
    expect(sources.filter(({ text }) => casts.test(code(text))).map(({ file }) => file)).toEqual(CASTS)
  })
})

/** Files that assert a type. */
const CASTS: readonly string[] = [
  'functions/contract/settings.ts', // the value of a setting by its name
  'functions/runtime/env.ts', // the parsed environment by its names
  'lib/bundle.ts', // Object.fromEntries over all function names
  'lib/settings.ts', // the settings by their names
]

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '')
}
