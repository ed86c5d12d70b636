import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { provisionQueues, provisionTable } from '../../local/lambda/provision.ts'
import { startFaultyProxy } from '../engines/faulty-proxy.ts'
import { later } from './bundles.ts'
import { failed, said, scriptedSqs } from './scripted-sqs.ts'

const queue = (name: string, attributes: Record<string, string>) => ({
  ...{ name, attributes, url: `http://q/${name}`, arn: `arn:${name}` },
})
const absent = failed('QueueDoesNotExist')

describe('the queues of the template', () => {
  it('are created where they are missing, dead-letter queues before those that name them, and told by name', async () => {
    const { client, asked } = await scriptedSqs(({ call }) =>
      call === 'GetQueueUrl' ? absent : said({ QueueUrl: 'x' }),
    )
    const redrive = { RedrivePolicy: '{"deadLetterTargetArn":"arn:dead"}', DelaySeconds: '0' }
    const made = await provisionQueues(client, [queue('tasks', redrive), queue('dead', {}), queue('results', {})])
    expect(made).toEqual(['dead', 'results', 'tasks'])
    expect(asked.filter(({ call }) => call !== 'GetQueueUrl')).toEqual([
      { call: 'CreateQueue', input: { QueueName: 'dead', Attributes: {} } },
      { call: 'CreateQueue', input: { QueueName: 'results', Attributes: {} } },
      { call: 'CreateQueue', input: { QueueName: 'tasks', Attributes: redrive } },
    ])
  })

  it('that are there get the attributes that differ and no others; the order of the keys of a policy does not count', async () => {
    const found = {
      ...{ VisibilityTimeout: '30', DelaySeconds: '0', MaximumMessageSize: '1' },
      RedrivePolicy: '{"maxReceiveCount":3,"deadLetterTargetArn":"arn:dead"}',
    }
    const { client, asked } = await scriptedSqs(({ call }) =>
      call === 'GetQueueUrl' ? said({ QueueUrl: 'http://q/tasks' }) : said({ Attributes: found }),
    )
    const RedrivePolicy = '{"deadLetterTargetArn":"arn:dead","maxReceiveCount":3}'
    const wanted = { VisibilityTimeout: '30', DelaySeconds: '0', RedrivePolicy }
    const changes = async (attributes: Record<string, string>) => {
      asked.length = 0
      expect(await provisionQueues(client, [queue('tasks', attributes)])).toEqual([])
      return asked.flatMap(({ call, input }) => (call === 'SetQueueAttributes' ? [input] : []))
    }
    expect(await changes(wanted)).toEqual([])
    const other = RedrivePolicy.replace('3', '4')
    expect(
      await changes({ ...wanted, VisibilityTimeout: '66', RedrivePolicy: other, ReceiveMessageWaitTimeSeconds: '20' }),
    ).toEqual([
      {
        QueueUrl: 'http://q/tasks',
        Attributes: { VisibilityTimeout: '66', RedrivePolicy: other, ReceiveMessageWaitTimeSeconds: '20' },
      },
    ])
  })

  it('are not created where SQS refuses to say whether they are there', async () => {
    const { client, asked } = await scriptedSqs(() => failed('AccessDenied'))
    await expect(provisionQueues(client, [queue('tasks', {})])).rejects.toThrow('no')
    expect(asked.map(({ call }) => call)).toEqual(['GetQueueUrl'])
  })
})

describe('the table of the template', () => {
  const table = {
    name: 'things',
    attributeTypes: { pk: 'S', n: 'N' },
    keys: [
      { attribute: 'pk', type: 'HASH' },
      { attribute: 'n', type: 'RANGE' },
    ],
  }
  const schema = (...names: string[]) =>
    names.map((AttributeName, nth) => ({ AttributeName, KeyType: nth === 0 ? 'HASH' : 'RANGE' }))

  /** Each answer in turn; a text is the type of an error. */
  async function provisioned(answers: (string | object)[]) {
    const proxy = await startFaultyProxy('http://127.0.0.1:9')
    const created: unknown[] = []
    proxy.fate = ({ call, body }) => {
      if (call === 'CreateTable') created.push(JSON.parse(body.toString()))
      const answer = answers.shift()
      return typeof answer === 'string' ? failed(answer) : said({ Table: answer })
    }
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
    const client = new DynamoDBClient({ endpoint: proxy.endpoint, region: 'us-east-1', maxAttempts: 1, credentials })
    later(async () => {
      client.destroy()
      await proxy.stop()
    })
    const problem = await provisionTable(client, table).catch((error: Error) => error.message)
    return { problem, created, calls: proxy.calls }
  }

  it('is created with its keys where it is missing, and awaited until it is active', async () => {
    const active = { TableStatus: 'ACTIVE' }
    const { problem, created, calls } = await provisioned([
      ...['ResourceNotFoundException', {}, { TableStatus: 'CREATING' }, active],
    ])
    expect(problem).toBeUndefined()
    expect(calls).toEqual(['DescribeTable', 'CreateTable', 'DescribeTable', 'DescribeTable'])
    expect(created).toEqual([
      {
        ...{ TableName: 'things', BillingMode: 'PAY_PER_REQUEST', KeySchema: schema('pk', 'n') },
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'n', AttributeType: 'N' },
        ],
      },
    ])
  })

  it('is asked a hundred times whether it is active, and then it is a problem in one sentence', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const passing = setInterval(() => vi.advanceTimersByTime(50), 1)
    onTestFinished(() => {
      clearInterval(passing)
      vi.useRealTimers()
    })
    const creating = Array.from({ length: 120 }, () => ({ TableStatus: 'CREATING' }))
    const { problem, calls } = await provisioned(['ResourceNotFoundException', {}, ...creating])
    expect(problem).toBe('the table things did not become active')
    expect(calls.filter((call) => call === 'DescribeTable')).toHaveLength(101)
  })

  it('is left as it is where it has the same keys', async () => {
    const { problem, calls } = await provisioned([{ KeySchema: schema('pk', 'n') }])
    expect([problem, calls]).toEqual([undefined, ['DescribeTable']])
  })

  it.each([
    [['n', 'pk'], 'n HASH, pk RANGE'],
    [['pk'], 'pk HASH'],
  ])('is refused in one sentence where it has the keys %j', async (names, found) => {
    const { problem, calls } = await provisioned([{ KeySchema: schema(...names) }])
    expect(problem).toBe(
      `the table things has other keys (${found}) than this version's (pk HASH, n RANGE): ` +
        'start with an empty data folder (LIFESIGN_DATA), or delete the table',
    )
    expect(calls).toEqual(['DescribeTable'])
  })

  it('is not created where the engine refuses to say whether it is there', async () => {
    const { problem, calls } = await provisioned(['AccessDeniedException'])
    expect([problem, calls]).toEqual(['no', ['DescribeTable']])
  })
})
