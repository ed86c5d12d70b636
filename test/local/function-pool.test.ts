import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ExecutionEnvironment } from '../../local/lambda/execution-environment.ts'
import { makeFunctionPool } from '../../local/lambda/function-pool.ts'
import { fakeFunction, poolOf, until } from './bundles.ts'

describe('an execution environment', () => {
  it('hands over the event and the context as Lambda does, and answers with JSON', async () => {
    const { pool } = poolOf(
      fakeFunction(
        'return { event, id: context.awsRequestId, name: context.functionName, arn: context.invokedFunctionArn,' +
          ' memory: context.memoryLimitInMB, left: context.getRemainingTimeInMillis(), gone: undefined }',
      ),
    )
    const ended = await pool.invoke({ Records: [1] })
    expect(ended.kind).toBe('returned')
    const { left, ...answer } = JSON.parse(ended.kind === 'returned' ? ended.payload : '{}')
    expect(answer).toEqual({
      event: { Records: [1] },
      id: 'request-1',
      name: 'lifesign-submit',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:lifesign-submit',
      memory: '128',
    })
    expect(left).toBeGreaterThan(4000)
    expect(left).toBeLessThanOrEqual(5000)
  })

  it('stays warm: the next invocation finds what the first one left', async () => {
    const { pool } = poolOf(fakeFunction('globalThis.calls = (globalThis.calls ?? 0) + 1; return globalThis.calls'))
    await pool.warm()
    expect(await pool.invoke({})).toEqual({ kind: 'returned', payload: '1' })
    expect(await pool.invoke({})).toEqual({ kind: 'returned', payload: '2' })
    expect(pool.stats.environmentsStarted).toBe(1)
  })

  it('is ended when its function passes its time limit, and the next invocation gets a new one', async () => {
    const plan = fakeFunction("if (event.hang) for (;;); return 'quick'", { timeoutSeconds: 0.4 })
    const { pool, failures, environments } = poolOf(plan)
    expect(await pool.invoke({ hang: true })).toEqual({ kind: 'timedOut' })
    expect(environments[0]?.alive).toBe(false)
    expect(failures).toEqual(['timedOut'])
    expect(pool.stats.timeouts).toBe(1)
    expect(await pool.invoke({})).toEqual({ kind: 'returned', payload: '"quick"' })
    expect(pool.stats.environmentsStarted).toBe(2)
  })

  it('tells what was thrown, and lives on', async () => {
    const { pool } = poolOf(fakeFunction("if (event.bad) throw new TypeError('no such thing'); return 1"))
    const threw = await pool.invoke({ bad: true })
    expect(threw).toMatchObject({ kind: 'threw', errorType: 'TypeError', errorMessage: 'no such thing' })
    expect(await pool.invoke({})).toEqual({ kind: 'returned', payload: '1' })
    expect(pool.stats.environmentsStarted).toBe(1)
  })

  it.each([
    ['process.exit', 'process.exit(3)'],
    ['an exception outside the handler', "setTimeout(() => { throw new Error('late') }, 1); await sleep(1000)"],
  ])('that ends by %s fails that invocation only', async (_, dying) => {
    const { pool } = poolOf(fakeFunction(`if (event.die) { ${dying} } return 1`))
    expect(await pool.invoke({ die: true })).toMatchObject({ kind: 'crashed' })
    expect(await pool.invoke({})).toEqual({ kind: 'returned', payload: '1' })
  })

  it('that cannot load its bundle says why', async () => {
    const { pool } = poolOf(fakeFunction('', { handler: 'absent' }))
    await expect(pool.warm()).rejects.toThrow(/submit cannot be loaded: .*no function absent/)
    expect(await pool.invoke({})).toMatchObject({ kind: 'notStarted' })
  })

  it('takes one invocation at a time, and there are never more than allowed', async () => {
    const { pool, seen } = poolOf(
      fakeFunction(
        'globalThis.busy = (globalThis.busy ?? 0) + 1; seen(globalThis.busy); await sleep(60); globalThis.busy -= 1',
      ),
    )
    const all = await Promise.all(Array.from({ length: 6 }, () => pool.invoke({})))
    expect(all.every(({ kind }) => kind === 'returned')).toBe(true)
    expect(pool.stats.environmentsStarted).toBe(2)
    expect(seen).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('takes the invocations that wait in the order in which they came', async () => {
    const { pool, seen } = poolOf(fakeFunction('seen(event.n); await sleep(5)', { concurrency: 1 }))
    await Promise.all([1, 2, 3, 4, 5].map((n) => pool.invoke({ n })))
    expect(seen).toEqual([1, 2, 3, 4, 5])
  })

  it('refuses what does not fit into the waiting line, as Lambda throttles', async () => {
    const { pool } = poolOf(fakeFunction('await sleep(100)', { concurrency: 1 }))
    const all = await Promise.all(Array.from({ length: 14 }, () => pool.invoke({})))
    expect(all.filter(({ kind }) => kind === 'refused')).toHaveLength(3)
  })

  it('may end its invocation within the grace when it is stopped, and takes no other one', async () => {
    const { pool, seen } = poolOf(fakeFunction("seen('begun'); await sleep(150); return 1"))
    const running = pool.invoke({})
    await until('it has begun', () => seen.length === 1)
    await pool.stop(60_000)
    expect(await running).toEqual({ kind: 'returned', payload: '1' })
    expect(await pool.invoke({})).toEqual({ kind: 'refused' })
  })

  it('that is ready only after the stop is ended at once, so that no thread is left', async () => {
    const starting = Promise.withResolvers<ExecutionEnvironment>()
    let destroyed = 0
    const environment: ExecutionEnvironment = {
      ...{ alive: true, open: 0, busyMs: 0, likelyWaitMs: 0, takeBack: () => {} },
      invoke: async () => ({ kind: 'crashed', errorMessage: 'it has ended' }),
      destroy: async () => {
        destroyed += 1
      },
    }
    const pool = makeFunctionPool({
      ...{ concurrency: 1, maxWaiting: 1, newId: () => 'id', start: () => starting.promise, onFailure: () => {} },
    })
    const invoked = pool.invoke({})
    await pool.stop(0)
    expect(destroyed).toBe(0)
    starting.resolve(environment)
    expect((await invoked).kind).toBe('crashed')
    expect(destroyed).toBe(1)
  })

  it('is ended with its invocation when the grace is over', async () => {
    const { pool, seen } = poolOf(fakeFunction("seen('begun'); await sleep(60_000)", { timeoutSeconds: 120 }))
    const running = pool.invoke({})
    await until('it has begun', () => seen.length === 1)
    await pool.stop(50)
    expect((await running).kind).toBe('crashed')
  })
})

describe('short invocations that come at once', () => {
  /** The first one has told how short they are. */
  async function warmed(body: string, options: Parameters<typeof fakeFunction>[1] = {}) {
    const fake = poolOf(fakeFunction(`if (event.n === undefined) return 0; ${body}`, options))
    await fake.pool.invoke({})
    return fake
  }
  const payloads = async (all: Promise<{ kind: string }>[]) =>
    (await Promise.all(all)).map((ended) => ('payload' in ended ? ended.payload : ended.kind))

  it('run elsewhere, each once, when the one before them does not end', async () => {
    const { pool, seen, environments } = await warmed('seen(event.n); if (event.n === 1) await sleep(60_000)', {
      timeoutSeconds: 120,
    })
    const stuck = pool.invoke({ n: 1 })
    expect(await payloads([2, 3, 4].map((n) => pool.invoke({ n })))).toEqual(['null', 'null', 'null'])
    await until('all have been seen', () => seen.length === 4)
    expect(seen).toEqual([1, 2, 3, 4])
    expect(environments.map(({ open }) => open)).toEqual([1, 0])
    await pool.stop(0)
    expect((await stuck).kind).toBe('crashed')
  })

  it.each([
    ['passes its time limit in a loop', 'for (;;);', 'timedOut'],
    ['ends the environment', 'process.exit(3)', 'crashed'],
    ['throws', "throw new Error('bad')", 'threw'],
  ])('lose no answer and no log line of their neighbours when one of them %s', async (_, bad, kind) => {
    const { pool, seen, failures } = await warmed(`seen(event.n); if (event.n === 3) { ${bad} } return event.n`, {
      timeoutSeconds: 0.5,
      concurrency: 1,
    })
    const ended = await payloads([1, 2, 3, 4, 5].map((n) => pool.invoke({ n })))
    expect(ended).toEqual(['1', '2', kind, '4', '5'])
    expect(failures).toEqual([kind])
    await until('all have been seen', () => seen.length === 5)
    expect(seen).toEqual([1, 2, 3, 4, 5])
  })

  it('have the whole time limit each, which begins when they begin', async () => {
    const { pool } = await warmed('await sleep(700); return context.getRemainingTimeInMillis() > 500', {
      timeoutSeconds: 2,
      concurrency: 1,
    })
    const ended = await payloads([1, 2, 3, 4].map((n) => pool.invoke({ n })))
    expect(ended).toEqual(['true', 'true', 'true', 'true'])
  })

  it('end at the time limit counted from their own begin, not from their turn at the timer', async () => {
    const { pool } = await warmed('await sleep(event.n === 1 ? 300 : 60_000)', { timeoutSeconds: 0.8, concurrency: 1 })
    const timers = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => void timers.mockRestore())
    const all = [1, 2].map((n) => pool.invoke({ n }))
    expect(await payloads(all)).toEqual(['null', 'timedOut'])
    // The timer of the call before goes off while the second one runs, and is set again for what that one has left.
    const again = timers.mock.calls.map(([, milliseconds = 0]) => milliseconds).filter((ms) => ms > 100 && ms <= 800)
    expect(Math.max(0, ...again)).toBeLessThan(700)
  })

  it('are refused when the fleet stops before they begin, while the one that runs may end', async () => {
    const { pool, seen } = await warmed('seen(event.n); await sleep(event.n === 1 ? 300 : 0); return event.n', {
      concurrency: 1,
    })
    const all = [1, 2, 3].map((n) => pool.invoke({ n }))
    await until('the first has begun', () => seen.length === 1)
    await pool.stop(60_000)
    expect(await payloads(all)).toEqual(['1', 'refused', 'refused'])
    expect(seen).toEqual([1])
  })
})
