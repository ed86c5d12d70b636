import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { listIn, queueNameOf, readAnswer, sqsAnswer, withBody } from '../../local/aws/json-answer.ts'
import { startAwsLimits } from '../../local/aws/start-aws-limits.ts'
import { makeRequestCounts } from '../../local/engines/request-counts.ts'
import { readArguments } from '../../local/settings/arguments.ts'
import { NO_LIMITS } from '../../local/settings/aws-limits.ts'
import { folderProblem } from '../../local/support/data-folder.ts'
import { listenTarget } from '../../local/support/listen-targets.ts'
import { isNoForeignName, isOwnHost } from '../../local/support/own-host.ts'
import { requestedUrl } from '../../local/support/requested-url.ts'
import { queuePlan, shaped, tablePlan, Url } from '../../local/template/resources.ts'
import { turnsUntil } from '../turns-until.ts'
import { until } from './bundles.ts'
import { caller } from './gateway/gateway-before.ts'
import { said, scriptedSqs } from './scripted-sqs.ts'
import { sqsInProcess } from './sqs-in-process.ts'

describe('the Host of a request', () => {
  it.each<[string | undefined, boolean, boolean]>([
    ['127.0.0.1:9325', true, true],
    ['localhost:9325', true, true],
    ['LocalHost:9325', true, true],
    ['[::1]:9325', true, true],
    ['127.0.0.1:9324', false, true],
    ['127.0.0.1', false, true],
    ['127.0.0.1:93250', false, true],
    ['127.0.0.2:9325', false, true],
    ['10.0.0.1:9325', false, true],
    ['queue.localhost:9325', false, true],
    ['localhost.attacker.example:9325', false, false],
    ['notlocalhost:9325', false, false],
    ['attacker.example:9325', false, false],
    ['127.0.0.1.attacker.example:9325', false, false],
    ['', false, false],
    [undefined, false, true],
  ])('%s is our own: %s; is no foreign name: %s', (host, own, known) => {
    expect([isOwnHost(host, 9325), isNoForeignName(host)]).toEqual([own, known])
  })
})

it.each([
  ['/a/b?c=d', '/a/b?c=d'],
  ['//', '//'],
  ['//host/path', '//host/path'],
  ['*', '/'],
  ['http://attacker.example/x', '/'],
  [undefined, '/'],
])('the target %s of a request is the path %s of this machine', (url, expected) => {
  const { host, pathname, search } = requestedUrl(url === undefined ? {} : { url })
  expect([host, pathname + search]).toEqual(['127.0.0.1', expected])
})

it.each<[string, unknown, string]>([
  [
    'is locked',
    Object.assign(new Error('no'), { code: 'LEVEL_LOCKED' }),
    'is in use by another process: stop that one',
  ],
  [
    'is locked, as the cause says',
    new Error('not open', { cause: Object.assign(new Error('no'), { code: 'LEVEL_LOCKED' }) }),
    'is in use by another process: stop that one',
  ],
  ['has a lock file', new Error('IO error: lock /data/LOCK: busy'), 'is in use by another process: stop that one'],
  ['cannot be written', new Error('EACCES: no'), 'cannot be used (EACCES: no): mend it'],
  ['cannot be opened, by its cause', new Error('x', { cause: new Error('full') }), 'cannot be used (full): mend it'],
])('a data folder that %s is told in one sentence, with exit code 1 and what to do', (_, error, why) => {
  const problem = folderProblem('/data', error)
  expect(problem.message).toBe(`the data folder /data ${why}, or choose another with LIFESIGN_DATA`)
  expect(problem.exitCode).toBe(1)
})

it('every listener has its own port, name and variable', () => {
  const ports = { health: 1, sqs: 2, dynamodb: 3, simulator: 4, control: 5 }
  const names = ['health', 'sqs', 'dynamodb', 'simulator', 'control'] as const
  expect(names.map((name) => listenTarget(ports, name))).toEqual([
    { what: 'health', port: 1, variable: 'LIFESIGN_PORT' },
    { what: 'SQS', port: 2, variable: 'LIFESIGN_SQS_PORT' },
    { what: 'DynamoDB', port: 3, variable: 'LIFESIGN_DYNAMODB_PORT' },
    { what: 'provider simulator', port: 4, variable: 'LIFESIGN_SIMULATOR_PORT' },
    { what: 'control', port: 5, variable: 'LIFESIGN_CONTROL_PORT' },
  ])
})

describe('the arguments of npm start', () => {
  it.each([
    [[], {}, false],
    [['--verbose'], {}, true],
    [
      ['-c', 'a=1', '--verbose', '--context', 'b=2', '-cc=3', '--context=d=4'],
      { a: '1', b: '2', c: '3', d: '4' },
      true,
    ],
    [['-c', 'a=1', '-c', 'a=2'], { a: '2' }, false],
    [['-c', 'a=b=c', '-c', 'd='], { a: 'b=c', d: '' }, false],
  ])('%j give the settings %j, all lines on the console: %s', (argv, context, verbose) => {
    const read = readArguments(argv)
    expect([{ ...read.context }, read.verbose]).toEqual([context, verbose])
  })

  it.each([
    [['-c'], '-c needs name=value'],
    [['-c', '=1'], '-c needs name=value, not =1'],
    [['-c', 'a'], '-c needs name=value, not a'],
    [['-v'], 'unknown argument -v; settings are given as: npm start -- -c name=value'],
  ])('%j are refused: %s', (argv, message) => {
    expect(() => readArguments(argv)).toThrow(expect.objectContaining({ message, exitCode: 2 }))
  })
})

it('the calls of an engine are counted by their operation, and what names none is not counted', () => {
  const counts = makeRequestCounts()
  for (const target of ['AmazonSQS.SendMessage', 'x.y.SendMessage', 'GetItem', 'x.', '', undefined, ['a.B']])
    counts.count(target)
  expect(counts.read()).toEqual({ SendMessage: 2, GetItem: 1 })
})

describe('an answer of SQS between the engine and the function', () => {
  const answer = (body: string, status = 200) => ({ status, headers: { a: 'b' }, body: Buffer.from(body) })
  it.each([
    ['an object', answer('{"a":"ü"}'), { a: 'ü' }],
    ['an error', answer('{"a":1}', 400), undefined],
    ['a list', answer('[]'), undefined],
    ['no JSON', answer('<a/>'), undefined],
  ])('is read where it is %s', (_, given, expected) => {
    expect(readAnswer(given)).toEqual(expected)
  })

  it('is made with the length of its bytes, and changed without another change', () => {
    expect(sqsAnswer({ a: 'ü' })).toEqual({
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.0', 'content-length': '10' },
      body: Buffer.from('{"a":"ü"}'),
    })
    expect(withBody(answer('x', 207), { b: 1 })).toEqual(answer('{"b":1}', 207))
  })

  it('holds records in its lists, and a queue by the last part of its URL', () => {
    expect([listIn([{ a: 1 }, 'b', null, [2]]), listIn({ a: 1 }), listIn(undefined)]).toEqual([[{ a: 1 }], [], []])
    expect(['http://x/000/work', 'work', undefined, 7].map(queueNameOf)).toEqual(['work', 'work', '', ''])
  })
})

describe('the limits of AWS', () => {
  const url = 'http://127.0.0.1:9/000000000000/work'
  const queue = { name: 'work', url, arn: 'arn:work', attributes: { VisibilityTimeout: '7' } }

  it('are only loop detection unless more is asked for, and then the queues are not asked for their counts', async () => {
    const { client, asked } = await scriptedSqs()
    const made = [NO_LIMITS, { ...NO_LIMITS, throttle: true }, { ...NO_LIMITS, inFlightMessages: 5 }].map((limits) =>
      startAwsLimits(limits, { queues: [queue] }, client),
    )
    for (const { stop } of made) stop()
    expect(made.map(({ interceptors }) => interceptors.length)).toEqual([1, 1, 2])
    expect(asked).toEqual([])
  })

  it('with lagging counts read the counts of each queue from the engine every two seconds, by its own URL', async () => {
    const { client, asked } = await scriptedSqs(() => said({ Attributes: { ApproximateNumberOfMessages: '3' } }))
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const limits = { ...NO_LIMITS, lag: true, inFlightMessages: 1 }
      const { interceptors, stop } = startAwsLimits(limits, { queues: [queue] }, client)
      expect(interceptors).toHaveLength(3)
      vi.advanceTimersByTime(1999)
      expect(vi.getTimerCount()).toBe(1)
      vi.advanceTimersByTime(1)
      await until('the first sample', () => asked.length > 0)
      stop()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
    expect(asked).toEqual([{ call: 'GetQueueAttributes', input: { QueueUrl: url, AttributeNames: ['All'] } }])
  })
})

describe('the limits of AWS as they are put together', () => {
  const queue = (name: string, attributes: Record<string, string>) => ({
    ...{ name, attributes, url: `http://127.0.0.1:9/000000000000/${name}`, arn: `arn:${name}` },
  })
  const queues = [queue('slow', { VisibilityTimeout: '90', MessageRetentionPeriod: '7' }), queue('plain', {})]

  it('hide a received message for as long as its own queue says, and for 30 s where it says nothing', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: 1_000_000 })
    onTestFinished(() => void vi.useRealTimers())
    const { client } = sqsInProcess(() => ({}))
    const { interceptors, stop } = startAwsLimits({ ...NO_LIMITS, inFlightMessages: 1 }, { queues }, client)
    onTestFinished(stop)
    const limit = interceptors.at(-1)
    const receive = async (name: string) => {
      const input = { QueueUrl: `http://127.0.0.1:9/000000000000/${name}`, MaxNumberOfMessages: 10 }
      const body = Buffer.from(JSON.stringify(input))
      const said = limit?.({
        ...{ caller, service: 'sqs', operation: 'ReceiveMessage', method: 'POST', path: '/', headers: {}, body, input },
      })
      await vi.advanceTimersByTimeAsync(1000)
      const passed = await said
      if (passed?.kind !== 'change') return passed?.kind
      await passed.answer?.({ status: 200, headers: {}, body: Buffer.from('{"Messages":[{"ReceiptHandle":"a"}]}') })
      return passed.kind
    }
    expect([await receive('slow'), await receive('plain')]).toEqual(['change', 'change'])
    await vi.advanceTimersByTimeAsync(29_000)
    expect([await receive('plain'), await receive('plain')]).toEqual(['answer', 'change'])
    await vi.advanceTimersByTimeAsync(57_000)
    expect([await receive('slow'), await receive('slow')]).toEqual(['answer', 'change'])
  })

  it('go on sampling after a queue could not be read', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const { client, asked } = sqsInProcess(() => 'AccessDenied')
    const { stop } = startAwsLimits({ ...NO_LIMITS, lag: true }, { queues }, client)
    const urls: unknown[] = []
    for (let samples = 1; samples <= 2; samples += 1) {
      vi.advanceTimersByTime(2000)
      await turnsUntil(() => asked.length === 2 * samples)
    }
    urls.push(...asked.map(({ input }) => input.QueueUrl))
    const both = queues.map(({ url }) => url)
    expect(urls).toEqual([...both, ...both])
    stop()
    vi.advanceTimersByTime(60_000)
    for (let turns = 0; turns < 50; turns += 1) await new Promise(setImmediate)
    expect(asked).toHaveLength(4)
  })
})

describe('the plan of a resource', () => {
  it('has the attributes of a queue that the engine knows, all as text, and its name from its ARN', () => {
    const properties = {
      ...{
        QueueName: 'x',
        VisibilityTimeout: 66,
        DelaySeconds: 0,
        MaximumMessageSize: 1024,
        SqsManagedSseEnabled: true,
      },
      ...{ MessageRetentionPeriod: 1_209_600, ReceiveMessageWaitTimeSeconds: 20, Tags: [] },
      RedrivePolicy: { deadLetterTargetArn: 'arn:d', maxReceiveCount: 3 },
      RedriveAllowPolicy: { redrivePermission: 'denyAll' },
    }
    const at = { url: 'http://q', arn: 'arn:aws:sqs:us-east-1:000000000000:work' }
    expect(queuePlan(properties, at)).toEqual({
      ...at,
      name: 'work',
      attributes: {
        ...{ VisibilityTimeout: '66', DelaySeconds: '0', MaximumMessageSize: '1024' },
        ...{ MessageRetentionPeriod: '1209600', ReceiveMessageWaitTimeSeconds: '20' },
        RedrivePolicy: '{"deadLetterTargetArn":"arn:d","maxReceiveCount":3}',
        RedriveAllowPolicy: '{"redrivePermission":"denyAll"}',
      },
    })
    expect(queuePlan({}, at).attributes).toEqual({})
  })

  it('has the keys of a table in their order, and the types of their attributes', () => {
    const properties = {
      AttributeDefinitions: [
        { AttributeName: 'n', AttributeType: 'N' },
        { AttributeName: 'pk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'n', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }
    expect(tablePlan('Table', 'things', properties)).toEqual({
      name: 'things',
      attributeTypes: { n: 'N', pk: 'S' },
      keys: [
        { attribute: 'pk', type: 'HASH' },
        { attribute: 'n', type: 'RANGE' },
      ],
    })
  })

  it('is refused by the name of the resource and of the property that is wrong', () => {
    expect(() => shaped(Url, 'HealthUrl', { TargetFunctionArn: 7 })).toThrow(
      /^the template's HealthUrl: TargetFunctionArn .+/,
    )
    expect(() => tablePlan('Table', 'things', { AttributeDefinitions: [] })).toThrow(
      /^the template's Table: KeySchema .+/,
    )
  })
})
