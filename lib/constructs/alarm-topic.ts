import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'

/**
 * Where alarms go. Encrypted with a key of our own ($1 a month), because CloudWatch cannot use the one that AWS manages
 * for SNS. The TLS-only policy takes the place of the topic's default one, so CloudWatch is let in by name. Key and topic
 * serve alarms of this account only: the name of the service alone would let in those of any.
 */
export class AlarmTopic extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, id: string, props: { alarmEmail?: string | undefined }) {
    super(scope, id)
    const masterKey = new Key(this, 'Key', {
      description: 'Lifesign: alarm messages at rest',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(7),
    })
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
    if (props.alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(props.alarmEmail))
  }
}

const OWN_ACCOUNT = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } }
const CLOUDWATCH = new ServicePrincipal('cloudwatch.amazonaws.com')
