import { describe, expect, it } from 'vitest'
import { at, listAt, resourceOf, resourcesOf, templateOf } from './synthesized-fleet.ts'

const full = templateOf('prod', { alarmEmail: 'on-call@example.test' })
const queue = resourceOf(full, 'AWS::SQS::Queue', 'PagesUndelivered')
const topic = resourceOf(full, 'AWS::SNS::Topic', 'Pages')
const key = resourceOf(full, 'AWS::KMS::Key', 'Pages')
const queueArn = { 'Fn::GetAtt': [queue.id, 'Arn'] }
const keyArn = { 'Fn::GetAtt': [key.id, 'Arn'] }

const policyOf = (template: typeof full, queueId: string) => {
  const policies = resourcesOf(template, 'AWS::SQS::QueuePolicy')
  return policies
    .filter(({ properties }) => at(properties, 'Queues', 0, 'Ref') === queueId)
    .flatMap(({ properties }) => listAt(properties, 'PolicyDocument', 'Statement'))
}

describe('a page', () => {
  it('goes to an address where one is given, and to the queue when it cannot be delivered', () => {
    const subscriptions = resourcesOf(full, 'AWS::SNS::Subscription').map(({ properties }) => properties)
    expect(subscriptions).toEqual([
      {
        Protocol: 'email',
        Endpoint: 'on-call@example.test',
        TopicArn: { Ref: topic.id },
        RedrivePolicy: { deadLetterTargetArn: queueArn },
      },
    ])
    expect(resourcesOf(templateOf('dev'), 'AWS::SNS::Subscription')).toEqual([])
  })

  it('that is undelivered may be written to the queue by this topic, with the key, and by nobody without TLS', () => {
    expect(queue.properties).toMatchObject({ KmsMasterKeyId: keyArn, MessageRetentionPeriod: 1_209_600 })
    const statements = policyOf(full, queue.id)
    expect(statements).toContainEqual({
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Principal: { Service: 'sns.amazonaws.com' },
      Resource: queueArn,
      Condition: { ArnEquals: { 'aws:SourceArn': { Ref: topic.id } } },
    })
    expect(statements).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    )
    const ofKey = listAt(key.properties, 'KeyPolicy', 'Statement')
    const forSns = ofKey.find((one) => at(one, 'Principal', 'Service') === 'sns.amazonaws.com')
    expect(forSns).toMatchObject({ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] })
    expect(JSON.stringify(at(forSns, 'Condition', 'ArnLike', 'aws:SourceArn'))).toContain('AWS::AccountId')
  })

  it('that is undelivered sets off an alarm until somebody has looked at it, and may be read by an operator', () => {
    expect(resourceOf(full, 'AWS::CloudWatch::Alarm', 'AlarmsUndeliveredPages').properties).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue.id, 'QueueName'] } }],
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      DatapointsToAlarm: 1,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    })
    const operator = resourceOf(full, 'AWS::IAM::ManagedPolicy', 'PoliciesOperator').properties
    const statements = listAt(operator, 'PolicyDocument', 'Statement')
    expect(statements).toContainEqual({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: keyArn })
    const ofQueue = statements.find((one) => JSON.stringify(at(one, 'Resource')).includes(JSON.stringify(queueArn)))
    expect(at(ofQueue, 'Action')).toContain('sqs:ReceiveMessage')
  })

  it('is kept wherever it may be delivered, so also for a subscription that a person makes; locally there is none', () => {
    expect(resourceOf(templateOf('dev'), 'AWS::SQS::Queue', 'PagesUndelivered')).toBeDefined()
    const local = templateOf('local')
    expect(resourcesOf(local, 'AWS::SQS::Queue').filter(({ id }) => id.startsWith('Pages'))).toEqual([])
    expect(resourcesOf(local, 'AWS::CloudWatch::Alarm').filter(({ id }) => id.includes('Undelivered'))).toEqual([])
  })
})
