import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import { discriminatedUnion, literal, object, safeParse, string } from 'zod/mini'
import type { FunctionPlan } from '../template/plan.ts'

/** The end of one invocation. `payload` is JSON. */
export type Ended =
  | { kind: 'returned'; payload: string }
  | { kind: 'threw'; errorType: string; errorMessage: string }
  | { kind: 'timedOut' }
  /** The environment itself ended: out of memory, an exception outside the handler, or `process.exit`. */
  | { kind: 'crashed'; errorMessage: string }

export interface ExecutionEnvironment {
  /** Runs one invocation at a time. After `timedOut` and `crashed` the environment no longer exists. */
  invoke(event: string, requestId: string, trace?: string): Promise<Ended>
  /** Ends the environment at once, even during an invocation. */
  destroy(): Promise<void>
  readonly alive: boolean
}

const THREAD = new URL('./environment-thread.mjs', import.meta.url)
/** Lambda's limit for loading a function. */
const INIT_MS = 10_000

const Failure = { errorType: string(), errorMessage: string() }
const Answer = discriminatedUnion('kind', [
  object({ kind: literal('ready') }),
  object({ kind: literal('broken'), ...Failure }),
  object({ kind: literal('returned'), payload: string() }),
  object({ kind: literal('threw'), ...Failure }),
])

/**
 * Starts one execution environment: a thread with its own environment variables that has loaded the function's bundle.
 * Rejects if the bundle cannot be loaded. Each line that the function writes is passed to `onLine`.
 */
export async function startEnvironment(
  plan: FunctionPlan,
  env: Record<string, string>,
  onLine: (line: string) => void,
): Promise<ExecutionEnvironment> {
  const worker = new Worker(THREAD, {
    env,
    stdout: true,
    stderr: true,
    workerData: { file: plan.file, handler: plan.handler, context: contextOf(plan, env) },
    // Small young generations, because a dozen of these threads share one machine.
    resourceLimits: { maxOldGenerationSizeMb: plan.memoryMb, maxYoungGenerationSizeMb: 12 },
  })
  for (const stream of [worker.stdout, worker.stderr]) createInterface({ input: stream }).on('line', onLine)

  let alive = true
  let answer: (ended: Ended | { kind: 'ready' } | { kind: 'broken'; errorMessage: string }) => void = () => {}
  const next = () => new Promise<Parameters<typeof answer>[0]>((resolve) => (answer = resolve))
  let lastError = 'the execution environment ended'
  worker.on('message', (message: unknown) => {
    const parsed = safeParse(Answer, message)
    answer(parsed.success ? parsed.data : { kind: 'crashed', errorMessage: 'the thread sent an unknown message' })
  })
  worker.on('error', (error) => {
    lastError = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  })
  worker.on('exit', () => {
    alive = false
    answer({ kind: 'crashed', errorMessage: lastError })
  })
  const destroy = async () => {
    alive = false
    await worker.terminate()
  }

  const first = await within(INIT_MS, next())
  if (first.kind !== 'ready') {
    await destroy()
    const why = 'errorMessage' in first ? first.errorMessage : `it took longer than ${INIT_MS / 1000} s`
    throw new Error(`${plan.name} cannot be loaded: ${why}`)
  }
  return {
    get alive() {
      return alive
    },
    destroy,
    async invoke(event, requestId, trace = '') {
      const limit = plan.timeoutSeconds * 1000
      const ended = next()
      if (!alive) return { kind: 'crashed', errorMessage: lastError }
      worker.postMessage({ event, requestId, deadline: Date.now() + limit, trace })
      const result = await within(limit, ended)
      if (result.kind === 'timedOut') await destroy()
      return result.kind === 'ready' || result.kind === 'broken'
        ? { kind: 'crashed', errorMessage: 'the thread answered out of turn' }
        : result
    },
  }
}

async function within<T>(milliseconds: number, wanted: Promise<T>): Promise<T | { kind: 'timedOut' }> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<{ kind: 'timedOut' }>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'timedOut' }), milliseconds)
  })
  return Promise.race([wanted, limit]).finally(() => clearTimeout(timer))
}

/** The part of a handler's context that is the same for all invocations. */
const contextOf = (plan: FunctionPlan, env: Record<string, string>) => ({
  functionName: plan.functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: plan.arn,
  memoryLimitInMB: String(plan.memoryMb),
  logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
})
