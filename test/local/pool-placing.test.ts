import { expect, it, vi } from 'vitest'
import type { ExecutionEnvironment } from '../../local/lambda/execution-environment.ts'
import { makeFunctionPool } from '../../local/lambda/function-pool.ts'
import type { InvokeResult } from '../../local/lambda/invocation-end.ts'

const DONE: InvokeResult = { kind: 'returned', payload: '0' }

/** Environments without threads, whose invocations end when the test says so, and last as long as it says. */
function makeFakes(concurrency: number) {
  const all: {
    events: string[]
    lastMs: number
    busyMs: number
    answer(handled?: InvokeResult): void
    environment: ExecutionEnvironment
  }[] = []
  const start = async () => {
    const waiting: ((handled: InvokeResult) => void)[] = []
    const fake = {
      events: [] as string[],
      lastMs: Number.POSITIVE_INFINITY,
      busyMs: 0,
      answer: (handled: InvokeResult = DONE) => waiting.shift()?.(handled),
      environment: {
        invoke({ event }: { event: string }) {
          fake.events.push(event)
          return new Promise<InvokeResult>((resolve) => waiting.push(resolve))
        },
        takeBack() {
          for (const resolve of waiting.splice(1)) resolve({ kind: 'notBegun' })
        },
        destroy: async () => {},
        alive: true,
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
  const pool = makeFunctionPool({ concurrency, maxWaiting: 100, start, newId, onFailure: () => {} })
  return { pool, all, events: () => all.map(({ events }) => events.join(' ')) }
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
