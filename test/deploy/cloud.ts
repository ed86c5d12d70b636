import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const BIN = join(ROOT, 'node_modules/.bin')
export const ACCOUNT = '000000000000'
export const REGION = 'us-east-1'

/** What a program printed, and its exit code. */
interface Run {
  code: number
  out: string
  err: string
}

/**
 * The environment in which the AWS tools see nothing but the engine: no profile, no metadata service, no account of a
 * person. Every program of this lane gets it, and there is no other way to make it. Throws for an endpoint that is not
 * on this machine.
 */
export function cloudEnvironment(endpoint: string): Record<string, string> {
  assertLoopback(endpoint)
  return {
    PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}`,
    HOME: process.env.HOME ?? '/tmp',
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: '1',
    NO_COLOR: '1',
  }
}

function assertLoopback(endpoint: string): void {
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : ''
  const loopback = host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
  if (!loopback) throw new Error(`refused: ${endpoint} is not on this machine`)
}

export const cdk = (endpoint: string, ...args: string[]): Promise<Run> => run(endpoint, 'cdk', args)

export const lifesign = (endpoint: string, ...args: string[]): Promise<Run> =>
  run(endpoint, 'node', [join(ROOT, 'bin/lifesign.ts'), ...args])

/** From the project's root, as a person would. */
async function run(endpoint: string, program: string, args: string[]): Promise<Run> {
  const env = cloudEnvironment(endpoint)
  const child = spawn(join(BIN, program), args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    said.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    said.err += chunk
  })
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  return { code, ...said }
}
