import type { Ended, ExecutionEnvironment } from './execution-environment.ts'

/** What one invocation came to, for whoever asked for it. */
export type Invoked =
  | Ended
  /** No environment could be started: the bundle does not load. */
  | { kind: 'notStarted'; errorMessage: string }
  /** The waiting line is full, or the fleet is stopping. */
  | { kind: 'refused' }

export interface FunctionPool {
  /** `trace`: the chain of invocations that led to this one, as `_X_AMZN_TRACE_ID`. */
  invoke(event: unknown, trace?: string): Promise<Invoked>
  /** Starts one environment, so that the first invocation finds it warm. Rejects when it cannot be loaded. */
  warm(): Promise<void>
  readonly stats: PoolStats
  /** Lets running invocations end for `graceMs`, then ends all environments. */
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
  /** Invocations that wait for an environment; more are refused, as Lambda throttles. */
  maxWaiting: number
  start: () => Promise<ExecutionEnvironment>
  newId: () => string
  /** Told of each invocation that did not return. */
  onFailure: (failure: Exclude<Invoked, { kind: 'returned' }>, stats: PoolStats) => void
}

/** The warm environments of one function: each takes one invocation at a time, and never are there more than allowed. */
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

  async function runOne(event: string, trace?: string): Promise<Invoked> {
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

  /** Whoever is first in line takes over the place, so `running` stays as it is. */
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
