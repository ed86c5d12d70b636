import { describe, expect, onTestFinished, vi } from 'vitest'
import { type FaultyProxy, once, startFaultyProxy } from '../engines/faulty-proxy.ts'
import { contents, type Fleet, fleetTest, lifesign, type Run, solved } from './scripted-fleet.ts'

/** The queues of a real engine behind a proxy that answers for some calls as SQS does when it takes only a part of them. */
const test = fleetTest.extend<{ proxy: FaultyProxy; run: (...args: string[]) => Promise<Run> }>({
  proxy: async ({ fleet }, use) => {
    const proxy = await startFaultyProxy(`http://127.0.0.1:${fleet.port}`)
    await use(proxy)
    await proxy.stop()
  },
  run: ({ proxy }, use) => use((...args) => lifesign(args, { port: Number(new URL(proxy.endpoint).port) })),
})
const countOf = (proxy: FaultyProxy, call: string) => proxy.calls.filter((one) => one === call).length
const down = { kind: 'answer', status: 503, body: '{}', applied: false } as const

const letter = (taskId: string) => ({
  body: JSON.stringify({ taskId, sitekey: 'k', pageurl: 'https://a.example/' }),
  attributes: { taskId, reason: 'FAILED_REPEATEDLY: no', source: 'tasks' },
})
const taskIds = async (queue: Fleet['tasks']) =>
  (await contents(queue)).map(({ attributes }) => attributes.taskId).sort()

/** SQS takes the entries of a batch whose text does not contain `word`, and says which ones it did not take. */
const refuseEntriesWith =
  (call: string, word: string): FaultyProxy['fate'] =>
  (passing) => {
    if (passing.call !== call) return { kind: 'pass' }
    const request: { Entries: { Id: string }[] } = JSON.parse(passing.body.toString())
    const isRefused = (entry: object) => JSON.stringify(entry).includes(word)
    const Failed = request.Entries.filter(isRefused).map(({ Id }) => ({
      Id,
      SenderFault: false,
      Code: 'InternalError',
    }))
    const Entries = request.Entries.filter((entry) => !isRefused(entry))
    if (Entries.length === 0)
      return { kind: 'answer', status: 200, body: JSON.stringify({ Successful: [], Failed }), applied: false }
    return {
      kind: 'pass',
      body: Buffer.from(JSON.stringify({ ...request, Entries })),
      change: (answer) => Buffer.from(JSON.stringify({ ...JSON.parse(answer.toString()), Failed })),
    }
  }

describe.concurrent('redrive', () => {
  test('a dead letter that SQS did not take back is not deleted, is visible at once, and its neighbours are moved', async ({
    fleet,
    proxy,
    run,
  }) => {
    await fleet.deadLetters.send(['a', 'stuck', 'b'].map(letter))
    proxy.fate = refuseEntriesWith('SendMessageBatch', 'stuck')
    expect(await run('redrive', '--yes')).toMatchObject({ code: 1, out: ['2 of 3 moved'] })
    expect(await taskIds(fleet.tasks)).toEqual(['a', 'b'])
    expect(await taskIds(fleet.deadLetters)).toEqual(['stuck'])
    proxy.fate = () => ({ kind: 'pass' })
    expect(await run('redrive', '--yes')).toMatchObject({ code: 0, out: ['1 of 1 moved'] })
    expect(await taskIds(fleet.tasks)).toEqual(['a', 'b', 'stuck'])
  })

  test('a delete that fails loses nothing: what was not sent yet is still a dead letter, visible at once', async ({
    fleet,
    proxy,
    run,
  }) => {
    await fleet.deadLetters.send(Array.from({ length: 10 }, (_, i) => letter(`first-${i}`)))
    await fleet.deadLetters.send(Array.from({ length: 5 }, (_, i) => letter(`second-${i}`)))
    proxy.fate = ({ call }) => (call === 'DeleteMessageBatch' ? down : { kind: 'pass' })
    expect((await run('redrive', '--yes')).code).toBe(4)
    const [sent, left] = [await taskIds(fleet.tasks), await taskIds(fleet.deadLetters)]
    expect(new Set([...sent, ...left]).size).toBe(15)
    // Those that were sent may be moved twice; a letter that nobody sees for two minutes might be forgotten.
    expect([sent.length, left.length]).toEqual([10, 15])
    expect(countOf(proxy, 'SendMessageBatch')).toBe(1)
  })

  test('Ctrl-C ends it after the ten that are on their way, exit code 130, and the others are visible at once', async ({
    fleet,
    proxy,
  }) => {
    await fleet.deadLetters.send(Array.from({ length: 15 }, (_, i) => letter(`t-${i}`)))
    const stop = new AbortController()
    proxy.fate = ({ call }) => {
      if (call === 'SendMessageBatch') stop.abort()
      return { kind: 'pass' }
    }
    const port = Number(new URL(proxy.endpoint).port)
    const stopped = await lifesign(['redrive', '--yes'], { port, stop: stop.signal })
    expect(stopped).toEqual({ code: 130, out: ['10 of 15 moved'], err: [] })
    expect(await taskIds(fleet.tasks)).toHaveLength(10)
    expect(await taskIds(fleet.deadLetters)).toHaveLength(5)
  })

  test('Ctrl-C while it looks ends it without a question, exit code 130, and what it saw is visible at once', async ({
    fleet,
    proxy,
  }) => {
    await fleet.deadLetters.send(['a', 'b'].map(letter))
    const stop = new AbortController()
    proxy.fate = ({ call }) => {
      if (call === 'ReceiveMessage') stop.abort()
      return { kind: 'pass' }
    }
    const options = { port: Number(new URL(proxy.endpoint).port), stop: stop.signal, answer: true }
    const { code, err } = await lifesign(['redrive'], options)
    expect({ code, err }).toEqual({ code: 130, err: ['not all of the queue was seen: there are more'] })
    expect(await taskIds(fleet.deadLetters)).toEqual(['a', 'b'])
    expect(await taskIds(fleet.tasks)).toEqual([])
  })

  test('a queue that takes too long to be seen whole is not said to be moved: what was seen is, exit code 1, and that there is more', async ({
    fleet,
    proxy,
    run,
  }) => {
    await fleet.deadLetters.send(['a', 'b'].map(letter))
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    proxy.fate = ({ call }) => {
      if (call === 'ReceiveMessage') vi.setSystemTime(Date.now() + 90_001)
      return { kind: 'pass' }
    }
    const part = { code: 1, out: ['2 of 2 moved'], err: ['not all of the queue was seen: there are more'] }
    expect(await run('redrive', '--yes')).toEqual(part)
    expect(await taskIds(fleet.tasks)).toEqual(['a', 'b'])
  })

  test('each letter is sent before it is deleted, ten at a time', async ({ fleet, proxy, run }) => {
    for (let i = 0; i < 3; i += 1)
      await fleet.deadLetters.send(Array.from({ length: 8 }, (_, n) => letter(`t-${i}-${n}`)))
    await run('redrive', '--yes')
    const writes = proxy.calls.filter((call) => /^(Send|Delete)MessageBatch$/.test(call))
    expect(writes).toEqual(Array(3).fill(['SendMessageBatch', 'DeleteMessageBatch']).flat())
    expect(await taskIds(fleet.tasks)).toHaveLength(24)
  })
})

describe.concurrent('dead-letters', () => {
  test('a short receive that answers with nothing is not the end of the queue', async ({ fleet, proxy, run }) => {
    await fleet.deadLetters.send(['a', 'b'].map(letter))
    proxy.fate = once(({ call }) => call === 'ReceiveMessage', {
      kind: 'answer',
      status: 200,
      body: '{}',
      applied: false,
    })
    const { out } = await run('dead-letters', '--json')
    expect(JSON.parse(out.join(''))).toMatchObject({ total: 2, whole: true })
    expect(await taskIds(fleet.deadLetters)).toEqual(['a', 'b'])
  })
})

describe.concurrent('send, while it waits for its result', () => {
  const SEND = ['send', '--sitekey', 'k', '--pageurl', 'https://shop.example/', '--task-id', 'mine', '--wait', '10']

  test('gives the results of others back at once, deletes only its own, and never sends its task twice', async ({
    fleet,
    proxy,
    run,
  }) => {
    await fleet.results.send(['theirs-1', 'theirs-2'].map((taskId) => ({ body: JSON.stringify(solved({ taskId })) })))
    fleet.serve((task) => solved(task))
    expect(await run(...SEND)).toMatchObject({ code: 0, out: ['token-of-mine'] })
    const left = (await contents(fleet.results)).map(({ body }) => JSON.parse(body).taskId).sort()
    expect(left).toEqual(['theirs-1', 'theirs-2'])
    expect(countOf(proxy, 'SendMessageBatch')).toBe(1)
  })

  test('deletes the second copy of its result with the first, and tells it once', async ({ fleet, run }) => {
    const copy = { body: JSON.stringify(solved({ taskId: 'mine' })) }
    await fleet.results.send([copy, copy])
    expect(await run(...SEND)).toMatchObject({ code: 0, out: ['token-of-mine'] })
    expect(await contents(fleet.results)).toEqual([])
  })

  test('looks less and less often while nothing but results of others comes', async ({ fleet, proxy, run }) => {
    await fleet.results.send([{ body: JSON.stringify(solved({ taskId: 'theirs' })) }])
    expect((await run(...SEND.slice(0, -1), '3')).code).toBe(4)
    // After 0.2, 0.6, 1.4 and 3 s, each time until nothing comes; every 0.2 s it would be thirty.
    expect(countOf(proxy, 'ReceiveMessage')).toBeLessThanOrEqual(12)
    expect(await contents(fleet.results)).toHaveLength(1)
  })

  test('a task that SQS did not take is told as not sent, and nobody waits for it', async ({ proxy, run }) => {
    proxy.fate = refuseEntriesWith('SendMessageBatch', 'mine')
    const { code, out, err } = await run(...SEND)
    expect(code).not.toBe(0)
    expect(out).toEqual([])
    expect(err.join('\n')).toContain('mine')
    expect(countOf(proxy, 'ReceiveMessage')).toBe(0)
  })

  test.for([
    [[], ['well']],
    [['--json'], ['{"taskId":"well"}']],
    [['--no-wait'], ['well']],
  ])(
    'of many tasks with %j, those that SQS took are told on standard output and the others by name, exit code 4',
    async ([more = [], out = []], { proxy }) => {
      const lines = ['well', 'mine-1', 'mine-2'].map((taskId) => letter(taskId).body)
      proxy.fate = refuseEntriesWith('SendMessageBatch', 'mine')
      const port = Number(new URL(proxy.endpoint).port)
      expect(await lifesign(['send', '--file', '-', ...more], { port, input: lines.join('\n') })).toEqual({
        code: 4,
        out,
        err: ['lifesign: 2 of 3 tasks were not sent: mine-1, mine-2'],
      })
      expect(countOf(proxy, 'ReceiveMessage')).toBe(0)
    },
  )

  test('a result that cannot be deleted is a result all the same', async ({ fleet, proxy, run }) => {
    fleet.serve((task) => solved(task))
    proxy.fate = ({ call }) => (call === 'DeleteMessageBatch' ? down : { kind: 'pass' })
    expect(await run(...SEND)).toMatchObject({ code: 0, out: ['token-of-mine'] })
  })
})
