import { execFile } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildSync, type Metafile } from 'esbuild'
import { ENV } from '../../../functions/contract/env.ts'
import { FUNCTION_SETTINGS } from '../../../functions/contract/function-settings.ts'
import { SETTINGS, settingVariable } from '../../../functions/contract/settings.ts'
import { BUNDLE_OPTIONS, bundleFunctions } from '../../../lib/bundle.ts'

const ROOT = join(import.meta.dirname, '../../..')
const HANDLER = join(ROOT, 'functions/health/handler.ts')
const PROBE = join(import.meta.dirname, 'probe.cjs')

interface Probed {
  requireMs: number
  /** Modules asked for while the bundle was loaded. */
  asked: string[]
  views: Record<string, { status: number; headers: Record<string, string>; body: string; ms: number; asked: string[] }>
}

/** The health function bundled as it is deployed. */
export function bundleHealth() {
  const { health } = bundleFunctions()
  const sizes = Object.fromEntries(readdirSync(health).map((name) => [name, statSync(join(health, name)).size]))
  return { path: join(health, 'index.js'), sizes }
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
  [ENV.taskQueueUrl]: 'https://sqs.us-east-1.amazonaws.com/000000000000/lifesign-tasks',
  [ENV.timeoutSeconds]: '30',
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
