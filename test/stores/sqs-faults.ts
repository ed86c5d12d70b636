import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeDepths } from '../../functions/adapters/sqs/depths.ts'
import { makeMessageSender } from '../../functions/adapters/sqs/sender.ts'
import { makeVisibility } from '../../functions/adapters/sqs/visibility.ts'
import type { Log } from '../../functions/core/ports.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { type Fate, type FaultyProxy, startFaultyProxy } from '../engines/faulty-proxy.ts'
import { createQueue, type TestQueue } from './queues.ts'

const BODIES = Array.from({ length: 12 }, (_, n) => ({ body: `body ${n}` }))
const down: Fate = { kind: 'answer', status: 503, body: '{}', applied: false }

export function sqsFaults(running: () => RunningEngine): void {
  let proxy: FaultyProxy
  let queue: TestQueue
  let logged: Parameters<Log>[]
  const log: Log = (...line) => logged.push(line)
  const sender = () => makeMessageSender({ client: queue.client, queueUrls: { tasks: queue.queueUrl }, log })
  beforeEach(async () => {
    logged = []
    proxy = await startFaultyProxy(running().endpoint)
    queue = await createQueue(proxy.endpoint)
    proxy.calls.length = 0
  })
  afterEach(async () => {
    queue.client.destroy()
    await proxy.stop()
  })

  /** SQS takes all but one entry of the first call that carries it, and says so. */
  const reject = (id: string, fault: { SenderFault: boolean; times: number }) => {
    let left = fault.times
    proxy.fate = ({ call, body }) => {
      if (call !== 'SendMessageBatch' || left === 0) return { kind: 'pass' }
      const request = JSON.parse(body.toString())
      const kept = request.Entries.filter(({ Id }: { Id: string }) => Id !== id)
      if (kept.length === request.Entries.length) return { kind: 'pass' }
      left--
      const failed = { Id: id, SenderFault: fault.SenderFault, Code: 'InternalError', Message: 'no' }
      if (kept.length === 0) {
        return {
          kind: 'answer',
          status: 200,
          body: JSON.stringify({ Successful: [], Failed: [failed] }),
          applied: false,
        }
      }
      return {
        kind: 'pass',
        body: Buffer.from(JSON.stringify({ ...request, Entries: kept })),
        change: (answer) => Buffer.from(JSON.stringify({ ...JSON.parse(answer.toString()), Failed: [failed] })),
      }
    }
  }

  it('an entry that SQS did not take is sent once more', async () => {
    reject('3', { SenderFault: false, times: 1 })
    expect(await sender().send('tasks', BODIES)).toEqual(BODIES.map(() => true))
    expect(proxy.calls.filter((call) => call === 'SendMessageBatch')).toHaveLength(3)
  })

  it('an entry that SQS did not take twice is answered with false, its neighbours with true', async () => {
    reject('3', { SenderFault: false, times: 2 })
    expect(await sender().send('tasks', BODIES)).toEqual(BODIES.map((_, n) => n !== 3))
    expect(logged).toEqual(Array(2).fill(['warn', 'message not sent', { queue: 'tasks', code: 'InternalError' }]))
  })

  it('an entry that is at fault itself is not sent again', async () => {
    reject('3', { SenderFault: true, times: 9 })
    expect(await sender().send('tasks', BODIES)).toEqual(BODIES.map((_, n) => n !== 3))
    expect(proxy.calls.filter((call) => call === 'SendMessageBatch')).toHaveLength(2)
  })

  it('an entry at fault is answered with false also where its neighbour is taken at the second try', async () => {
    const sent: string[][] = []
    proxy.fate = ({ call, body }) => {
      if (call !== 'SendMessageBatch') return { kind: 'pass' }
      const request: { Entries: { Id: string }[] } = JSON.parse(body.toString())
      const isFirst = sent.push(request.Entries.map(({ Id }) => Id)) === 1
      const failed = (Id: string, SenderFault: boolean) => ({ Id, SenderFault, Code: 'X', Message: 'no' })
      const Failed = isFirst ? [failed('1', true), failed('2', false)] : []
      const Entries = request.Entries.filter((entry) => Failed.every(({ Id }) => Id !== entry.Id))
      return {
        kind: 'pass',
        body: Buffer.from(JSON.stringify({ ...request, Entries })),
        change: (answer) => Buffer.from(JSON.stringify({ ...JSON.parse(answer.toString()), Failed })),
      }
    }
    expect(await sender().send('tasks', BODIES.slice(0, 3))).toEqual([true, false, true])
    expect(sent).toEqual([['0', '1', '2'], ['2']])
  })

  it('an entry that the answer does not tell of is not taken for sent', async () => {
    proxy.fate = () => ({ kind: 'answer', status: 200, body: '{"Successful":[],"Failed":[]}', applied: false })
    expect(await sender().send('tasks', BODIES)).toEqual(BODIES.map(() => false))
  })

  it('a whole call that fails is false for its messages only, is logged without their bodies, and throws nothing', async () => {
    proxy.fate = ({ body }) => (body.includes('body 11') ? down : { kind: 'pass' })
    expect(await sender().send('tasks', BODIES)).toEqual(BODIES.map((_, n) => n < 10))
    expect(logged).toEqual([
      ['warn', 'messages not sent', { queue: 'tasks', count: 2, error: expect.stringMatching(/./) }],
    ])
    expect(JSON.stringify(logged)).not.toContain('body')
  })

  it('a queue whose URL was not given is false and logged as that, and SQS is not asked', async () => {
    expect(await sender().send('results', BODIES.slice(0, 2))).toEqual([false, false])
    const facts = { queue: 'results', count: 2, error: 'no URL of that queue was given' }
    expect(logged).toEqual([['warn', 'messages not sent', facts]])
    expect(proxy.calls).toEqual([])
  })

  it('visibility that cannot be changed is false', async () => {
    proxy.fate = () => down
    const visibility = makeVisibility({ client: queue.client, queueUrl: queue.queueUrl, log })
    expect(await visibility.extend([{ receipt: 'a', seconds: 5 }])).toEqual([false])
    expect(logged).toEqual([['warn', 'visibility not changed', { count: 1, error: expect.stringMatching(/./) }]])
  })

  it('depths that cannot be read are an error, never zero', async () => {
    const depths = makeDepths({ client: queue.client, queueUrls: { tasks: queue.queueUrl } })
    proxy.fate = () => down
    await expect(depths.read('tasks')).rejects.toThrow()
    proxy.fate = () => ({ kind: 'pass', change: () => Buffer.from('{"Attributes":{}}') })
    await expect(depths.read('tasks')).rejects.toThrow('answered without ApproximateNumberOfMessages')
    await expect(depths.read('polls')).rejects.toThrow('no URL of the queue polls')
  })
}
