import { describe, expect, it } from 'vitest'
import type { FunctionName } from '../../functions/contract/functions.ts'
import { Mappings } from '../../local/engines/mappings.ts'
import { startEventSources } from '../../local/lambda/event-sources.ts'
import { makeFunctionPools } from '../../local/lambda/function-pools.ts'
import { NO_LIMITS } from '../../local/settings/aws-limits.ts'
import type { LogSink } from '../../local/support/log-sink.ts'
import type { FunctionPlan, Plan } from '../../local/template/plan.ts'
import { mapping } from '../build/mapping.ts'
import { fakeFunction, folder, later, until } from './bundles.ts'
import { said, scriptedSqs, silence } from './scripted-sqs.ts'

function recordingSink() {
  const lines: string[] = []
  const sink: LogSink = {
    line: (source, text) => lines.push(`${source} wrote ${text}`),
    say: (source, text) => lines.push(`${source}: ${text}`),
    close: async () => {},
  }
  return { sink, lines }
}

describe('the event sources of a fleet', () => {
  const source = (target: FunctionName, queueName: string, more: Partial<Plan['mappings'][number]> = {}) => ({
    ...mapping,
    ...{ uuid: `to-${target}`, target, queueUrl: `http://127.0.0.1:9/0/${queueName}`, batchSize: 4, ...more },
  })
  const planOf = (mappings: Plan['mappings'], functions: FunctionPlan[]): Plan => ({
    ...{ queues: [], tables: [], schedules: [], urls: [], outputs: {}, mappings, functions },
  })

  it('receive as their own function, each as enabled as it was left, and follow a change of their own mapping only', async () => {
    const sqs = {
      submit: await scriptedSqs(() => silence),
      collect: await scriptedSqs(() => silence),
      own: await scriptedSqs(),
    }
    const file = `${folder()}/mappings.json`
    const sources = [source('submit', 'tasks'), source('collect', 'polls', { batchSize: 1, maximumConcurrency: null })]
    const last = new Mappings(file, sources)
    for (const { uuid } of sources) last.setEnabled(uuid, false)
    const mappings = new Mappings(file, sources)
    const functions = (['submit', 'collect'] as const).map((name) => fakeFunction('', { name }))
    const { sink } = recordingSink()
    const pools = makeFunctionPools(functions, () => ({}), sink)
    const clients = {
      asFunction: (name: FunctionName) => (name === 'submit' ? sqs.submit.client : sqs.collect.client),
      own: sqs.own.client,
    }
    const running = startEventSources(planOf(sources, functions), mappings, clients, pools, sink, NO_LIMITS)
    later(() => running.stop())
    const received = (name: 'submit' | 'collect') =>
      sqs[name].asked.map(({ call, input }) => [call, input.QueueUrl, input.MaxNumberOfMessages])
    mappings.setEnabled('to-collect', true)
    await until('the enabled one receives', () => sqs.collect.asked.length === 1)
    expect(received('collect')).toEqual([['ReceiveMessage', 'http://127.0.0.1:9/0/polls', 1]])
    expect(received('submit')).toEqual([])
    mappings.setEnabled('to-submit', true)
    await until('the other one receives too', () => sqs.submit.asked.length === 1)
    expect(received('submit')).toEqual([['ReceiveMessage', 'http://127.0.0.1:9/0/tasks', 4]])
    await running.stop()
    expect([received('collect').length, sqs.own.asked]).toEqual([1, []])
  })

  it('make the queues of the template again when the engine has lost them', async () => {
    const gone = {
      kind: 'answer',
      status: 400,
      body: '{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}',
      applied: false,
    } as const
    const asFunction = await scriptedSqs(() => gone)
    const own = await scriptedSqs(({ call }) => (call === 'GetQueueUrl' ? gone : said({ QueueUrl: 'x' })))
    const sources = [source('submit', 'tasks')]
    const functions = [fakeFunction('')]
    const { sink, lines } = recordingSink()
    const plan = planOf(sources, functions)
    const queue = { name: 'tasks', url: 'x', arn: 'arn:tasks', attributes: {} }
    const running = startEventSources(
      { ...plan, queues: [queue] },
      new Mappings(`${folder()}/mappings.json`, sources),
      { asFunction: () => asFunction.client, own: own.client },
      makeFunctionPools(functions, () => ({}), sink),
      sink,
      NO_LIMITS,
    )
    later(() => running.stop())
    await until('the queue is made', () => own.asked.some(({ call }) => call === 'CreateQueue'))
    await running.stop()
    expect(own.asked.slice(0, 2).map(({ call, input }) => [call, input.QueueName])).toEqual([
      ['GetQueueUrl', 'tasks'],
      ['CreateQueue', 'tasks'],
    ])
    expect(lines).toEqual([expect.stringMatching(/^submit: messages cannot be received: /)])
  })

  it('are refused where their function is not there', () => {
    const { sink } = recordingSink()
    const sources = [source('submit', 'tasks')]
    const starting = () =>
      startEventSources(
        planOf(sources, []),
        new Mappings(`${folder()}/mappings.json`, sources),
        {
          asFunction: () => {
            throw new Error('asked')
          },
          get own(): never {
            throw new Error('asked')
          },
        },
        {},
        sink,
        NO_LIMITS,
      )
    expect(starting).toThrow('the event source to-submit feeds submit, which is not there')
  })
})

describe('an invocation that did not return', () => {
  it.each<[string, string, Partial<FunctionPlan>, string]>([
    ['throws', "throw new TypeError('first\\nsecond')", {}, 'invocation failed: TypeError: first'],
    [
      'passes its time limit',
      'for (;;);',
      { timeoutSeconds: 0.1 },
      'passed its time limit of 0.1 s and was ended (1 so far)',
    ],
    ['ends its environment', 'process.exit(3)', {}, 'execution environment ended: the execution environment ended'],
    ['cannot be loaded', '', { handler: 'absent' }, 'submit cannot be loaded: '],
  ])('because it %s is told in one line, by the name of the function', async (_, body, options, expected) => {
    const { sink, lines } = recordingSink()
    const pools = makeFunctionPools([fakeFunction(body, options)], () => ({}), sink)
    later(() => pools.submit?.stop(0))
    await pools.submit?.invoke({})
    const told = lines.filter((line) => !line.includes(' wrote '))
    expect(told).toHaveLength(1)
    expect(told[0]?.startsWith(`submit: ${expected}`)).toBe(true)
    expect(told[0]).not.toContain('second')
  })

  it('is cut after 300 characters', async () => {
    const { sink, lines } = recordingSink()
    const pools = makeFunctionPools([fakeFunction("throw new Error('x'.repeat(400))")], () => ({}), sink)
    later(() => pools.submit?.stop(0))
    await pools.submit?.invoke({})
    expect(lines.filter((line) => line.startsWith('submit: '))).toEqual([
      `submit: invocation failed: Error: ${'x'.repeat(300)}`,
    ])
  })
})

it('each function has the environment that is made for it, and what it writes goes to the log under its name', async () => {
  const { sink, lines } = recordingSink()
  const functions = (['submit', 'health'] as const).map((name) => fakeFunction('seen(process.env.OWN)', { name }))
  const pools = makeFunctionPools(functions, ({ name }) => ({ OWN: `of ${name}` }), sink)
  for (const pool of Object.values(pools)) later(() => pool.stop(0))
  await pools.health?.invoke({})
  await pools.submit?.invoke({})
  await until('both wrote', () => lines.length === 2)
  expect(lines).toEqual(['health wrote seen "of health"', 'submit wrote seen "of submit"'])
})
