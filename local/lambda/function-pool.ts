import type { Ended, ExecutionEnvironment } from './execution-environment.ts'

type Ran =
  | Ended
  /** No environment could be started: the bundle cannot be loaded. */
  | { kind: 'notStarted'; errorMessage: string }

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

/** The warm environments of one function. Each runs one invocation at a time, and there are never more than allowed. */
export function makeFunctionPool(options: PoolOptions): FunctionPool {
  const { concurrency, maxWaiting, start, newId, onFailure } = options
  const idle: ExecutionEnvironment[] = []
  const all = new Set<ExecutionEnvironment>()
  const waiters: ((acquire: 'go' | 'stop') => void)[] = []
  const stats: PoolStats = { invocations: 0, failures: 0, timeouts: 0, environmentsStarted: 0 }
  let running = 0
  let stopped = false
  let onIdle = () => {}

  async function startOne(): Promise<ExecutionEnvironment> {
    const environment = await start()
    stats.environmentsStarted += 1
    all.add(environment)
    if (stopped) await environment.destroy()
    return environment
  }

  function takeIdle(): ExecutionEnvironment | undefined {
    for (let found = idle.pop(); found !== undefined; found = idle.pop()) {
      if (found.alive) return found
      all.delete(found)
    }
    return undefined
  }

  async function runOne(event: string, trace?: string): Promise<Ran> {
    let environment: ExecutionEnvironment
    try {
      environment = takeIdle() ?? (await startOne())
    } catch (error) {
      return { kind: 'notStarted', errorMessage: error instanceof Error ? error.message : String(error) }
    }
    const ended = await environment.invoke(event, newId(), trace)
    if (environment.alive && !stopped) idle.push(environment)
    else all.delete(environment)
    return ended
  }

  async function acquire(): Promise<'go' | 'stop'> {
    if (stopped) return 'stop'
    if (running < concurrency) {
      running += 1
      return 'go'
    }
    if (waiters.length >= maxWaiting) return 'stop'
    return new Promise((resolve) => waiters.push(resolve))
  }

  /** The first waiter takes over the slot, so `running` does not change. */
  function release(): void {
    const next = waiters.shift()
    if (next === undefined) running -= 1
    else next('go')
    if (running === 0) onIdle()
  }

  return {
    stats,
    async invoke(event, trace) {
      if ((await acquire()) === 'stop') return { kind: 'refused' }
      stats.invocations += 1
      const ended = await runOne(JSON.stringify(event), trace).finally(release)
      if (ended.kind !== 'returned') {
        stats.failures += 1
        if (ended.kind === 'timedOut') stats.timeouts += 1
        onFailure(ended, stats)
      }
      return ended
    },
    async warm() {
      idle.push(await startOne())
    },
    async stop(graceMs) {
      stopped = true
      for (const waiting of waiters.splice(0)) waiting('stop')
      if (running > 0) await Promise.race([new Promise<void>((resolve) => (onIdle = resolve)), after(graceMs)])
      await Promise.all([...all].map((environment) => environment.destroy()))
    },
  }
}

const after = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
