import { expect, it, vi } from 'vitest'
import type { ExecutionEnvironment, InvokeRequest } from '../../local/lambda/execution-environment.ts'
import { type Failure, type Invoked, makeFunctionPool, type PoolStats } from '../../local/lambda/function-pool.ts'
import type { InvokeResult } from '../../local/lambda/invocation-end.ts'

const DONE: InvokeResult = { kind: 'returned', payload: '0' }

/** Environments without threads, whose invocations end when the test says so, and last as long as it says. */
function makeFakes(concurrency: number, maxWaiting = 100) {
  const requests: InvokeRequest[] = []
  const failures: [Failure, PoolStats][] = []
  const all: {
    events: string[]
    destroyed: boolean
    lastMs: number
    busyMs: number
    answer(handled?: InvokeResult): void
    environment: ExecutionEnvironment
  }[] = []
  const start = async () => {
    const waiting: ((handled: InvokeResult) => void)[] = []
    const fake = {
      events: [] as string[],
      destroyed: false,
      lastMs: Number.POSITIVE_INFINITY,
      busyMs: 0,
      answer: (handled: InvokeResult = DONE) => waiting.shift()?.(handled),
      environment: {
        invoke(request: InvokeRequest) {
          requests.push(request)
          fake.events.push(request.event)
          return new Promise<InvokeResult>((resolve) => waiting.push(resolve))
        },
        takeBack() {
          for (const resolve of waiting.splice(1)) resolve({ kind: 'notBegun' })
        },
        destroy: async () => {
          fake.destroyed = true
        },
        get alive() {
          return !fake.destroyed
        },
        get busyMs() {
          return fake.busyMs
        },
        get open() {
          return waiting.length
        },
        get likelyWaitMs() {
          return waiting.length === 0 ? 0 : waiting.length * fake.lastMs
        },
      },
    }
    all.push(fake)
    return fake.environment
  }
  let ids = 0
  const newId = () => String(++ids)
  const onFailure = (failure: Failure, stats: PoolStats) => failures.push([failure, { ...stats }])
  const pool = makeFunctionPool({ concurrency, maxWaiting, start, newId, onFailure })
  return { pool, all, requests, failures, events: () => all.map(({ events }) => events.join(' ')) }
}

/** How invocations ended, in the order in which they did. */
function endsOf(invocations: Record<string, Promise<Invoked>>): string[] {
  const ends: string[] = []
  for (const [name, invoked] of Object.entries(invocations))
    void invoked.then(({ kind }) => ends.push(`${name} ${kind}`))
  return ends
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

it('an invocation goes behind others that are over within a millisecond, and otherwise wakes another environment', async () => {
  const { pool, all, events } = makeFakes(3)
  for (const n of [1, 2, 3]) void pool.invoke(n)
  await settled()
  expect(events()).toEqual(['1', '2', '3'])
  for (const { answer } of all) answer()
  await settled()
  const [first] = all
  if (first !== undefined) first.lastMs = 0.4
  for (const n of [4, 5, 6, 7]) void pool.invoke(n)
  expect(events()).toEqual(['1 4 5 6', '2 7', '3'])
})

it('an environment that has not ended any invocation yet gets one only, as one that takes long', async () => {
  const { pool, all, events } = makeFakes(2)
  for (const n of [1, 2, 3]) void pool.invoke(n)
  await settled()
  expect(events()).toEqual(['1', '2'])
  all[1]?.answer()
  await settled()
  expect(events()).toEqual(['1', '2 3'])
})

it('an invocation behind one that takes longer than 10 ms is run elsewhere, and one behind a shorter one stays', async () => {
  const { pool, all, events } = makeFakes(2)
  for (const n of [1, 2]) void pool.invoke(n)
  await settled()
  for (const { answer } of all) answer()
  await settled()
  const [first] = all
  if (first === undefined) throw new Error('no environment was started')
  first.lastMs = 0.4
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    for (const n of [3, 4]) void pool.invoke(n)
    expect(events()).toEqual(['1 3 4', '2'])
    first.busyMs = 9.9
    vi.advanceTimersByTime(10)
    await settled()
    expect(events()).toEqual(['1 3 4', '2'])
    first.busyMs = 19.9
    first.lastMs = Number.POSITIVE_INFINITY
    vi.advanceTimersByTime(9)
    await settled()
    expect(events()).toEqual(['1 3 4', '2'])
    vi.advanceTimersByTime(1)
    await settled()
    expect(events()).toEqual(['1 3 4', '2 4'])
  } finally {
    vi.useRealTimers()
  }
})

it('what an environment gives back goes before those that came later, in the order in which it came', async () => {
  const { pool, all, events } = makeFakes(1)
  void pool.invoke(1)
  await settled()
  const [only] = all
  if (only === undefined) throw new Error('no environment')
  only.lastMs = 0.3
  for (const n of [2, 3, 4, 5, 6]) void pool.invoke(n)
  expect(events()).toEqual(['1 2 3 4'])
  only.lastMs = Number.POSITIVE_INFINITY
  only.environment.takeBack()
  await settled()
  for (let n = 0; n < 6; n += 1) {
    only.answer()
    await settled()
  }
  expect(events()).toEqual(['1 2 3 4 2 3 4 5 6'])
})

it('a failure to start an environment fails that invocation, and the next one tries again', async () => {
  let starts = 0
  const start = async () => {
    starts += 1
    throw new Error(`start ${starts}`)
  }
  const pool = makeFunctionPool({ concurrency: 1, maxWaiting: 9, start, newId: () => '', onFailure: () => {} })
  const ended = await Promise.all([pool.invoke(1), pool.invoke(2)])
  expect(ended).toEqual(['start 1', 'start 2'].map((errorMessage) => ({ kind: 'notStarted', errorMessage })))
})

it('an invocation that waits behind a long one is run elsewhere whatever the environments before its own are doing', async () => {
  const { pool, all, events } = makeFakes(3)
  for (const n of [1, 2, 3]) void pool.invoke(n)
  await settled()
  for (const { answer } of all) answer()
  await settled()
  const [first, second, third] = all
  if (first === undefined || second === undefined || third === undefined) throw new Error('no environment was started')
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    second.lastMs = 0.4
    for (const n of [4, 5, 6]) void pool.invoke(n)
    expect(events()).toEqual(['1 4', '2 5 6', '3'])
    first.answer()
    await settled()
    second.busyMs = 10
    second.lastMs = Number.POSITIVE_INFINITY
    vi.advanceTimersByTime(10)
    await settled()
    expect(events()).toEqual(['1 4 6', '2 5 6', '3'])
  } finally {
    vi.useRealTimers()
  }
})

it('an environment is handed the event as JSON, with an id and the chain of this invocation, and the same again elsewhere', async () => {
  const { pool, all, requests } = makeFakes(1)
  void pool.invoke({ Records: [{ body: 'ü' }] }, 'Root=1;Lineage=a:7')
  void pool.invoke('second')
  await settled()
  all[0]?.answer({ kind: 'notBegun' })
  await settled()
  all[0]?.answer()
  await settled()
  const first = { event: '{"Records":[{"body":"ü"}]}', requestId: '1', trace: 'Root=1;Lineage=a:7' }
  expect(requests).toEqual([first, first, { event: '"second"', requestId: '2', trace: '' }])
})

it('every end is counted once as what it was, a refusal is not counted at all, and each failure is told with the numbers so far', async () => {
  const { pool, all, failures } = makeFakes(1, 4)
  const kinds = ['returned', 'crashed', 'timedOut', 'threw', 'returned'] as const
  const ends: Record<(typeof kinds)[number], InvokeResult> = {
    returned: DONE,
    crashed: { kind: 'crashed', errorMessage: 'gone' },
    timedOut: { kind: 'timedOut' },
    threw: { kind: 'threw', errorType: 'TypeError', errorMessage: 'bad' },
  }
  const invoked = [...kinds, 'one too many'].map((kind) => pool.invoke(kind))
  for (const kind of kinds) {
    await settled()
    all[0]?.answer(ends[kind])
  }
  expect(await Promise.all(invoked)).toEqual([...kinds.map((kind) => ends[kind]), { kind: 'refused' }])
  expect(pool.stats).toEqual({ invocations: 5, failures: 3, timeouts: 1, environmentsStarted: 1 })
  const counts = [
    { invocations: 2, failures: 1, timeouts: 0 },
    { invocations: 3, failures: 2, timeouts: 1 },
    { invocations: 4, failures: 3, timeouts: 1 },
  ]
  const failed = [ends.crashed, ends.timedOut, ends.threw]
  expect(failures).toEqual(failed.map((failure, n) => [failure, { ...counts[n], environmentsStarted: 1 }]))
})

it('a stop refuses at once what waits in the line or behind another invocation, and ends when the running ones have ended', async () => {
  const { pool, all, events } = makeFakes(2)
  for (const n of [1, 2]) void pool.invoke(n)
  await settled()
  for (const { answer } of all) answer()
  await settled()
  const [first, second] = all
  if (first === undefined || second === undefined) throw new Error('no environment was started')
  first.lastMs = 0.9
  const [running, behind, other, waiting] = ['running', 'behind', 'other', 'waiting'].map((name) => pool.invoke(name))
  if (!running || !behind || !other || !waiting) throw new Error('not invoked')
  const ends = endsOf({ running, behind, other, waiting })
  expect(events()).toEqual(['1 "running" "behind"', '2 "other"'])
  const stopped = pool.stop(60_000).then(() => ends.push('stopped'))
  await settled()
  expect(ends.toSorted()).toEqual(['behind refused', 'waiting refused'])
  expect((await pool.invoke('late')).kind).toBe('refused')
  first.answer()
  await settled()
  expect([ends.slice(2), first.destroyed]).toEqual([['running returned'], false])
  second.answer()
  await stopped
  // What was refused was not invoked.
  expect(pool.stats).toEqual({ invocations: 4, failures: 0, timeouts: 0, environmentsStarted: 2 })
  expect(ends.slice(3)).toEqual(['other returned', 'stopped'])
  expect([all.map(({ destroyed }) => destroyed), events()]).toEqual([
    [true, true],
    ['1 "running" "behind"', '2 "other"'],
  ])
})

it('a stop of a pool in which nothing runs does not wait for its grace', async () => {
  const { pool, all } = makeFakes(1)
  await pool.warm()
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    const ends: string[] = []
    void pool.stop(60_000).then(() => ends.push('stopped'))
    await settled()
    expect([ends, all[0]?.destroyed]).toEqual([['stopped'], true])
  } finally {
    vi.useRealTimers()
  }
})
