import { onSignals, type Signalled } from './on-signals.ts'
import { errorText, UserError } from './user-error.ts'

/**
 * Isolates the clients and engines of this process from the caller's account: removes real credentials, profiles,
 * endpoints and keys, and sets the values that dynalite writes into names.
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

/** Programs that are being taken down. */
const stopping = new WeakSet<Signalled>()

/** The part of a process that a program uses. */
interface Running extends Signalled {
  on(
    event: 'SIGINT' | 'SIGTERM' | 'uncaughtException' | 'unhandledRejection',
    listener: (error: unknown) => void,
  ): unknown
  stdout: { on(event: 'error', listener: () => void): unknown }
}

/**
 * Runs a program. An error that the user can fix is shown as one line and ends with its exit code; any other error is
 * shown as one line and ends with exit code 1.
 */
export async function runProgram(program: () => Promise<void>, own: Running = process): Promise<void> {
  const fail = (error: unknown) => {
    if (stopping.has(own)) return // what breaks while everything is taken down is no news
    const mendable = error instanceof UserError
    const where = mendable ? '' : ` (not expected${placeOf(error)}; please report it)`
    console.error(`error: ${errorText(error).replaceAll('\n', ' ')}${where}`)
    own.exit(mendable ? error.exitCode : 1)
  }
  own.stdout.on('error', () => {}) // whoever read it has gone
  own.on('uncaughtException', fail)
  own.on('unhandledRejection', fail)
  await program().catch(fail)
}

/** The place in our own code where the error happened, shown instead of a stack. */
function placeOf(error: unknown): string {
  const [, file, line] =
    /\/(?!node_modules)([\w-]+\/[\w-]+\.ts):(\d+)/.exec(error instanceof Error ? (error.stack ?? '') : '') ?? []
  return file === undefined ? '' : `, in ${file} line ${line}`
}

/** The stop takes less than this, even if something hangs. */
const LONGEST_STOP_MS = 4500

/** SIGINT and SIGTERM stop the program cleanly, with exit code 0. A second signal ends it at once. */
export function stopOnSignal(stop: () => Promise<void>, program: Signalled = process): void {
  onSignals(program, () => {
    stopping.add(program)
    setTimeout(() => program.exit(0), LONGEST_STOP_MS)
    stop().then(
      () => program.exit(0),
      () => program.exit(0),
    )
  })
}
