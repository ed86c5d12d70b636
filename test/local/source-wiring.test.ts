import { createHash } from 'node:crypto'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { FUNCTIONS, type FunctionName } from '../../functions/contract/functions.ts'
import { traceHeader } from '../../local/aws/trace-header.ts'
import { Mappings } from '../../local/engines/mappings.ts'
import { startEventSources } from '../../local/lambda/event-sources.ts'
import type { FunctionPool, Invoked } from '../../local/lambda/function-pool.ts'
import { type LocalLimits, NO_LIMITS } from '../../local/settings/aws-limits.ts'
import type { Plan } from '../../local/template/plan.ts'
import { mapping } from '../build/mapping.ts'
import { turnsUntil } from '../turns-until.ts'
import { fakeFunction, folder, later } from './bundles.ts'
import { received, sqsInProcess } from './sqs-in-process.ts'

const DONE: Invoked = { kind: 'returned', payload: 'null' }
const turns = async () => {
  for (let n = 0; n < 50; n += 1) await new Promise(setImmediate)
}
const arnOf = (name: FunctionName) => `arn:aws:lambda:us-east-1:000000000000:function:lifesign-${name}`
const hashOf = (name: FunctionName) => createHash('sha256').update(arnOf(name)).digest('hex').slice(0, 8)
/** A message that comes at the end of a chain which has invoked this function so often. */
const chained = (name: string, of: FunctionName, invocations: number) => {
  const message = received(name)
  const AWSTraceHeader = traceHeader('r', { [hashOf(of)]: invocations })
  return { ...message, Attributes: { ...message.Attributes, AWSTraceHeader } }
}

/** The event sources of submit and collect, whose functions end when the test says so. Each step by who made it. */
function running(limits: LocalLimits = NO_LIMITS, more: Partial<Plan['mappings'][number]> = {}) {
  const steps: string[] = []
  const waiting: Partial<Record<FunctionName, ((said: object) => void)[]>> = { submit: [], collect: [] }
  const ends: Partial<Record<FunctionName, ((ended: Invoked) => void)[]>> = { submit: [], collect: [] }
  const clientAs = (whose: FunctionName | 'the runtime') =>
    sqsInProcess(({ call, input }) => {
      const receipts = JSON.stringify(input.Entries ?? []).match(/r-\w+/g)
      if (call !== 'ReceiveMessage') steps.push(`${whose}: ${call} ${receipts?.join()} of ${input.QueueUrl}`)
      if (call !== 'ReceiveMessage' || whose === 'the runtime') return {}
      const { promise, resolve } = Promise.withResolvers<object>()
      waiting[whose]?.push(resolve)
      return promise
    }).client
  const poolOf = (name: FunctionName): FunctionPool => ({
    invoke: (event) => {
      steps.push(
        `${name} is invoked with ${JSON.stringify(event)
          .match(/"body":"\w+"/g)
          ?.join()}`,
      )
      return new Promise((resolve) => ends[name]?.push(resolve))
    },
    warm: async () => {},
    stop: async () => {},
    stats: { invocations: 0, failures: 0, timeouts: 0, environmentsStarted: 0 },
  })
  const mappings = (['submit', 'collect'] as const).map((target) => ({
    ...{ ...mapping, uuid: `to-${target}`, target, queueUrl: `of-${target}`, maximumConcurrency: 2 },
    ...more,
  }))
  const functions = FUNCTIONS.map((name) => fakeFunction('', { name, arn: arnOf(name) }))
  const clients = { submit: clientAs('submit'), collect: clientAs('collect') }
  const sources = startEventSources(
    { ...{ queues: [], tables: [], schedules: [], urls: [], outputs: {} }, mappings, functions },
    new Mappings(`${folder()}/mappings.json`, mappings),
    { asFunction: (name) => (name === 'submit' ? clients.submit : clients.collect), own: clientAs('the runtime') },
    { submit: poolOf('submit'), collect: poolOf('collect') },
    { line: () => {}, say: (source, text) => steps.push(`${source}: ${text}`), close: async () => {} },
    limits,
  )
  const end = async (name: FunctionName, ended = DONE) => {
    for (const resolve of ends[name]?.splice(0) ?? []) resolve(ended)
    await turns()
  }
  later(async () => {
    await end('submit')
    await end('collect')
    await sources.stop()
  })
  const give = async (name: FunctionName, ...Messages: object[]) => {
    const open = waiting[name] ?? []
    await turnsUntil(() => open.length > 0)
    open.shift()?.({ Messages })
    await turns()
  }
  const open = (name: FunctionName) => ends[name]?.length
  const receives = (name: FunctionName) => waiting[name]?.length
  return { steps, sources, end, give, open, receives }
}
const throttled = 'throttled: the account has no concurrency left, and the receive is used up'
/** Of every twenty seconds the account is throttled for two: the 17th and 18th of the first twenty. */
const atSecond = (second: number) => {
  const ticks = vi.spyOn(performance, 'now').mockReturnValue(second * 1000)
  onTestFinished(() => void ticks.mockRestore())
}

describe('an event source', () => {
  it.each([
    [16.9, true, 'invoked'],
    [17, true, 'throttled'],
    [18.9, true, 'throttled'],
    [19, true, 'invoked'],
    [17, false, 'invoked'],
  ])('at second %f, with the limit of throttling: %s, is %s', async (second, throttle, expected) => {
    atSecond(second)
    const { steps, give } = running({ ...NO_LIMITS, throttle })
    await give('submit', received('a'))
    expect(steps).toEqual([expected === 'invoked' ? 'submit is invoked with "body":"a"' : `submit: ${throttled}`])
  })

  it('that bounds nothing runs ten batches at once, and one with a bound that many', async () => {
    const free = running(NO_LIMITS, { maximumConcurrency: null })
    for (let n = 0; n < 10; n += 1) await free.give('collect', received(`m${n}`))
    expect([free.open('collect'), free.receives('collect')]).toEqual([10, 0])
    const bound = running()
    for (let n = 0; n < 2; n += 1) await bound.give('collect', received(`m${n}`))
    expect([bound.open('collect'), bound.receives('collect')]).toEqual([2, 0])
  })

  it('deletes with the rights of its function, and gives back what found no room with those of the runtime', async () => {
    const { steps, give, end } = running()
    await give('submit', received('a'))
    await give('collect', received('b'))
    await end('submit', { kind: 'refused' })
    await end('collect')
    expect(steps.slice(2)).toEqual([
      'the runtime: ChangeMessageVisibilityBatch r-a of of-submit',
      'collect: DeleteMessageBatch r-b of of-collect',
    ])
  })

  it('refuses a chain that has invoked its own function 16 times, and no chain of another one', async () => {
    const { steps, give } = running()
    await give('collect', chained('a', 'submit', 16))
    await give('collect', chained('b', 'collect', 16))
    await give('submit', chained('c', 'submit', 15))
    expect(steps).toEqual([
      'collect is invoked with "body":"a"',
      'collect: Lambda would refuse this: a chain of messages has invoked the function 16 times (loop detection)',
      'submit is invoked with "body":"c"',
    ])
  })

  it('with a window gathers as long as Lambda may at low traffic, by chance anew each time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const chance = vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.01)
    onTestFinished(() => {
      chance.mockRestore()
      vi.useRealTimers()
    })
    const { steps, give, receives } = running(NO_LIMITS, { windowSeconds: 0.5 })
    const gathered = async (name: string, ms: number) => {
      await give('submit', received(name))
      await vi.advanceTimersByTimeAsync(ms - 1)
      await turns()
      expect([steps, receives('submit')]).toEqual([[], 0])
      await vi.advanceTimersByTimeAsync(1)
      await turns()
      expect(receives('submit')).toBe(1)
      await give('submit')
      expect(steps.splice(0)).toEqual([`submit is invoked with "body":"${name}"`])
    }
    await gathered('a', 500)
    await gathered('b', 695)
  })
})

it('the event sources are stopped when the batches of every one of them have ended', async () => {
  const { steps, sources, give, end } = running()
  await give('submit', received('a'))
  await give('collect', received('b'))
  let isStopped = false
  const stopped = sources.stop().then(() => {
    isStopped = true
  })
  await end('collect')
  expect(isStopped).toBe(false)
  await end('submit')
  await stopped
  expect(steps.slice(2)).toEqual([
    'collect: DeleteMessageBatch r-b of of-collect',
    'submit: DeleteMessageBatch r-a of of-submit',
  ])
})
