import { hash } from 'node:crypto'
import { expect, it, onTestFinished, vi } from 'vitest'
import { loopbackAws } from '../stores/loopback-aws.ts'
import { lifesign, solved } from './scripted-fleet.ts'

/** `lifesign result` for these tasks. A person presses Ctrl-C while the results of `come` are deleted from the queue. */
async function interrupted(tasks: string[], come: string[]) {
  const stop = new AbortController()
  const left = [come]
  const aws = await loopbackAws(({ operation }) => {
    if (operation === 'GetQueueUrl') return { body: { QueueUrl: 'http://127.0.0.1:9/0/lifesign-results' } }
    if (operation === 'DeleteMessageBatch') stop.abort()
    if (operation !== 'ReceiveMessage') return {}
    const Messages = (left.shift() ?? []).map((taskId) => {
      const Body = JSON.stringify(solved({ taskId }))
      return { MessageId: taskId, ReceiptHandle: taskId, Body, MD5OfBody: hash('md5', Body) }
    })
    return { body: { Messages } }
  })
  const run = await lifesign(['result', ...tasks], { port: Number(new URL(aws.url).port), stop: stop.signal })
  const calls = (operation: string) => aws.asked.filter((one) => one.operation === operation).length
  return { ...run, calls }
}

it('Ctrl-C right after the last result came ends as the tasks ended, and nothing goes on without anybody', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const { code, err, calls } = await interrupted(['a', 'b'], ['b', 'a'])
  // What ticks would write over the lines that follow.
  expect(vi.getTimerCount()).toBe(0)
  expect(code).toBe(0)
  expect(err).toEqual([expect.stringMatching(/^2 tasks in .*: 2 solved, 0 failed, 0 expired, 0 without a result$/)])
  expect([calls('ReceiveMessage'), calls('DeleteMessageBatch')]).toEqual([1, 1])
})

it('Ctrl-C right after the only result came ends as the task ended', async () => {
  const { code, err } = await interrupted(['a'], ['a'])
  expect(code).toBe(0)
  expect(err.join('\n')).not.toContain('go on without you')
})

it('Ctrl-C before the last result came ends with code 130, and names those that are open, three at most', async () => {
  const { code, err, calls } = await interrupted(['a', 'b', 'c', 'd', 'e', 'f'], ['b', 'd'])
  expect(code).toBe(130)
  expect(err.at(-1)?.split('\n')).toEqual([
    '4 of 6 tasks go on without you. To look for one again:',
    ...['a', 'c', 'e'].map((taskId) => `  npx lifesign result ${taskId}`),
  ])
  expect(calls('ReceiveMessage')).toBe(1)
})
