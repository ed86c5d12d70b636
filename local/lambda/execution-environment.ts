import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import { discriminatedUnion, literal, number, object, parse, safeParse, string } from 'zod/mini'
import type { FunctionPlan } from '../template/plan.ts'
import { makeEnvironmentInbox } from './environment-inbox.ts'
import type { InvokeResult } from './invocation-end.ts'

/** One call of a function. */
export interface InvokeRequest {
  /** JSON. */
  event: string
  requestId: string
  /** The chain of invocations that led to this one, as `_X_AMZN_TRACE_ID`. */
  trace: string
}

export interface ExecutionEnvironment {
  /**
   * Runs its invocations one at a time, in the order in which they were handed over. After `timedOut` and `crashed` the
   * environment no longer exists, and what it had not begun ends with `notBegun`.
   */
  invoke(invocation: InvokeRequest): Promise<InvokeResult>
  /** All invocations that it has not begun end with `notBegun`. */
  takeBack(): void
  /** Ends the environment at once, even during an invocation. */
  destroy(): Promise<void>
  readonly alive: boolean
  /** Invocations that were handed over and have not ended. */
  readonly open: number
  /** How long the first of them has run, in milliseconds. */
  readonly busyMs: number
  /** How long another invocation would probably wait for those before it; infinite if none has ended yet. */
  readonly likelyWaitMs: number
}

const THREAD = new URL('./environment-thread.mjs', import.meta.url)
/** Lambda's limit for loading a function. */
const INIT_MS = 10_000

const Failure = { errorType: string(), errorMessage: string() }
const Loaded = discriminatedUnion('kind', [
  object({ kind: literal('ready') }),
  object({ kind: literal('broken'), ...Failure }),
])
const Answer = object({
  ended: discriminatedUnion('kind', [
    object({ kind: literal('returned'), payload: string() }),
    object({ kind: literal('threw'), ...Failure }),
  ]),
  /** How long it ran. */
  ms: number(),
})

/**
 * Starts one execution environment: a thread with its own environment variables that has loaded the function's bundle.
 * Rejects if the bundle cannot be loaded. Each line that the function writes is passed to `onLine`.
 */
export async function startEnvironment(
  plan: FunctionPlan,
  env: Record<string, string>,
  onLine: (line: string) => void,
): Promise<ExecutionEnvironment> {
  const inbox = makeEnvironmentInbox(() => performance.now())
  const limitMs = plan.timeoutSeconds * 1000
  const worker = new Worker(THREAD, {
    env,
    stdout: true,
    stderr: true,
    workerData: { file: plan.file, handler: plan.handler, context: contextOf(plan, env), limitMs, begun: inbox.begun },
    // Small young generations, because a dozen of these threads share one machine.
    resourceLimits: { maxOldGenerationSizeMb: plan.memoryMb, maxYoungGenerationSizeMb: 12 },
  })
  for (const stream of [worker.stdout, worker.stderr]) createInterface({ input: stream }).on('line', onLine)

  let alive = true
  let timedOut = false
  let lastError = 'the execution environment ended'
  let lastMs = Number.POSITIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  worker.on('error', (error) => {
    lastError = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  })
  const exited = new Promise<{ kind: 'exited'; errorMessage: string }>((resolve) => {
    worker.on('exit', () => {
      alive = false
      clearTimeout(timer)
      inbox.takeBack()
      inbox.end(timedOut ? { kind: 'timedOut' } : { kind: 'crashed', errorMessage: lastError })
      resolve({ kind: 'exited', errorMessage: lastError })
    })
  })
  const destroy = async () => {
    alive = false
    await worker.terminate()
  }

  const first = new Promise((resolve) => worker.once('message', resolve)).then((message) => parse(Loaded, message))
  const loaded = await within(INIT_MS, Promise.race([first, exited]))
  if (loaded.kind !== 'ready') {
    await destroy()
    const why = 'errorMessage' in loaded ? loaded.errorMessage : `it took longer than ${INIT_MS / 1000} s`
    throw new Error(`${plan.name} cannot be loaded: ${why}`)
  }
  worker.on('message', (message: unknown) => {
    const { data } = safeParse(Answer, message)
    lastMs = data?.ms ?? Number.POSITIVE_INFINITY
    inbox.end(data?.ended ?? { kind: 'crashed', errorMessage: 'the thread sent an unknown message' })
  })

  /** All that came in one turn of the event loop, for example with the same reading of many sockets, wakes the thread once. */
  let outbox: (InvokeRequest & { order: number })[] = []
  const send = () => {
    worker.postMessage(outbox)
    outbox = []
  }

  /** One timer for all invocations: it is set again for what the one that runs then has left. */
  function watch(): void {
    timer ??= setTimeout(
      () => {
        timer = undefined
        if (inbox.size === 0) return
        if (inbox.busyMs() < limitMs || inbox.hasAnswered()) return watch()
        timedOut = true
        inbox.takeBack()
        void destroy()
      },
      Math.max(0, limitMs - inbox.busyMs()),
    )
  }

  return {
    get alive() {
      return alive
    },
    get open() {
      return inbox.size
    },
    get busyMs() {
      return inbox.busyMs()
    },
    get likelyWaitMs() {
      return inbox.size === 0 ? 0 : inbox.size * lastMs
    },
    destroy,
    takeBack() {
      lastMs = Number.POSITIVE_INFINITY
      inbox.takeBack()
    },
    async invoke(invocation) {
      if (!alive) return { kind: 'notBegun' }
      const { order, handled } = inbox.hand()
      if (outbox.push({ ...invocation, order }) === 1) setImmediate(send)
      watch()
      return handled
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
