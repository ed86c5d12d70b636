import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Received } from '../../bin/commands/fleet/queue.ts'
import { takeResults } from '../../bin/commands/results/take-results.ts'
import type { TaskStatus } from '../../bin/commands/results/task-status.ts'
import { type AwaitedTask, type WaitOutcome, waitForResults } from '../../bin/commands/results/wait-for-results.ts'
import { solved } from './scripted-fleet.ts'

const messageOf = (taskId: string, body = JSON.stringify(solved({ taskId }))): Received => ({
  ...{ messageId: taskId, receipt: taskId, attributes: {}, sentAt: 0, receiveCount: 1 },
  body,
})

/** A result queue that answers each receive with the next of these, and tells every call. */
function queueOf(...answers: (() => Received[] | Promise<Received[]>)[]) {
  const calls: string[] = []
  const named = (messages: Received[]) => messages.map(({ receipt }) => receipt).join()
  const queue = {
    deleteFails: false,
    async receive(waitSeconds: number, hideSeconds: number) {
      calls.push(`receive ${waitSeconds} ${hideSeconds}`)
      return answers.shift()?.() ?? []
    },
    async delete(messages: Received[]) {
      if (messages.length > 0) calls.push(`delete ${named(messages)}`)
      if (queue.deleteFails) throw new Error('no delete')
    },
    async giveBack(messages: Received[]) {
      calls.push(`give back ${named(messages)}`)
    },
  }
  return { queue, calls }
}
const inSeconds = (seconds: number) => {
  const until = Date.now() + seconds * 1000
  return () => until
}
const never = new AbortController().signal

describe('taking results from a queue that others read too', () => {
  it('holds what is of others for at most 30 s, takes all that waits, deletes only its own, and gives the rest back', async () => {
    const { queue, calls } = queueOf(
      () => [messageOf('theirs-1'), messageOf('a'), messageOf('words', 'not even JSON')],
      () => [messageOf('theirs-2'), messageOf('a'), messageOf('b')],
    )
    const wanted = new Set(['a', 'b'])
    const told: string[] = []
    await takeResults(queue, wanted, inSeconds(60), ({ taskId }) => told.push(taskId), never)
    expect(told).toEqual(['a', 'b'])
    expect(wanted).toEqual(new Set())
    expect(calls).toEqual([
      'receive 5 30',
      'delete a',
      'receive 0 30',
      'delete a,b',
      'give back theirs-1,words,theirs-2',
    ])
  })

  it.each([
    [60, 5],
    [1.5, 2],
    [0.9, 1],
  ])('with %f s left waits %i s for a message', async (left, waited) => {
    const { queue, calls } = queueOf(() => [messageOf('a')])
    await takeResults(queue, new Set(['a']), inSeconds(left), () => {}, never)
    expect(calls).toEqual([`receive ${waited} 30`, 'delete a', 'give back '])
  })

  it('asks for nothing when the time is over, or when there is nothing to wait for', async () => {
    const { queue, calls } = queueOf()
    await takeResults(queue, new Set(['a']), inSeconds(0), () => {}, never)
    await takeResults(queue, new Set(), inSeconds(60), () => {}, never)
    await takeResults(queue, new Set(['a']), inSeconds(60), () => {}, AbortSignal.abort())
    expect(calls).toEqual([])
  })

  it('gives back what it holds when a receive fails, and says that it failed', async () => {
    const { queue, calls } = queueOf(
      () => [messageOf('theirs')],
      () => Promise.reject(new Error('no answer')),
    )
    await expect(takeResults(queue, new Set(['a']), inSeconds(60), () => {}, never)).rejects.toThrow('no answer')
    expect(calls).toEqual(['receive 5 30', 'receive 0 30', 'give back theirs'])
  })

  it('gives back what it holds when a person stops it, and that is no failure', async () => {
    const stop = new AbortController()
    const { queue, calls } = queueOf(
      () => [messageOf('theirs')],
      () => {
        stop.abort()
        return Promise.reject(new Error('aborted'))
      },
    )
    const wanted = new Set(['a'])
    await takeResults(queue, wanted, inSeconds(60), () => {}, stop.signal)
    expect(wanted).toEqual(new Set(['a']))
    expect(calls).toEqual(['receive 5 30', 'receive 0 30', 'give back theirs'])
  })

  it('ends a round at the first receive that finds nothing, gives back, and begins the next with a long wait', async () => {
    const stop = new AbortController()
    const { queue, calls } = queueOf(
      () => [messageOf('theirs')],
      () => [],
      () => {
        stop.abort()
        return []
      },
    )
    await takeResults(queue, new Set(['a']), inSeconds(60), () => {}, stop.signal)
    expect(calls).toEqual(['receive 5 30', 'receive 0 30', 'give back theirs', 'receive 5 30', 'give back '])
  })

  it('holds what is of others for 15 s at most in one round, however many come', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 })
    onTestFinished(() => void vi.useRealTimers())
    const stop = new AbortController()
    const { queue, calls } = queueOf(
      ...[1, 5_000, 14_999, 15_000].map((at) => () => {
        vi.setSystemTime(at)
        return [messageOf(`at-${at}`)]
      }),
      () => {
        stop.abort()
        return []
      },
    )
    await takeResults(
      queue,
      new Set(['a']),
      () => 60_000,
      () => {},
      stop.signal,
    )
    expect(calls.slice(0, 5)).toEqual([
      'receive 5 30',
      ...Array(3).fill('receive 0 30'),
      'give back at-1,at-5000,at-14999,at-15000',
    ])
  })

  /** The receives and pauses, each at its time, of a wait of so many ms for these; a receive takes 1 ms and its answer's own. */
  async function timed(wanted: Set<string>, forMs: number, answers: { tookMs: number; found: Received[] }[] = []) {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 })
    onTestFinished(() => void vi.useRealTimers())
    const steps: string[] = []
    const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)
    const { queue } = queueOf()
    const receive = async () => {
      steps.push(`receive at ${Date.now()}`)
      const { tookMs, found } = answers.shift() ?? { tookMs: 0, found: [] }
      pass(1 + tookMs)
      return found
    }
    const pause = async (ms: number) => {
      steps.push(`pause ${ms}`)
      pass(ms)
    }
    await takeResults(
      { ...queue, receive },
      wanted,
      () => forMs,
      () => {},
      never,
      pause,
    )
    return steps
  }

  it('asks an engine that answers an empty long poll at once five times a second at most', async () => {
    const receives = [0, 201, 402, 603, 804].flatMap((at) => [`receive at ${at}`, 'pause 200'])
    expect(await timed(new Set(['a']), 1000)).toEqual(receives)
  })

  it('asks again at once after a message of its own, and after an empty answer that took its time', async () => {
    const looks = (name: string) => [
      { tookMs: 199, found: [] },
      { tookMs: 0, found: [messageOf(name)] },
    ]
    const steps = await timed(new Set(['a', 'b']), 60_000, [...looks('a'), ...looks('b')])
    expect(steps).toEqual([0, 200, 201, 401].map((at) => `receive at ${at}`))
  })

  it('goes on where a result of its own cannot be deleted', async () => {
    const { queue, calls } = queueOf(
      () => [messageOf('a')],
      () => [messageOf('b')],
    )
    queue.deleteFails = true
    const told: string[] = []
    await takeResults(queue, new Set(['a', 'b']), inSeconds(60), ({ taskId }) => told.push(taskId), never)
    expect(told).toEqual(['a', 'b'])
    expect(calls).toEqual(['receive 5 30', 'delete a', 'give back ', 'receive 5 30', 'delete b', 'give back '])
  })
})

describe('between two looks at a queue that holds the results of others', () => {
  /** The pauses of a wait in which each look finds these: own results by small letters, those of others by capital ones. */
  async function pausesOf(looks: string[]): Promise<number[]> {
    const pauses: number[] = []
    const stop = new AbortController()
    // A look ends with a receive that finds nothing, unless all that it found was its own.
    const answers = looks.flatMap((look) => {
      const found = [...look].map((name) => messageOf(name))
      return /[A-Z]/.test(look) ? [() => found, () => []] : [() => found]
    })
    const { queue } = queueOf(...answers, () => {
      stop.abort()
      return []
    })
    const pause = async (milliseconds: number, { aborted }: AbortSignal) => {
      if (!aborted) pauses.push(milliseconds)
    }
    await takeResults(queue, new Set('abcdefghz'), inSeconds(60), () => {}, stop.signal, pause)
    return pauses
  }

  it('it waits 400 ms and then twice as long each time, 2 s at most, while nothing but theirs is there', async () => {
    expect(await pausesOf(['T', 'T', 'T', 'T', 'T', 'TU'])).toEqual([400, 800, 1600, 2000, 2000, 2000])
  })

  it('it waits for the shortest time, 200 ms, where one of its own was among them, and twice as long from there on', async () => {
    expect(await pausesOf(['T', 'T', 'aT', 'T', 'T'])).toEqual([400, 800, 200, 400, 800])
  })

  it('it looks again at once where all was its own, and then begins anew', async () => {
    expect(await pausesOf(['T', 'T', 'a', 'T', 'T'])).toEqual([400, 800, 400, 800])
  })
})

describe('waiting for results', () => {
  const tasks = (count: number, reply: AwaitedTask['reply'] = 'queue'): AwaitedTask[] =>
    Array.from({ length: count }, (_, n) => ({ taskId: `${reply}-${n}`, reply }))
  async function wait(
    awaited: AwaitedTask[],
    read: (taskId: string) => Promise<TaskStatus | undefined>,
    { onQueue = awaited, stop = new AbortController() }: { onQueue?: AwaitedTask[]; stop?: AbortController } = {},
  ) {
    const asked: string[] = []
    const told: Record<string, WaitOutcome['kind']> = {}
    const { queue, calls } = queueOf(async () => {
      // As long as the first round of questions to the table takes.
      for (let turns = 0; turns < 50; turns += 1) await turn()
      if (onQueue.length === 0) stop.abort()
      return onQueue.map(({ taskId }) => messageOf(taskId))
    })
    const watch = {
      onOutcome: (taskId: string, { kind }: WaitOutcome) => {
        told[taskId] = kind
      },
      onStatus: (taskId: string, { state }: TaskStatus) => void asked.push(`${taskId} ${state}`),
      onNothing: (taskId: string) => void asked.push(`${taskId} nothing`),
    }
    const reading = (taskId: string) => {
      asked.push(taskId)
      return read(taskId)
    }
    await waitForResults(awaited, { results: queue, read: reading }, Date.now() + 60_000, watch, stop.signal)
    return { asked, told, calls }
  }

  it('ten tasks are all followed in the table, of eleven only those whose result is there alone', async () => {
    const ten = await wait(tasks(10), async () => undefined)
    expect(ten.asked).toEqual(tasks(10).flatMap(({ taskId }) => [taskId, `${taskId} nothing`]))
    const result = solved({ taskId: 'record-0' })
    const eleven = await wait(
      [...tasks(10), ...tasks(1, 'record')],
      async () => ({ state: 'solved', result: { ...result, status: 'solved' } }),
      {
        onQueue: tasks(10),
      },
    )
    expect(eleven.asked).toEqual(['record-0', 'record-0 solved'])
    expect(Object.values(eleven.told)).toEqual(Array(11).fill('result'))
  })

  it('a table that does not answer is no failure: the queue decides', async () => {
    const { told } = await wait(tasks(2), () => Promise.reject(new Error('no table')))
    expect(told).toEqual({ 'queue-0': 'result', 'queue-1': 'result' })
  })

  it('a task that is settled in the table may still come by the queue: its result is not taken from there at once', async () => {
    const result = { ...solved({ taskId: 'queue-0' }), status: 'solved' as const }
    const { told, calls } = await wait(tasks(1), async () => ({ state: 'solved', result }))
    expect(told).toEqual({ 'queue-0': 'result' })
    expect(calls).toContain('delete queue-0')
  })

  it('a queue that cannot be read any more ends the wait at once: the table is not followed until its end', async () => {
    const down = async () => Promise.reject(new Error('down'))
    const ignored = { onOutcome: () => {}, onStatus: () => {}, onNothing: () => {} }
    let reads = 0
    const read = async () => {
      reads += 1
      return undefined
    }
    const until = Date.now() + 1500
    const ports = { results: queueOf(down).queue, read }
    await expect(waitForResults(tasks(1), ports, until, ignored, new AbortController().signal)).rejects.toThrow('down')
    expect(reads).toBe(1)
  })

  it('what the table answers about a task after its result came by the queue is not told', async () => {
    const result = { ...solved({ taskId: 'record-0' }), status: 'solved' as const }
    const late = async (taskId: string): Promise<TaskStatus> => {
      if (taskId === 'record-0') return { state: 'solved', result }
      for (let turns = 0; turns < 60; turns += 1) await turn()
      return { state: 'claimed' }
    }
    const one = await wait(tasks(1), late)
    expect([one.asked, one.told]).toEqual([['queue-0'], { 'queue-0': 'result' }])
    const two = await wait([...tasks(1), ...tasks(1, 'record')], late, { onQueue: tasks(1) })
    expect(two.asked).toEqual(['queue-0', 'record-0', 'record-0 solved'])
  })

  it('a result that comes with the very receive in which a person stops is told, for it is deleted', async () => {
    const stop = new AbortController()
    const { queue, calls } = queueOf(() => {
      stop.abort()
      return [messageOf('queue-0'), messageOf('theirs')]
    })
    const told: [string, WaitOutcome][] = []
    const onOutcome = (...outcome: [string, WaitOutcome]) => void told.push(outcome)
    const watch = { onOutcome, onStatus: () => {}, onNothing: () => {} }
    await waitForResults(tasks(2), { results: queue, read: undefined }, Date.now() + 60_000, watch, stop.signal)
    expect(told).toEqual([['queue-0', { kind: 'result', result: solved({ taskId: 'queue-0' }) }]])
    expect(calls).toEqual(['receive 5 30', 'delete queue-0', 'give back theirs'])
  })

  it('a person who stops is told of no task that it has no result, nor what the table answers after that', async () => {
    const late = async (): Promise<TaskStatus> => {
      for (let turns = 0; turns < 60; turns += 1) await turn()
      return { state: 'claimed' }
    }
    const { told, asked } = await wait(tasks(1), late, { onQueue: [] })
    expect([told, asked]).toEqual([{}, ['queue-0']])
    expect((await wait(tasks(2), async () => ({ state: 'claimed' }), { onQueue: [] })).told).toEqual({})
  })
})

describe('the table, while no result comes by the queue', () => {
  /** What is told of one task until `until` (seconds), and when, if the table has this of it, second by second. */
  async function followed(reply: AwaitedTask['reply'], until: number, statusAt: (second: number) => TaskStatus) {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 })
    onTestFinished(() => void vi.useRealTimers())
    const told: string[] = []
    const tell = (text: string) => void told.push(`${Date.now() / 1000} s: ${text}`)
    const over = new AbortController()
    const { queue } = queueOf()
    const receive = (_wait: number, _hide: number, stop = over.signal) =>
      new Promise<Received[]>((resolve) => {
        tell('the queue is asked')
        for (const end of [over.signal, stop]) end.addEventListener('abort', () => resolve([]))
      })
    const watch = {
      onOutcome: (_: string, { kind }: WaitOutcome) => tell(kind),
      onStatus: (_: string, { state }: TaskStatus) => tell(state),
      onNothing: () => tell('nothing'),
    }
    const pause = async (milliseconds: number) => {
      vi.setSystemTime(Date.now() + milliseconds)
      if (Date.now() >= until * 1000) over.abort()
      await turn()
    }
    const ports = { results: { ...queue, receive }, read: async () => statusAt(Date.now() / 1000) }
    await waitForResults([{ taskId: 'a', reply }], ports, until * 1000, watch, never, pause)
    return told
  }
  const result = { ...solved({ taskId: 'a' }), status: 'solved' as const }
  const { solution: _, ...unsaid } = result
  const claimedUntil = (second: number, settled: TaskStatus) => (now: number) =>
    now < second ? { state: 'claimed' } : settled
  const settledIn = (...seconds: number[]) => seconds.map((second) => `${second} s: settled`)

  it.each([
    ['is solved without its solution: another reader has it', unsaid, 'taken'],
    ['is solved with its solution: it is the result', result, 'result'],
    ['has failed: there is no solution to miss', { ...unsaid, status: 'failed' as const }, 'result'],
  ])('is read once a second and believed 5 s after it first said that the task %s', async (_, stored, outcome) => {
    expect(await followed('both', 60, claimedUntil(2, { state: 'settled', result: stored }))).toEqual([
      ...['0 s: the queue is asked', '0 s: claimed', '1 s: claimed'],
      ...settledIn(2, 3, 4, 5, 6, 7),
      `7 s: ${outcome}`,
    ])
  })

  it('is believed at once where the result is sent nowhere else, and then the queue is not asked', async () => {
    const told = await followed('record', 60, claimedUntil(1, { state: 'settled', result }))
    expect(told).toEqual(['0 s: claimed', '1 s: settled', '1 s: result'])
  })

  it('settles what the queue need not be asked for any more, while it is still read about the others', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 })
    onTestFinished(() => void vi.useRealTimers())
    const told: string[] = []
    let asks = 0
    const { queue } = queueOf()
    const receive = async () => {
      asks += 1
      await turn()
      return []
    }
    const pause = async (milliseconds: number) => {
      // The pauses of the table and those of the queue go on side by side: the longer one lets the time pass.
      if (milliseconds === 1000) vi.setSystemTime(Date.now() + milliseconds)
      await turn()
    }
    const read = async (taskId: string): Promise<TaskStatus> =>
      taskId === 'both'
        ? { state: 'settled', result: unsaid }
        : Date.now() < 20_000
          ? { state: 'claimed' }
          : { state: 'settled', result }
    let asksWhenTaken = 0
    const watch = {
      onOutcome: (taskId: string, { kind }: WaitOutcome) => {
        told.push(`${Date.now() / 1000} s: ${taskId} ${kind}`)
        if (taskId === 'both') asksWhenTaken = asks
      },
      ...{ onStatus: () => {}, onNothing: () => {} },
    }
    const awaited: AwaitedTask[] = [
      { taskId: 'both', reply: 'both' },
      { taskId: 'record', reply: 'record' },
    ]
    await waitForResults(awaited, { results: { ...queue, receive }, read }, 60_000, watch, never, pause)
    expect(told).toEqual(['5 s: both taken', '20 s: record result'])
    expect(asks - asksWhenTaken).toBeLessThanOrEqual(1)
  })

  it('is not read any more when the time is over, and the task has no result', async () => {
    const told = await followed('record', 2, () => ({ state: 'claimed' }))
    expect(told).toEqual(['0 s: claimed', '1 s: claimed', '2 s: none'])
  })
})
