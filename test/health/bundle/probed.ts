import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildSync, type Metafile } from 'esbuild'
import { ENV } from '../../../functions/contract/env.ts'
import { FUNCTION_SETTINGS } from '../../../functions/contract/function-settings.ts'
import { SETTINGS, settingVariable } from '../../../functions/contract/settings.ts'
import { BUNDLE_OPTIONS } from '../../../lib/bundle.ts'

const ROOT = join(import.meta.dirname, '../../..')
const HANDLER = join(ROOT, 'functions/health/handler.ts')
const PROBE = join(import.meta.dirname, 'probe.cjs')

interface Probed {
  requireMs: number
  /** Modules asked for while the bundle was loaded. */
  asked: string[]
  views: Record<string, { status: number; headers: Record<string, string>; body: string; ms: number; asked: string[] }>
}

/** The health function bundled as it is deployed. `close` takes its folder away. */
export function bundleHealth() {
  const folder = mkdtempSync(join(tmpdir(), 'lifesign-health-'))
  const path = join(folder, 'index.js')
  const [output] = buildSync({ ...BUNDLE_OPTIONS, entryPoints: [HANDLER], outfile: path }).outputFiles
  if (output === undefined) throw new Error('esbuild wrote nothing')
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}')
  writeFileSync(path, output.contents)
  return { path, bytes: output.contents.length, close: () => rmSync(folder, { recursive: true }) }
}

/** What is evaluated with these files of `functions/`: everything that they import, but not what they load later. */
export function evaluatedWith(...files: string[]): string[] {
  const { inputs } = inputsOfHealth()
  const found = new Set(files.map((file) => `functions/${file}`))
  for (const path of found)
    for (const { path: to, kind } of inputs[path]?.imports ?? []) if (kind !== 'dynamic-import') found.add(to)
  return [...found]
}

let metafile: Metafile | undefined
function inputsOfHealth(): Metafile {
  const build = { ...BUNDLE_OPTIONS, entryPoints: [HANDLER], outfile: 'index.js', absWorkingDir: ROOT }
  metafile ??= buildSync({ ...build, metafile: true }).metafile
  return metafile
}

/** As the stack hands them over: what is unset is left out. */
const settings = FUNCTION_SETTINGS.health
  .filter((name) => SETTINGS[name].default !== null)
  .map((name) => [settingVariable(name), String(SETTINGS[name].default)])
const environment = {
  ...Object.fromEntries(settings),
  [ENV.tableName]: 'lifesign',
  [ENV.fleet]: 'dev',
  [ENV.apiKeySecretArn]: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:keys',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
}
/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9'

/** Loads the bundle in a process of its own and asks it for live, an unknown path, ready, and ready with a token. */
export async function probe(bundle: string, endpoint = NOWHERE): Promise<Probed> {
  const env = { ...environment, AWS_ENDPOINT_URL: endpoint }
  const { stdout } = await promisify(execFile)(process.execPath, [PROBE, bundle], { env })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}
