import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Arn, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { MetricView } from './fleet-metrics.ts'

/**
 * Pages that SNS could not deliver to a subscriber. Without this queue SNS drops them after the last retry, and no
 * trace of the page is left. SNS writes only to a queue whose key allows it.
 */
export class UndeliveredPages extends Construct {
  readonly queue: Queue

  constructor(scope: Construct, id: string, { key, topic }: { key: Key; topic: ITopic }) {
    super(scope, id)
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      receiveMessageWaitTime: Duration.seconds(20),
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [SNS],
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': topic.topicArn } },
      }),
    )
    // The condition cannot name the topic: the topic is encrypted with this key, so each would have to be created
    // before the other.
    const ownTopics = Arn.format({ service: 'sns', resource: '*' }, Stack.of(this))
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [SNS],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        conditions: { ArnLike: { 'aws:SourceArn': ownTopics } },
      }),
    )
    const reason = 'It is the dead-letter queue of the alarm topic; people read it, and nothing is processed from it.'
    Validations.of(this.queue).acknowledge(
      { id: 'AwsSolutions::AwsSolutions-SQS3', reason },
      { id: 'Serverless::Serverless-SQSRedrivePolicy', reason },
    )
  }

  /** The number of pages that wait for somebody to read them. */
  get waiting(): MetricView {
    return {
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: this.queue.queueName },
      statistic: 'Maximum',
      periodSeconds: 60,
    }
  }
}

const SNS = new ServicePrincipal('sns.amazonaws.com')
