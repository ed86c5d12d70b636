import { errorText, UserError } from './user-error.ts'

/**
 * Clients and engines of this process read nothing of the caller's account: real credentials, profiles, endpoints and
 * keys are taken out, and what dynalite writes into names is set.
 */
export function isolateEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) if (/^(AWS_|CAPTCHAAI_|TWOCAPTCHA_)/.test(name)) delete env[name]
  Object.assign(env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCOUNT_ID: '000000000000',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  })
}

let stopping = false

/** Runs a program: what a person can mend is one line and its exit code; anything else is one line and code 1. */
export async function runProgram(program: () => Promise<void>): Promise<void> {
  const fail = (error: unknown) => {
    if (stopping) return // what breaks while everything is taken down is no news
    const mendable = error instanceof UserError
    const where = mendable ? '' : ` (not expected${listenTarget(error)}; please report it)`
    console.error(`error: ${errorText(error).replaceAll('\n', ' ')}${where}`)
    process.exit(mendable ? error.exitCode : 1)
  }
  process.stdout.on('error', () => {}) // whoever read it has gone
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  await program().catch(fail)
}

/** Where in our own code it happened, in place of a stack. */
function listenTarget(error: unknown): string {
  const [, file, line] =
    /\/(?!node_modules)([\w-]+\/[\w-]+\.ts):(\d+)/.exec(error instanceof Error ? (error.stack ?? '') : '') ?? []
  return file === undefined ? '' : `, in ${file} line ${line}`
}

/** The whole stop takes less than this, whatever hangs. */
const LONGEST_STOP_MS = 4500
/** Ctrl-C reaches a child of npm twice: from the terminal and from npm. */
const SAME_SIGNAL_MS = 400

/** SIGINT and SIGTERM stop the program cleanly, with exit code 0; a second one ends it at once. */
export function stopOnSignal(stop: () => Promise<void>): void {
  let first: number | undefined
  const end = () => {
    const now = performance.now()
    if (first !== undefined && now - first > SAME_SIGNAL_MS) process.exit(130)
    if (first !== undefined) return
    first = now
    stopping = true
    setTimeout(() => process.exit(0), LONGEST_STOP_MS)
    stop().then(
      () => process.exit(0),
      () => process.exit(0),
    )
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
}
