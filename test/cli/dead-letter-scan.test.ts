import { afterEach, describe, expect, it, vi } from 'vitest'
import { readDeadLetter } from '../../bin/commands/dead-letters/dead-letter.ts'
import { scan } from '../../bin/commands/dead-letters/scan.ts'
import { printCounts } from '../../bin/commands/dead-letters.ts'
import type { Received } from '../../bin/commands/fleet/queue.ts'

const NOON = Date.parse('2026-11-21T12:00:00.000Z')
const never = new AbortController().signal
const letter = (messageId: string, reason = 'X: y'): Received => ({
  ...{ messageId, receipt: messageId, sentAt: NOON, receiveCount: 1, body: '{}' },
  attributes: { taskId: messageId, enqueuedAt: String(NOON), parks: '2', reason, source: 'tasks' },
})
afterEach(() => void vi.useRealTimers())

describe('a look at every dead letter', () => {
  it('hides each for two minutes, and ends only with a long receive that finds nothing', async () => {
    const answers = [[letter('a'), letter('b')], [], [letter('c'), letter('a')], [], []]
    const asked: [number, number][] = []
    const seen: number[] = []
    const receive = async (wait: number, hide: number) => {
      asked.push([wait, hide])
      return answers.shift() ?? []
    }
    const { letters, whole } = await scan({ receive }, never, (count) => seen.push(count))
    expect(asked).toEqual([0, 0, 1, 0, 1].map((wait) => [wait, 120]))
    expect(letters.map(({ taskId }) => taskId)).toEqual(['a', 'b', 'c'])
    expect({ whole, seen }).toEqual({ whole: true, seen: [2, 2, 3, 3] })
  })

  it('ends after a minute and a half, before the first ones come back, and keeps what it has seen', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOON })
    let count = 0
    const receive = async () => {
      vi.setSystemTime(Date.now() + 30_000)
      count += 1
      if (count > 9) throw new Error('it goes on and on')
      return [letter(`letter-${count}`)]
    }
    const { letters, whole } = await scan({ receive }, never, () => {})
    expect({ seen: letters.length, whole }).toEqual({ seen: 4, whole: false })
  })

  it('ends when a person stops it, and does not say that it saw all', async () => {
    const stop = new AbortController()
    const receive = async () => {
      if (stop.signal.aborted) throw new Error('asked once more')
      stop.abort()
      return [letter('a')]
    }
    const { letters, whole } = await scan({ receive }, stop.signal, () => {})
    expect({ seen: letters.length, whole }).toEqual({ seen: 1, whole: false })
  })
})

it('a task that SQS moved is known by the id in its message, and by the id of the message where it has none', () => {
  const moved = (body: string): Received => ({ ...letter('m1'), body, attributes: {} })
  const task = { sitekey: 'k', pageurl: 'https://shop.example/' }
  const read = (body: object) => readDeadLetter(moved(JSON.stringify(body)))
  expect(read({ ...task, taskId: 'mine' })).toMatchObject({ taskId: 'mine', source: 'tasks', parks: 0 })
  expect(read({ ...task, taskId: 'mine', colour: 'red' })).toMatchObject({ taskId: 'mine' })
  expect(read(task)).toMatchObject({ taskId: 'm1', code: 'RECEIVED_TOO_OFTEN', firstSeen: '2026-11-21T12:00:00.000Z' })
  expect(readDeadLetter(moved('no JSON'))).toMatchObject({ taskId: 'm1', source: 'tasks' })
})

it('the most frequent reason comes first, with three samples, and a long reason is cut', () => {
  const shown: string[] = []
  const terminal = {
    ...{ live: false, coloured: false, status: () => {}, confirm: () => null, secret: () => null },
    out: (line: string) => void shown.push(line),
    err: (line: string) => void shown.push(`err ${line}`),
  }
  const named = (count: number, reason: string) =>
    Array.from({ length: count }, (_, n) => letter(`${reason[0]}${n}`, reason))
  const [fits, long] = [`B: ${'b'.repeat(157)}`, `C: ${'c'.repeat(158)}`]
  const letters = [...named(1, 'A: rare'), ...named(3, fits), ...named(5, long)].map(readDeadLetter)
  printCounts(terminal, { letters, whole: false })
  const sample = (taskId: string, reason: string) => [
    `        ${taskId}  from tasks, first seen 2026-11-21T12:00:00.000Z, parked 2 times`,
    `          ${reason}`,
  ]
  expect(shown).toEqual([
    '     5  C',
    ...['C0', 'C1', 'C2'].flatMap((taskId) => sample(taskId, `C: ${'c'.repeat(156)}…`)),
    '        and 2 more',
    '     3  B',
    ...['B0', 'B1', 'B2'].flatMap((taskId) => sample(taskId, fits)),
    '     1  A',
    ...sample('A0', 'A: rare'),
    'err not all of the queue was seen: there are more',
  ])
})
