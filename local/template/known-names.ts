import { uuidOf } from '../engines/secret.ts'
import type { KnownNames } from './intrinsics.ts'
import type { Template } from './template.ts'

export const REGION = 'us-east-1'
export const ACCOUNT = '000000000000'

/** Addresses that a template can only refer to. */
interface Addresses {
  sqsUrl: string
  /**
   * The base of every function URL, without a trailing slash. The paths distinguish the functions; see
   * function-urls.ts.
   */
  baseUrl: string
  stackName: string
}

const PSEUDO: Record<string, string> = {
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
}

export const arn = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`

/** The values of `Ref` and `Fn::GetAtt` for the template's resources on this machine. */
export function knownNames(template: Template, addresses: Addresses): KnownNames {
  const name = (id: string, property: string) => {
    const given = template.properties(id)[property]
    return typeof given === 'string' ? given : `${addresses.stackName}-${id}`
  }
  const names: Record<string, (id: string) => { ref: string; attributes: Record<string, string> }> = {
    'AWS::SQS::Queue': (id) => {
      const queue = name(id, 'QueueName')
      const url = `${addresses.sqsUrl}/${ACCOUNT}/${queue}`
      return { ref: url, attributes: { Arn: arn('sqs', queue), QueueName: queue, QueueUrl: url } }
    },
    'AWS::DynamoDB::Table': (id) => {
      const table = name(id, 'TableName')
      return { ref: table, attributes: { Arn: arn('dynamodb', `table/${table}`) } }
    },
    'AWS::Lambda::Function': (id) => {
      const fn = name(id, 'FunctionName')
      return { ref: fn, attributes: { Arn: arn('lambda', `function:${fn}`) } }
    },
    'AWS::Lambda::EventSourceMapping': (id) => {
      const uuid = uuidOf(`mapping:${id}`)
      return {
        ref: uuid,
        attributes: { Id: uuid, EventSourceMappingArn: arn('lambda', `event-source-mapping:${uuid}`) },
      }
    },
    'AWS::Lambda::Url': (id) => ({ ref: id, attributes: { FunctionUrl: `${addresses.baseUrl}/` } }),
    'AWS::SecretsManager::Secret': (id) => ({
      ref: arn('secretsmanager', `secret:${name(id, 'Name')}`),
      attributes: {},
    }),
    'AWS::IAM::Role': (id) => {
      const role = name(id, 'RoleName')
      return { ref: role, attributes: { Arn: `arn:aws:iam::${ACCOUNT}:role/${role}` } }
    },
    'AWS::IAM::ManagedPolicy': (id) => ({
      ref: `arn:aws:iam::${ACCOUNT}:policy/${name(id, 'ManagedPolicyName')}`,
      attributes: {},
    }),
    'AWS::Logs::LogGroup': (id) => {
      const group = name(id, 'LogGroupName')
      return { ref: group, attributes: { Arn: arn('logs', `log-group:${group}:*`) } }
    },
    'AWS::SNS::Topic': (id) => {
      const topic = name(id, 'TopicName')
      return { ref: arn('sns', topic), attributes: { TopicArn: arn('sns', topic), TopicName: topic } }
    },
  }
  const of = (id: string) => names[template.typeOf(id) ?? '']?.(id)
  return {
    ref: (id) => (id === 'AWS::StackName' ? addresses.stackName : PSEUDO[id]) ?? of(id)?.ref,
    attribute: (id, attribute) => of(id)?.attributes[attribute],
  }
}
