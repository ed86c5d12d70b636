import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { UndeliveredPages } from './undelivered-pages.ts'

/**
 * The topic of the alarms. It is encrypted with a key of our own ($1 a month), because CloudWatch cannot use the key
 * that AWS manages for SNS. The TLS-only policy replaces the topic's default policy, so CloudWatch is allowed
 * explicitly. Key and topic accept alarms of this account only: the name of the service alone would allow those of
 * every account.
 */
export class AlarmTopic extends Construct {
  readonly topic: Topic
  readonly key: Key
  /** Null: this stage has nobody to deliver pages to. */
  readonly undelivered: UndeliveredPages | null

  constructor(scope: Construct, id: string, props: { alarmEmail?: string | undefined; keepsUndelivered: boolean }) {
    super(scope, id)
    const masterKey = new Key(this, 'Key', {
      description: 'Lifesign: alarm messages at rest',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(7),
    })
    this.key = masterKey
    masterKey.addToResourcePolicy(
      new PolicyStatement({
        principals: [CLOUDWATCH],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        conditions: OWN_ACCOUNT,
      }),
    )
    this.topic = new Topic(this, 'Topic', { displayName: 'Lifesign alarms', masterKey, enforceSSL: true })
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [CLOUDWATCH],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: OWN_ACCOUNT,
      }),
    )
    this.undelivered = props.keepsUndelivered
      ? new UndeliveredPages(this, 'Undelivered', { key: masterKey, topic: this.topic })
      : null
    if (props.alarmEmail === undefined) return
    const deadLetterQueue = this.undelivered?.queue
    const options = deadLetterQueue === undefined ? {} : { deadLetterQueue }
    this.topic.addSubscription(new EmailSubscription(props.alarmEmail, options))
  }
}

const OWN_ACCOUNT = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } }
const CLOUDWATCH = new ServicePrincipal('cloudwatch.amazonaws.com')
