import { errorText } from '../support/user-error.ts'
import type { ExecutionEnvironment, InvokeRequest } from './execution-environment.ts'
import type { InvocationEnd, InvokeResult } from './invocation-end.ts'

/** No environment could be started: the bundle cannot be loaded. */
interface NotStarted {
  kind: 'notStarted'
  errorMessage: string
}
type Ran = InvocationEnd | NotStarted

/** The result of one invocation. */
export type Invoked =
  | Ran
  /** Too many invocations wait, or the fleet is stopping. */
  | { kind: 'refused' }

/** An invocation that did not return. */
export type Failure = Exclude<Ran, { kind: 'returned' }>

export interface FunctionPool {
  /** `trace`: the chain of invocations that led to this one, as `_X_AMZN_TRACE_ID`. */
  invoke(event: unknown, trace?: string): Promise<Invoked>
  /** Starts one environment, so that the first invocation finds it warm. Rejects if it cannot be loaded. */
  warm(): Promise<void>
  readonly stats: PoolStats
  /** Gives running invocations `graceMs` to end, then ends all environments. */
  stop(graceMs: number): Promise<void>
}
export interface PoolStats {
  invocations: number
  failures: number
  timeouts: number
  environmentsStarted: number
}

interface PoolOptions {
  concurrency: number
  /** The most invocations that may wait for an environment. More are refused, as Lambda throttles. */
  maxWaiting: number
  start: () => Promise<ExecutionEnvironment>
  newId: () => string
  onFailure: (failure: Failure, stats: PoolStats) => void
}

/**
 * An invocation may be handed to an environment that has not ended those before it, if it will probably wait no longer
 * than this. A thread that is awake answers many short invocations for the cost of waking another one.
 */
const SHORT_WAIT_MS = 1
/** Invocations behind one that takes longer than this, or at most twice as long, are taken back and run elsewhere. */
const PATIENCE_MS = 10

interface Waiting {
  invocation: InvokeRequest
  /** Those that came first have the lowest number. */
  number: number
  take: (handled: Promise<InvokeResult | NotStarted>) => void
}

/** The warm environments of one function. Each runs one invocation at a time, and there are never more than allowed. */
export function makeFunctionPool(options: PoolOptions): FunctionPool {
  const { concurrency, maxWaiting, start, newId, onFailure } = options
  /** The oldest first, which is the one that is used most. */
  const environments = new Set<ExecutionEnvironment>()
  const line: Waiting[] = []
  const stats: PoolStats = { invocations: 0, failures: 0, timeouts: 0, environmentsStarted: 0 }
  let starting = 0
  let open = 0
  let came = 0
  let stopped = false
  let watching = false
  let onIdle = () => {}

  /** `use` gets the environment before any other invocation can. */
  async function startOne<Used>(use: (environment: ExecutionEnvironment) => Used): Promise<Awaited<Used>> {
    starting += 1
    const environment = await start().finally(() => {
      starting -= 1
    })
    stats.environmentsStarted += 1
    environments.add(environment)
    if (stopped) await environment.destroy()
    return await use(environment)
  }

  async function inNewOne(invocation: InvokeRequest): Promise<InvokeResult | NotStarted> {
    try {
      return await startOne((environment) => environment.invoke(invocation))
    } catch (error) {
      return { kind: 'notStarted', errorMessage: errorText(error) }
    }
  }

  function soonFree(): ExecutionEnvironment | undefined {
    for (const environment of environments) {
      if (!environment.alive) environments.delete(environment)
      else if (environment.likelyWaitMs <= SHORT_WAIT_MS) return environment
    }
    return undefined
  }

  /** Undefined: it has to wait until an environment is free. */
  function place(invocation: InvokeRequest): Promise<InvokeResult | NotStarted> | undefined {
    const environment = soonFree()
    if (environment === undefined) return environments.size + starting < concurrency ? inNewOne(invocation) : undefined
    if (environment.open > 0) watch()
    return environment.invoke(invocation)
  }

  function watch(): void {
    if (watching) return
    watching = true
    setTimeout(() => {
      watching = false
      for (const environment of environments) {
        if (environment.open < 2) continue
        if (environment.busyMs >= PATIENCE_MS) environment.takeBack()
        else watch()
      }
    }, PATIENCE_MS).unref()
  }

  function serveLine(): void {
    for (let [first] = line; first !== undefined; [first] = line) {
      const placed = place(first.invocation)
      if (placed === undefined) return
      line.shift()
      first.take(placed)
    }
  }

  /** What was taken back is as far ahead in the line as it was. */
  function waitInLine(invocation: InvokeRequest, number: number): Promise<InvokeResult | NotStarted> {
    const { promise, resolve } = Promise.withResolvers<InvokeResult | NotStarted>()
    const after = line.findLastIndex((other) => other.number < number)
    line.splice(after + 1, 0, { invocation, number, take: resolve })
    serveLine()
    return promise
  }

  async function run(invocation: InvokeRequest): Promise<Invoked> {
    const number = came++
    for (;;) {
      const ended = await waitInLine(invocation, number)
      if (ended.kind !== 'notBegun') return ended
      if (stopped) return { kind: 'refused' }
    }
  }

  return {
    stats,
    async invoke(event, trace = '') {
      if (stopped || open >= concurrency + maxWaiting) return { kind: 'refused' }
      const invocation = { event: JSON.stringify(event), requestId: newId(), trace }
      open += 1
      const ended = await run(invocation)
      open -= 1
      serveLine()
      if (open === 0) onIdle()
      if (ended.kind === 'refused') return ended
      stats.invocations += 1
      if (ended.kind !== 'returned') {
        stats.failures += 1
        if (ended.kind === 'timedOut') stats.timeouts += 1
        onFailure(ended, stats)
      }
      return ended
    },
    async warm() {
      await startOne(() => {})
    },
    async stop(graceMs) {
      stopped = true
      for (const { take } of line.splice(0)) take(NOT_BEGUN)
      for (const environment of environments) environment.takeBack()
      if (open > 0) await Promise.race([new Promise<void>((resolve) => (onIdle = resolve)), after(graceMs)])
      await Promise.all([...environments].map((environment) => environment.destroy()))
    },
  }
}

const NOT_BEGUN = Promise.resolve({ kind: 'notBegun' } as const)

const after = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
