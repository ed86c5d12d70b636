import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type BuildOptions, buildSync } from 'esbuild'
import { FUNCTIONS, type FunctionName } from '../functions/contract/functions.ts'
import { isCurrent, recordBundles } from './bundle-record.ts'

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
  loader: { '.md': 'text' },
  minify: true,
  legalComments: 'none',
  logLevel: 'error',
  write: false,
} as const satisfies BuildOptions

export type Bundles = Record<FunctionName, string>

/**
 * Files that a function loads by `import()` when a request first needs them. Each is a bundle of its own in the folder
 * of its function, so that the function itself stays small: that of health has no SDK.
 */
const PARTS: Readonly<Record<string, FunctionName>> = {
  'functions/adapters/health-ports.ts': 'health',
  'functions/adapters/deep-ports.ts': 'health',
  'functions/health/metrics/exposition.ts': 'health',
  'functions/health/page/documents.ts': 'health',
  'functions/health/runbook/served-runbook.ts': 'health',
}

const handlerFile = (name: FunctionName): string => join(ROOT, 'functions', name, 'handler.ts')
const partName = (file: string): string => basename(file, '.ts')

/**
 * What the bundles depend on beside the files in them: which there are, the options, and what esbuild finds packages
 * by.
 */
const DECIDE = [
  ...['functions/contract/functions.ts', 'lib/bundle.ts'],
  ...['tsconfig.json', 'package.json', 'node_modules/.package-lock.json'],
]

/**
 * Bundles every function into its folder below `outdir` and returns the folders. Bundles that are still what this would
 * write stay: esbuild takes a second and a half of CPU, and each `npm start` comes here.
 */
export function bundleFunctions(outdir = BUILD): Bundles {
  if (!isCurrent(outdir)) bundleAnew(outdir)
  return Object.fromEntries(FUNCTIONS.map((name) => [name, join(outdir, name)])) as Bundles
}

function bundleAnew(outdir: string): void {
  // The package is ESM. Without this file Node would load the bundles as ESM too.
  replace(join(outdir, 'package.json'), '{"type":"commonjs"}\n')
  const parts = Object.entries(PARTS)
  const ofHandlers = build(outdir, {
    entryPoints: FUNCTIONS.map((name) => ({ in: handlerFile(name), out: join(name, 'index') })),
    external: parts.map(([file]) => join(ROOT, file)),
  })
  const ofParts = build(outdir, {
    entryPoints: parts.map(([file, name]) => ({ in: join(ROOT, file), out: join(name, partName(file)) })),
  })
  const files = new Set([...DECIDE.map((file) => join(ROOT, file)), ...ofHandlers, ...ofParts])
  removeOthers(outdir, files)
  recordBundles(outdir, files)
}

/**
 * What has been renamed or taken out is not deployed any more. A file that another process is writing has another
 * ending.
 */
function removeOthers(outdir: string, made: Set<string>): void {
  for (const name of FUNCTIONS)
    for (const file of readdirSync(join(outdir, name)).filter((file) => file.endsWith('.js')))
      if (!made.has(join(outdir, name, file))) rmSync(join(outdir, name, file), { force: true })
}

/** The files that the bundles are made of, and the bundles. */
function build(outdir: string, options: Pick<BuildOptions, 'entryPoints' | 'external'>): string[] {
  const { outputFiles, metafile } = buildSync({
    ...BUNDLE_OPTIONS,
    ...options,
    outdir,
    absWorkingDir: ROOT,
    metafile: true,
  })
  for (const { path, text } of outputFiles) replace(path, besideFunction(text))
  return [...Object.keys(metafile.inputs).map((path) => join(ROOT, path)), ...outputFiles.map(({ path }) => path)]
}

/** esbuild leaves the place of a part in the sources as it is; the bundle of the part is beside the function. */
const besideFunction = (text: string): string =>
  Object.keys(PARTS).reduce(
    (all, file) => all.replaceAll(new RegExp(`import\\("[^"]*/${partName(file)}\\.ts"\\)`, 'g'), importOf(file)),
    text,
  )
/** Not `import()`, for which Node would start its other loader first. */
const importOf = (file: string): string => `Promise.resolve().then(()=>require("./${partName(file)}.js"))`

/** Another process may load the file at this moment: it reads the old text or the new one, never half of one. */
function replace(path: string, contents: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === contents) return
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, contents)
  renameSync(temporary, path)
}
