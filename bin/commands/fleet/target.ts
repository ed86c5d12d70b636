import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { SNSClient } from '@aws-sdk/client-sns'
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import { LOCAL_QUEUES, LOCAL_TABLE, OUTPUT, stackName } from '../../../functions/contract/stack.ts'
import type { QueueName } from '../../../functions/core/message/message.ts'
import { Unreachable, UsageError } from '../cli/exit.ts'
import { awsCaller, localCaller } from './caller.ts'
import { orUnreachable } from './or-unreachable.ts'

/** One fleet. Each part is looked up only when a command asks for it. */
export interface Target {
  /** The name of the fleet for people. */
  name: string
  /** The flags that select this fleet on a command line, with a leading space. */
  flags: string
  sqs: SQSClient
  queue(name: QueueName): Promise<string>
  /** Null if the table is unknown. The client is loaded only when it is needed. */
  table(): Promise<{ client: DynamoDBClient; name: string } | null>
  /** The secret with the API keys; null if it is unknown. The client is loaded only when it is needed. */
  secret(): Promise<{ client: SecretsManagerClient; arn: string } | null>
  /** The base URL of the health views, without a trailing slash. */
  health(): Promise<string>
  /** The topic that the alarms notify; only a deployed stack has one. The client is loaded only when it is needed. */
  alarmTopic(): Promise<{ client: SNSClient; arn: string }>
  /** Who calls, as AWS sees it; on this machine the user of the operating system. */
  caller(): Promise<string>
}

export interface TargetFlags {
  stage?: string | undefined
  region?: string | undefined
  'queue-url'?: string | undefined
  'result-queue-url'?: string | undefined
  'dead-letter-queue-url'?: string | undefined
  'poll-queue-url'?: string | undefined
  table?: string | undefined
}

type EnvVariables = Record<string, string | undefined>
type Connection = { endpoint?: string; region?: string; credentials?: { accessKeyId: string; secretAccessKey: string } }

export function targetOf(flags: TargetFlags, env: EnvVariables): Target {
  const byUrl = URLS.filter(([, flag]) => flags[flag] !== undefined)
  if (flags.stage !== undefined && (byUrl.length > 0 || flags.table !== undefined))
    throw new UsageError('--stage finds queues and table by itself: leave the URLs and --table out')
  if (flags.stage !== undefined) return stageTarget(flags.stage, flags.region)
  return byUrl.length > 0 || flags.table !== undefined ? urlTarget(targetFlags(flags)) : localTarget(env)
}

// ---------------------------------------------------------------- the fleet of `npm start`

function localTarget(env: EnvVariables): Target {
  const sqs = sqsClient(onLoopback(originAt(port(env, 'LIFESIGN_SQS_PORT', 9324))))
  const dynamo = onLoopback(originAt(port(env, 'LIFESIGN_DYNAMODB_PORT', 8000)))
  return {
    name: 'the local fleet',
    flags: '',
    sqs,
    queue: (name) => orUnreachable('the local fleet', () => localQueue(sqs, LOCAL_QUEUES[name])),
    table: async () => ({ client: await dynamoClient(dynamo), name: LOCAL_TABLE }),
    secret: async () => null,
    alarmTopic: noTopic,
    health: async () => originAt(port(env, 'LIFESIGN_PORT', 8080)),
    caller: async () => localCaller(),
  }
}

async function localQueue(sqs: SQSClient, QueueName: string): Promise<string> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }))
  if (QueueUrl === undefined) throw new Unreachable(`the local fleet has no queue ${QueueName}`)
  return QueueUrl
}

const originAt = (port: number): string => `http://127.0.0.1:${port}`

function port(env: EnvVariables, name: string, otherwise: number): number {
  const text = env[name] || String(otherwise)
  const value = Number(text)
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value
  throw new UsageError(`${name} must be a port number from 1 to 65535`)
}

// ---------------------------------------------------------------- a deployed stack

const QUEUE_OUTPUTS: Record<QueueName, string> = {
  tasks: OUTPUT.taskQueueUrl,
  results: OUTPUT.resultQueueUrl,
  deadLetters: OUTPUT.deadLetterQueueUrl,
  polls: OUTPUT.pollQueueUrl,
}

function stageTarget(stage: string, region: string | undefined): Target {
  const name = `stage ${stage}`
  const connection = region === undefined ? {} : { region }
  const sqs = sqsClient(connection)
  let outputs: Promise<Map<string, string>> | undefined
  const output = async (key: string): Promise<string> => {
    outputs ??= orUnreachable(name, () => stackOutputs(stackName(stage), connection))
    const value = (await outputs).get(key)
    if (value === undefined) throw new Unreachable(`stack ${stackName(stage)} has no output ${key}`)
    return value
  }
  return {
    name,
    flags: ` --stage ${stage}${region === undefined ? '' : ` --region ${region}`}`,
    sqs,
    queue: (queue) => output(QUEUE_OUTPUTS[queue]),
    table: async () => ({ client: await dynamoClient(connection), name: await output(OUTPUT.tableName) }),
    secret: async () => ({ client: await secretsClient(connection), arn: await output(OUTPUT.apiKeySecretArn) }),
    alarmTopic: async () => ({ client: await snsClient(connection), arn: await output(OUTPUT.alarmTopicArn) }),
    health: async () => (await output(OUTPUT.healthUrl)).replace(/\/+$/, ''),
    caller: () => awsCaller(connection),
  }
}

async function stackOutputs(StackName: string, connection: Connection): Promise<Map<string, string>> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation')
  const { Stacks } = await new CloudFormationClient(connection).send(new DescribeStacksCommand({ StackName }))
  const outputs = Stacks?.[0]?.Outputs ?? []
  return new Map(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]))
}

// ---------------------------------------------------------------- queues given by URL

const URLS = [
  ['tasks', 'queue-url'],
  ['results', 'result-queue-url'],
  ['deadLetters', 'dead-letter-queue-url'],
  ['polls', 'poll-queue-url'],
] as const

/** The flags of a command that say where the fleet is. */
const targetFlags = ({ region, table, ...flags }: TargetFlags): TargetFlags => ({
  ...Object.fromEntries(URLS.flatMap(([, flag]) => (flags[flag] === undefined ? [] : [[flag, flags[flag]]]))),
  ...(region === undefined ? {} : { region }),
  ...(table === undefined ? {} : { table }),
})

function urlTarget(flags: TargetFlags): Target {
  const given = new Map<QueueName, URL>()
  for (const [name, flag] of URLS) {
    const text = flags[flag]
    if (text === undefined) continue
    if (!URL.canParse(text)) throw new UsageError(`--${flag} is not a URL`)
    given.set(name, new URL(text))
  }
  const first = given.values().next().value
  const connection = first === undefined ? regionOf(flags.region) : connectionOf(first, flags.region)
  return {
    name: first?.host ?? 'the table',
    flags: Object.entries(flags)
      .map(([flag, value]) => ` --${flag} ${value}`)
      .join(''),
    sqs: sqsClient(connection),
    queue: async (name) => {
      const url = given.get(name)
      const flag = URLS.find(([of]) => of === name)?.[1]
      if (url === undefined) throw new UsageError(`--${flag} is needed beside the other URLs`)
      return url.href
    },
    table: async () =>
      flags.table === undefined ? null : { client: await dynamoClient(connection), name: flags.table },
    secret: async () => null,
    alarmTopic: noTopic,
    health: async () => {
      throw new UsageError('queue URLs do not tell where the health views are: say --url')
    },
    caller: () => (connection.endpoint === undefined ? awsCaller(connection) : Promise.resolve(localCaller())),
  }
}

/** An engine on this machine is its own endpoint. AWS's endpoint is found by the region in the URL. */
function connectionOf({ origin, hostname }: URL, region: string | undefined): Connection {
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return onLoopback(origin)
  return regionOf(region ?? /^sqs\.([a-z0-9-]+)\.amazonaws\./.exec(hostname)?.[1])
}

const regionOf = (region: string | undefined): Connection => (region === undefined ? {} : { region })

const onLoopback = (endpoint: string): Connection => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
})

/** Queue URLs of local engines contain invented hosts, so the endpoint replaces the host. */
const sqsClient = (connection: Connection): SQSClient =>
  new SQSClient({ ...connection, useQueueUrlAsEndpoint: false, maxAttempts: 3 })

const noTopic = async (): Promise<never> => {
  throw new UsageError('only a deployed stack has an alarm topic: say --stage')
}

async function snsClient(connection: Connection): Promise<SNSClient> {
  const { SNSClient } = await import('@aws-sdk/client-sns')
  return new SNSClient({ ...connection, maxAttempts: 3 })
}

async function dynamoClient(connection: Connection): Promise<DynamoDBClient> {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
  return new DynamoDBClient({ ...connection, maxAttempts: 2 })
}

async function secretsClient(connection: Connection): Promise<SecretsManagerClient> {
  const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
  return new SecretsManagerClient({ ...connection, maxAttempts: 3 })
}
