import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type BuildOptions, buildSync } from 'esbuild'
import { FUNCTIONS, type FunctionName } from '../functions/contract/functions.ts'

const ROOT = dirname(import.meta.dirname)
const BUILD = join(ROOT, '.build')

/**
 * CommonJS loads faster than ESM of the same size. `module` before `main` lets esbuild drop unused parts of the SDK. A
 * source map would cost 11 ms at import.
 */
export const BUNDLE_OPTIONS = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  alias: { '@aws-sdk/credential-provider-node': join(import.meta.dirname, 'lambda-credentials.ts') },
  minify: true,
  legalComments: 'none',
  logLevel: 'error',
  write: false,
} as const satisfies BuildOptions

export type Bundles = Record<FunctionName, string>

const handlerFile = (name: FunctionName): string => join(ROOT, 'functions', name, 'handler.ts')
const folderOf = (name: FunctionName): string => join(BUILD, name)

/** Bundles every function into its folder under `.build` and returns the folders. */
export function bundleFunctions(): Bundles {
  // The package is ESM. Without this file Node would load the bundles as ESM too.
  replace(join(BUILD, 'package.json'), Buffer.from('{"type":"commonjs"}\n'))
  const entryPoints = FUNCTIONS.map((name) => ({ in: handlerFile(name), out: join(name, 'index') }))
  const { outputFiles } = buildSync({ ...BUNDLE_OPTIONS, entryPoints, outdir: BUILD })
  for (const { path, contents } of outputFiles) replace(path, Buffer.from(contents))
  return Object.fromEntries(FUNCTIONS.map((name) => [name, folderOf(name)])) as Bundles
}

/** Another process may load the file at this moment: it reads the old text or the new one, never half of one. */
function replace(path: string, contents: Buffer): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, contents)
  renameSync(temporary, path)
}
