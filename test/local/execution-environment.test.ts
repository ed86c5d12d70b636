import { Worker } from 'node:worker_threads'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startEnvironment } from '../../local/lambda/execution-environment.ts'
import { turnsUntil } from '../turns-until.ts'
import { fakeFunction, later, until } from './bundles.ts'

const ENV = { AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/of-its-own', AWS_LAMBDA_LOG_STREAM_NAME: 'local' }

/** One environment whose handler is this JavaScript, and the lines that it wrote. */
async function started(body: string, options: Parameters<typeof fakeFunction>[1] = {}) {
  const lines: string[] = []
  const environment = await startEnvironment(fakeFunction(body, options), ENV, (line) => lines.push(line))
  later(() => environment.destroy())
  let ids = 0
  const invoke = (event: unknown, trace = '') => {
    ids += 1
    return environment.invoke({ event: JSON.stringify(event), requestId: `request-${ids}`, trace })
  }
  return { environment, invoke, lines }
}

it('each invocation has the whole context of Lambda and the chain that led to itself, not to the one before', async () => {
  const { invoke } = await started(
    'const { getRemainingTimeInMillis, ...own } = context; return { own, left: Math.ceil(getRemainingTimeInMillis() / 100_000), event,' +
      ' chain: process.env._X_AMZN_TRACE_ID, env: Object.keys(process.env).sort() }',
    { memoryMb: 77, timeoutSeconds: 600 },
  )
  const ends = await Promise.all([invoke({ n: 1 }, 'Root=1'), invoke({ n: 2 }, 'Root=2')])
  const own = {
    ...{ functionName: 'lifesign-submit', functionVersion: '$LATEST', memoryLimitInMB: '77' },
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:lifesign-submit',
    ...{ logGroupName: '/aws/lambda/of-its-own', logStreamName: 'local', callbackWaitsForEmptyEventLoop: true },
  }
  const env = [...Object.keys(ENV), '_X_AMZN_TRACE_ID']
  expect(ends.map((ended) => (ended.kind === 'returned' ? JSON.parse(ended.payload) : ended))).toEqual(
    [1, 2].map((n) => ({
      own: { ...own, awsRequestId: `request-${n}` },
      ...{ left: 6, event: { n }, chain: `Root=${n}`, env },
    })),
  )
})

it('invocations that come at once run one at a time and in order, and each gets its own answer', async () => {
  const { invoke, lines } = await started(
    'globalThis.busy = (globalThis.busy ?? 0) + 1; seen([event.n, busy]); await null; globalThis.busy -= 1; return event.n',
  )
  const all = [1, 2, 3, 4, 5, 6, 7, 8]
  const ends = await Promise.all(all.map((n) => invoke({ n })))
  expect(ends).toEqual(all.map((n) => ({ kind: 'returned', payload: `${n}` })))
  await until('all have been seen', () => lines.length === all.length)
  expect(lines).toEqual(all.map((n) => `seen [${n},1]`))
})

it('another invocation would wait as long as each of those before it takes, as far as the last one tells', async () => {
  const { environment, invoke } = await started('return 1')
  expect(environment.likelyWaitMs).toBe(0)
  const first = invoke({})
  expect([environment.open, environment.likelyWaitMs]).toEqual([1, Number.POSITIVE_INFINITY])
  await first
  expect(environment.likelyWaitMs).toBe(0)
  const waits = [1, 2, 3].map((n) => {
    void invoke({ n })
    return environment.likelyWaitMs
  })
  const [one = 0] = waits
  expect(one).toBeGreaterThan(0)
  expect(waits).toEqual([one, 2 * one, 3 * one])
  environment.takeBack()
  await until('what had begun is over', () => environment.open === 0)
  expect(environment.likelyWaitMs).toBe(0)
  void invoke({})
  environment.takeBack()
  void invoke({})
  expect(environment.likelyWaitMs).toBe(Number.POSITIVE_INFINITY)
})

it('what a function writes to standard error is a line of its log too', async () => {
  const { invoke, lines } = await started("console.log('out'); console.error('err')")
  await invoke({})
  await until('both lines', () => lines.length === 2)
  expect(lines.toSorted()).toEqual(['err', 'out'])
})

it.each([
  ['an error', "throw new RangeError('too far')", { kind: 'threw', errorType: 'RangeError', errorMessage: 'too far' }],
  ['a text', "throw 'no error'", { kind: 'threw', errorType: 'string', errorMessage: 'no error' }],
  [
    'an error outside the handler',
    "setImmediate(() => { throw new RangeError('late') }); await sleep(60_000)",
    { kind: 'crashed', errorMessage: 'RangeError: late' },
  ],
  ['its own end', 'process.exit(0)', { kind: 'crashed', errorMessage: 'the execution environment ended' }],
])('a function that throws %s is told with its words', async (_, body, expected) => {
  const { invoke } = await started(body)
  expect(await invoke({})).toEqual(expected)
})

it('a function that takes more memory than it has ends its environment, and is told so', async () => {
  const { environment, invoke } = await started(
    'const all = []; for (;;) all.push(Array.from({ length: 50_000 }, (_, n) => ({ n })))',
    { memoryMb: 24, timeoutSeconds: 60 },
  )
  expect(await invoke({})).toMatchObject({ kind: 'crashed', errorMessage: expect.stringMatching(/memory/) })
  expect(environment.alive).toBe(false)
})

it('an environment that is destroyed takes nothing from that moment on, and ends what it runs as crashed', async () => {
  const { environment, invoke, lines } = await started('seen(event); await sleep(60_000)', { timeoutSeconds: 120 })
  const running = invoke('running')
  await until('it runs', () => lines.length === 1)
  const behind = invoke('behind')
  const destroyed = environment.destroy()
  expect(environment.alive).toBe(false)
  expect(await invoke('late')).toEqual({ kind: 'notBegun' })
  await destroyed
  expect(await invoke('later')).toEqual({ kind: 'notBegun' })
  expect(await Promise.all([running, behind])).toEqual([
    { kind: 'crashed', errorMessage: 'the execution environment ended' },
    { kind: 'notBegun' },
  ])
  expect([lines, environment.open]).toEqual([['seen "running"'], 0])
})

it('an answer that is there, and that this process was too busy to take, is no passed time limit', async () => {
  const { invoke } = await started('return event', { timeoutSeconds: 0.2 })
  await invoke('first')
  const timers = vi.spyOn(globalThis, 'setTimeout')
  onTestFinished(() => void timers.mockRestore())
  const ends = [invoke('one'), invoke('two')]
  await new Promise(setImmediate)
  // This process does nothing for longer than the limit, while the thread runs both.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400)
  expect(await Promise.all(ends)).toEqual([
    { kind: 'returned', payload: '"one"' },
    { kind: 'returned', payload: '"two"' },
  ])
  // Node warns of a negative time on the console.
  expect(timers.mock.calls.filter(([, milliseconds = 0]) => milliseconds < 0)).toEqual([])
})

it.each([
  ['throws while it is loaded', "throw new Error('no such module')", 'no such module'],
  ['ends the thread while it is loaded', 'process.exit(1)', 'the execution environment ended'],
  ['is still not loaded after 10 s', 'for (;;);', 'it took longer than 10 s'],
])('a bundle that %s is told with that, and leaves no thread behind', async (_, loading, why) => {
  const ended = vi.spyOn(Worker.prototype, 'terminate')
  onTestFinished(() => void ended.mockRestore())
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const plan = fakeFunction(`} ; ${loading} ; async () => {`)
  let problem: unknown
  const starting = startEnvironment(plan, ENV, () => {}).catch((error: unknown) => {
    problem = error
  })
  if (why.includes('10 s')) {
    await vi.advanceTimersByTimeAsync(9_999)
    expect(problem).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
  }
  await turnsUntil(() => problem !== undefined)
  await starting
  expect(problem).toEqual(new Error(`submit cannot be loaded: ${why}`))
  expect(ended).toHaveBeenCalledTimes(1)
})
