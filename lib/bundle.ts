import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type BuildOptions, buildSync, type OutputFile } from 'esbuild'
import { FUNCTIONS, type FunctionName } from '../functions/contract.ts'

const ROOT = dirname(import.meta.dirname)
const BUILD = join(ROOT, '.build')

/**
 * CommonJS loads faster than ESM at equal size, `module` before `main` lets esbuild drop what the SDK does not use, and
 * a source map would cost 11 ms at import: see TOOLS.
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

/** Bundles every function into its folder under `.build` and answers the folders. */
export function bundleFunctions(): Bundles {
  mkdirSync(BUILD, { recursive: true })
  // The package is ESM; without this, Node would read the bundles as such where they lie.
  replace(join(BUILD, 'package.json'), Buffer.from('{"type":"commonjs"}\n'))
  const folders = FUNCTIONS.map((name) => [name, bundleFunction(name)] as const)
  return Object.fromEntries(folders) as Bundles
}

function bundleFunction(name: FunctionName): string {
  const folder = join(BUILD, name)
  const entry = join(ROOT, 'functions', name, 'handler.ts')
  const build = (source: Pick<BuildOptions, 'entryPoints' | 'stdin' | 'logLevel'>) =>
    buildSync({ ...BUNDLE_OPTIONS, ...source, outfile: 'index.js' }).outputFiles
  let output: OutputFile | undefined
  try {
    output = build({ entryPoints: [entry], logLevel: 'silent' })[0]
  } catch (error) {
    // Only while the handlers are being written: a fleet without one of them is no fleet.
    console.error(`${name}: a stub in place of ${entry}: ${error instanceof Error ? error.message.split('\n')[1] : ''}`)
    output = build({ stdin: { contents: stubOf(name) } })[0]
  }
  mkdirSync(folder, { recursive: true })
  if (output !== undefined) replace(join(folder, 'index.js'), Buffer.from(output.contents))
  return folder
}

const stubOf = (name: FunctionName) =>
  `module.exports.handler = async () => { throw new Error('functions/${name}/handler.ts is not written yet') }`

/** Another process may load the file at this moment: it sees the old text or the new, never half of one. */
function replace(path: string, contents: Buffer): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, contents)
  renameSync(temporary, path)
}
