import { createServer } from 'node:http'
import { userInfo } from 'node:os'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { awsCaller, callerOf } from '../../bin/commands/fleet/caller.ts'
import { Queue } from '../../bin/commands/fleet/queue.ts'
import { targetOf } from '../../bin/commands/fleet/target.ts'
import { listen, urlOf } from '../../local/support/listen.ts'
import { loopbackAws } from '../stores/loopback-aws.ts'
import { lifesign } from './scripted-fleet.ts'

const IN_FRANKFURT = 'https://sqs.eu-central-1.amazonaws.com/1/tasks'

test.each([
  [{ 'queue-url': IN_FRANKFURT }, 'eu-central-1', null],
  [{ 'queue-url': IN_FRANKFURT, region: 'eu-west-1' }, 'eu-west-1', null],
  [{ 'result-queue-url': IN_FRANKFURT }, 'eu-central-1', null],
  [{ table: 'mine', region: 'eu-west-1' }, 'eu-west-1', null],
  [{ stage: 'prod', region: 'eu-west-1' }, 'eu-west-1', null],
  [{ 'queue-url': 'http://127.0.0.1:9324/0/tasks' }, 'us-east-1', '127.0.0.1:9324'],
  [{ 'queue-url': 'http://localhost/0/tasks', region: 'eu-west-1' }, 'us-east-1', 'localhost'],
  [{ 'queue-url': 'http://127.20.30.254:80/0/tasks' }, 'us-east-1', '127.20.30.254'],
  [{ 'queue-url': 'http://[::1]:9324/0/tasks' }, 'us-east-1', '[::1]:9324'],
  [{ 'queue-url': 'http://notlocalhost:9324/0/tasks', region: 'eu-west-1' }, 'eu-west-1', null],
  [{ 'queue-url': 'http://127.0.0.1.example.com/0/tasks', region: 'eu-west-1' }, 'eu-west-1', null],
  [{ 'queue-url': 'https://my.sqs.eu-west-1.amazonaws.com/1/tasks' }, 'us-east-1', null],
  [{ 'queue-url': 'https://queues.example/1/tasks' }, 'us-east-1', null],
  [{}, 'us-east-1', '127.0.0.1:4100'],
])(
  'a fleet that is named with %o is asked in %s, at the address %s of this machine',
  async (flags, region, address) => {
    const { sqs } = targetOf(flags, { LIFESIGN_SQS_PORT: '4100' })
    expect(await sqs.config.region()).toBe(region)
    const endpoint = await sqs.config.endpoint?.()
    expect(endpoint === undefined ? null : [endpoint.hostname, endpoint.port ?? []].flat().join(':')).toBe(address)
    sqs.destroy()
  },
)

test.each(['0', '65536', '1.5', '-1', 'x'])('the port %j is refused before anything is asked, code 2', async (port) => {
  expect(await lifesign(['dead-letters'], { env: { LIFESIGN_SQS_PORT: port } })).toEqual({
    code: 2,
    out: [],
    err: ['lifesign: LIFESIGN_SQS_PORT must be a port number from 1 to 65535'],
  })
})

/** AWS's APIs that answer with XML: each action's answer, and what was asked. */
async function xmlAws(answers: Record<string, string>) {
  const asked: Record<string, string>[] = []
  const server = createServer(async (request, response) => {
    const sent = Object.fromEntries(new URLSearchParams(Buffer.concat(await request.toArray()).toString()))
    const [, Region = ''] = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? []
    asked.push({ ...sent, Region })
    response.setHeader('content-type', 'text/xml')
    response.end(answers[sent.Action ?? ''])
  })
  const url = urlOf(await listen(server, { what: 'the server of the test', port: 0, variable: 'none' }))
  vi.stubEnv('AWS_ENDPOINT_URL', url)
  onTestFinished(() => {
    vi.unstubAllEnvs()
    server.closeAllConnections()
    server.close()
  })
  return asked
}
const stacksWith = (members: string) =>
  `<DescribeStacksResponse><DescribeStacksResult>${members}</DescribeStacksResult></DescribeStacksResponse>`
const outputsOf = (outputs: Record<string, string>) => {
  const listed = Object.entries(outputs).map(
    ([name, value]) => `<member><OutputKey>${name}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  )
  return stacksWith(`<Stacks><member><Outputs>${listed.join('')}</Outputs></member></Stacks>`)
}

describe('a deployed fleet', () => {
  const OUTPUTS = {
    TaskQueueUrl: 'https://sqs/tasks',
    PollQueueUrl: 'https://sqs/polls',
    ResultQueueUrl: 'https://sqs/results',
    DeadLetterQueueUrl: 'https://sqs/letters',
    TableName: 'the-table',
    ApiKeySecretArn: 'arn:secret',
    AlarmTopicArn: 'arn:topic',
    HealthUrl: 'https://health.example/base//',
  }

  test('is found by the outputs of its stack, which are read once, when the first of them is needed', async () => {
    const asked = await xmlAws({ DescribeStacks: outputsOf(OUTPUTS) })
    const target = targetOf({ stage: 'prod' }, {})
    expect([target.name, target.flags, asked.length]).toEqual(['stage prod', ' --stage prod', 0])
    const queues = ['tasks', 'polls', 'results', 'deadLetters'] as const
    expect(await Promise.all(queues.map((name) => target.queue(name)))).toEqual([
      ...['https://sqs/tasks', 'https://sqs/polls', 'https://sqs/results', 'https://sqs/letters'],
    ])
    expect((await target.table())?.name).toBe('the-table')
    expect((await target.secret())?.arn).toBe('arn:secret')
    expect((await target.alarmTopic()).arn).toBe('arn:topic')
    expect(await target.health()).toBe('https://health.example/base')
    expect(asked).toMatchObject([{ Action: 'DescribeStacks', StackName: 'Lifesign-prod' }])
  })

  test('is asked in the region that is given, which a command that is told to a person names too', async () => {
    await xmlAws({ DescribeStacks: outputsOf(OUTPUTS) })
    const target = targetOf({ stage: 'prod', region: 'eu-west-1' }, {})
    expect(target.flags).toBe(' --stage prod --region eu-west-1')
    const clients = [
      (await target.table())?.client,
      (await target.secret())?.client,
      (await target.alarmTopic()).client,
    ]
    expect(await Promise.all(clients.map((client) => client?.config.region()))).toEqual(Array(3).fill('eu-west-1'))
    expect(await Promise.all(clients.map((client) => client?.config.maxAttempts()))).toEqual([2, 3, 3])
  })

  test.each([
    ['an output', outputsOf({ TableName: 'the-table' })],
    ['outputs', stacksWith('<Stacks><member></member></Stacks>')],
    ['a stack', stacksWith('<Stacks></Stacks>')],
    ['stacks', stacksWith('')],
  ])('that lacks %s is one sentence', async (_, answer) => {
    await xmlAws({ DescribeStacks: answer })
    await expect(targetOf({ stage: 'prod' }, {}).queue('tasks')).rejects.toThrow(
      /^stack Lifesign-prod has no output TaskQueueUrl$/,
    )
  })

  test.each([{ 'queue-url': IN_FRANKFURT }, { table: 'mine' }, { 'queue-url': IN_FRANKFURT, table: 'mine' }])(
    'is not named by its stage and by %o as well',
    (flags) => {
      expect(() => targetOf({ stage: 'prod', ...flags }, {})).toThrow(
        '--stage finds queues and table by itself: leave the URLs and --table out',
      )
    },
  )

  test.each([
    ['<Arn>arn:aws:sts::1:assumed-role/ops/anna</Arn>', 'ops/anna'],
    ['<Arn>arn:aws:iam::1:user/assumed-role/a:b</Arn>', 'user/assumed-role/a:b'],
    ['', 'unknown'],
  ])('knows its caller as AWS does (%s): %s', async (arn, name) => {
    const answer = `<GetCallerIdentityResponse><GetCallerIdentityResult>${arn}</GetCallerIdentityResult></GetCallerIdentityResponse>`
    const asked = await xmlAws({ GetCallerIdentity: answer })
    expect(await targetOf({ stage: 'prod' }, {}).caller()).toBe(name)
    expect(await targetOf({ 'queue-url': IN_FRANKFURT }, {}).caller()).toBe(name)
    expect(await awsCaller({})).toBe(name)
    expect(asked.map(({ Action, Region }) => [Action, Region])).toEqual(
      ['us-east-1', 'eu-central-1', 'us-east-1'].map((region) => ['GetCallerIdentity', region]),
    )
  })

  test('names a caller by the end of a long name', () => {
    expect(callerOf(`arn:aws:sts::1:assumed-role/${'r'.repeat(64)}/anna`)).toBe(`${'r'.repeat(59)}/anna`)
  })
})

describe('a fleet that is named by URLs', () => {
  const URLS = {
    'queue-url': IN_FRANKFURT,
    'result-queue-url': 'https://sqs.eu-central-1.amazonaws.com/1/results',
    'dead-letter-queue-url': 'https://sqs.eu-central-1.amazonaws.com/1/letters',
    'poll-queue-url': 'https://sqs.eu-central-1.amazonaws.com/1/polls',
  }

  test('has each queue under its own flag, and the same flags again for a person', async () => {
    const target = targetOf({ ...URLS, table: 'mine', region: 'eu-west-1' }, {})
    const queues = ['tasks', 'results', 'deadLetters', 'polls'] as const
    expect(await Promise.all(queues.map((name) => target.queue(name)))).toEqual(Object.values(URLS))
    const told = Object.entries(URLS).map(([flag, url]) => ` --${flag} ${url}`)
    expect(target.flags).toBe(`${told.join('')} --region eu-west-1 --table mine`)
    expect(target.name).toBe('sqs.eu-central-1.amazonaws.com')
    expect((await target.table())?.name).toBe('mine')
    expect(await target.secret()).toBeNull()
  })

  test('lacks what is not named, and says which flag or that there is none', async () => {
    const target = targetOf({ 'queue-url': IN_FRANKFURT }, {})
    expect(target.flags).toBe(` --queue-url ${IN_FRANKFURT}`)
    expect(await target.table()).toBeNull()
    await expect(target.queue('deadLetters')).rejects.toThrow('--dead-letter-queue-url is needed beside the other URLs')
    await expect(target.health()).rejects.toThrow('queue URLs do not tell where the health views are: say --url')
    await expect(target.alarmTopic()).rejects.toThrow('only a deployed stack has an alarm topic: say --stage')
    expect(() => targetOf({ 'poll-queue-url': 'nonsense' }, {})).toThrow('--poll-queue-url is not a URL')
  })

  test('may be a table alone', async () => {
    const target = targetOf({ table: 'mine' }, {})
    expect([target.name, target.flags, (await target.table())?.name]).toEqual(['the table', ' --table mine', 'mine'])
  })

  test('on this machine is called by the user of the machine', async () => {
    expect(await targetOf({ 'queue-url': 'http://127.0.0.1:9324/0/tasks' }, {}).caller()).toBe(userInfo().username)
  })
})

describe('the fleet of npm start', () => {
  test('is found by its ports, and has neither a secret nor a topic', async () => {
    const target = targetOf({}, { LIFESIGN_PORT: '8099', LIFESIGN_DYNAMODB_PORT: '8001' })
    expect([target.name, target.flags, await target.health()]).toEqual(['the local fleet', '', 'http://127.0.0.1:8099'])
    expect(await targetOf({}, { LIFESIGN_PORT: '' }).health()).toBe('http://127.0.0.1:8080')
    const table = await target.table()
    expect(table?.name).toBe('lifesign')
    expect((await table?.client.config.endpoint?.())?.port).toBe(8001)
    expect([await target.secret(), await target.caller()]).toEqual([null, userInfo().username])
    await expect(target.alarmTopic()).rejects.toThrow('only a deployed stack has an alarm topic: say --stage')
    await expect(targetOf({}, { LIFESIGN_PORT: 'x' }).health()).rejects.toThrow(/^LIFESIGN_PORT must be a port number/)
  })

  test('is asked at its port, whatever host the URL of a queue names', async () => {
    const { url, asked } = await loopbackAws()
    const { sqs } = targetOf({}, { LIFESIGN_SQS_PORT: new URL(url).port })
    expect(await new Queue(sqs, 'http://127.0.0.1:9/0/tasks').receive(0, 1)).toEqual([])
    expect(asked.map(({ operation }) => operation)).toEqual(['ReceiveMessage'])
  })

  test('that lacks a queue, or does not run, says so by its name', async () => {
    const { url, asked } = await loopbackAws()
    const { port } = new URL(url)
    await expect(targetOf({}, { LIFESIGN_SQS_PORT: port }).queue('polls')).rejects.toThrow(
      /^the local fleet has no queue lifesign-polls$/,
    )
    expect(asked).toEqual([{ operation: 'GetQueueUrl', body: { QueueName: 'lifesign-polls' } }])
    await expect(targetOf({}, { LIFESIGN_SQS_PORT: '9' }).queue('polls')).rejects.toThrow(
      /^the local fleet: nothing answers there/,
    )
  })
})
