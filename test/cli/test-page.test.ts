import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { CloudFormationClient, CreateStackCommand, waitUntilStackCreateComplete } from '@aws-sdk/client-cloudformation'
import { ListTopicsCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { describeEngine } from '../engines/engine.ts'
import { ministackEngine } from '../engines/ministack.ts'
import { lifesign } from './scripted-fleet.ts'

const ARN = 'arn:aws:sns:us-east-1:123456789012:pages'
afterEach(() => vi.unstubAllEnvs())

describe('alarm topic has no subscription or cannot be published to', () => {
  let server: Server
  let asked: string[]
  let subscriptions: string[]
  let refuses: boolean
  let sent: Record<string, string>
  beforeEach(async () => {
    asked = []
    subscriptions = []
    refuses = false
    server = createServer(async (request, response) => {
      const body = await new Response(request).text()
      sent = Object.fromEntries(new URLSearchParams(body))
      const { Action: action = '', NextToken = '0' } = sent
      asked.push(action)
      const page = subscriptions.slice(Number(NextToken), Number(NextToken) + PAGE)
      const more = Number(NextToken) + PAGE < subscriptions.length ? `<NextToken>${PAGE}</NextToken>` : ''
      const isRefused = refuses && action === 'Publish'
      response.writeHead(isRefused ? 400 : 200, { 'Content-Type': 'text/xml' })
      response.end(isRefused ? REFUSAL : (ANSWERS[action]?.(page, more) ?? ''))
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${port}`)
  })
  afterEach(() => new Promise((closed) => server.close(closed)))
  const run = () => lifesign(['test-page', '--stage', 'prod'])

  test('detected by a test page, not by an incident: exit code 1 and a sentence, and no page where nobody would get it (row 58)', async () => {
    subscriptions = ['PendingConfirmation', 'PendingConfirmation']
    expect(await run()).toMatchObject({
      code: 1,
      out: [],
      err: [
        'lifesign: an alarm of stage prod reaches nobody: no confirmed subscription; 2 not confirmed yet',
        expect.stringContaining(`aws sns subscribe --topic-arn ${ARN}`),
      ],
    })
    subscriptions = []
    const none = await run()
    expect(none).toMatchObject({
      code: 1,
      err: [expect.stringMatching(/no confirmed subscription$/), expect.anything()],
    })
    expect(asked).toEqual(['DescribeStacks', 'ListSubscriptionsByTopic', 'DescribeStacks', 'ListSubscriptionsByTopic'])
    subscriptions = [`${ARN}:1`]
    refuses = true
    expect(await run()).toMatchObject({
      code: 1,
      out: [],
      err: ['lifesign: the alarm topic of stage prod takes no message: KMSDisabledException: The key is disabled.'],
    })
  })

  test('otherwise one page is sent, and the confirmed subscriptions are counted', async () => {
    subscriptions = [`${ARN}:1`, 'PendingConfirmation', `${ARN}:2`]
    expect(await run()).toEqual({
      code: 0,
      out: ['a test page is sent to 2 confirmed subscriptions; 1 not confirmed yet'],
      err: [],
    })
    expect(asked).toEqual(['DescribeStacks', 'ListSubscriptionsByTopic', 'Publish'])
  })

  test('a subscription that its owner ended is none, and one on a later page of the list is one', async () => {
    subscriptions = ['Deleted', 'PendingConfirmation']
    expect(await run()).toMatchObject({
      code: 1,
      err: [expect.stringMatching(/; 1 not confirmed yet$/), expect.anything()],
    })
    subscriptions = [...Array(100).fill('Deleted'), `${ARN}:1`]
    asked = []
    expect(await run()).toEqual({ code: 0, out: ['a test page is sent to 1 confirmed subscription'], err: [] })
    expect(asked).toEqual(['DescribeStacks', 'ListSubscriptionsByTopic', 'ListSubscriptionsByTopic', 'Publish'])
    expect(sent).toMatchObject({ TopicArn: ARN, Subject: 'Lifesign test page: stage prod' })
    expect(sent.Message).toContain('Nothing is wrong.')
  })

  test('the fleet on this machine pages nobody, which is bad usage', async () => {
    const local = await lifesign(['test-page'])
    expect(local).toMatchObject({
      code: 2,
      err: ['lifesign: --stage is needed: the fleet on this machine pages nobody'],
    })
    expect(asked).toEqual([])
  })
})

/** SNS lists so many at a time. */
const PAGE = 100

const ANSWERS: Record<string, (subscriptions: readonly string[], more: string) => string> = {
  DescribeStacks: () =>
    `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Lifesign-prod</StackName><CreationTime>2026-11-21T12:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs><member><OutputKey>AlarmTopicArn</OutputKey><OutputValue>${ARN}</OutputValue></member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  ListSubscriptionsByTopic: (subscriptions, more) =>
    `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>${subscriptions
      .map((arn) => `<member><SubscriptionArn>${arn}</SubscriptionArn><Protocol>email</Protocol></member>`)
      .join('')}</Subscriptions>${more}</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`,
  Publish: () => '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
}
const REFUSAL =
  '<ErrorResponse><Error><Type>Sender</Type><Code>KMSDisabled</Code><Message>The key is disabled.</Message></Error></ErrorResponse>'

describeEngine(ministackEngine, (running) => {
  test('a test page arrives at whoever is subscribed to the topic of the stack, and before that it says that nobody is', async () => {
    const { endpoint } = running()
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint)
    const stage = `page-${randomUUID().slice(0, 8)}`
    const StackName = `Lifesign-${stage}`
    const Resources = { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: stage } } }
    const TemplateBody = JSON.stringify({ Resources, Outputs: { AlarmTopicArn: { Value: { Ref: 'Topic' } } } })
    const stacks = new CloudFormationClient({ endpoint })
    await stacks.send(new CreateStackCommand({ StackName, TemplateBody }))
    await waitUntilStackCreateComplete({ client: stacks, maxWaitTime: 30, minDelay: 1 }, { StackName })
    expect(await lifesign(['test-page', '--stage', stage])).toMatchObject({ code: 1, out: [] })

    const [sns, sqs] = [new SNSClient({ endpoint }), new SQSClient({ endpoint, useQueueUrlAsEndpoint: false })]
    const { Topics = [] } = await sns.send(new ListTopicsCommand({}))
    const TopicArn = Topics.find((topic) => topic.TopicArn?.endsWith(stage))?.TopicArn
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: stage }))
    const found = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: found.Attributes?.QueueArn }))
    expect(await lifesign(['test-page', '--stage', stage])).toEqual({
      code: 0,
      out: ['a test page is sent to 1 confirmed subscription'],
      err: [],
    })
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 2 }))
    expect(Messages.map(({ Body = '' }) => Body)).toEqual([expect.stringContaining('This is a test page of Lifesign')])
  })
})
