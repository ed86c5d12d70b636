import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Aws, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { FleetQueues } from './fleet-queues.ts'

const LOOK = ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes']
const TAKE = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', ...LOOK]

/**
 * What somebody outside the fleet may do, as policies to attach, so that a client is not given `sqs:*`. They grant
 * nothing to anybody until they are attached.
 */
export class ClientPolicies extends Construct {
  /** Sends tasks. */
  readonly producer: ManagedPolicy
  /** Takes results. */
  readonly consumer: ManagedPolicy
  /** Looks after the fleet: reads dead letters and poll messages, moves dead letters back. */
  readonly operator: ManagedPolicy

  constructor(scope: Construct, id: string, { tasks, polls, results, deadLetters }: FleetQueues) {
    super(scope, id)
    const policy = (id: string, name: string, description: string, ...statements: PolicyStatement[]) =>
      new ManagedPolicy(this, id, {
        managedPolicyName: `${Stack.of(this).stackName}-${name}`,
        description: `Lifesign: ${description}`,
        statements,
      })
    this.producer = policy('Producer', 'producer', 'send tasks', may([tasks], 'sqs:SendMessage', ...LOOK))
    this.consumer = policy('Consumer', 'consumer', 'take results', may([results], ...TAKE))
    this.operator = policy(
      'Operator',
      'operator',
      'read dead letters and poll messages, move dead letters back',
      may([deadLetters], ...TAKE),
      // A poll message that is deleted is a paid task that nobody looks at any more.
      may([polls], 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', ...LOOK),
      may([tasks], 'sqs:SendMessage', ...LOOK),
      new PolicyStatement({ actions: ['cloudformation:DescribeStacks'], resources: [Aws.STACK_ID] }),
    )
  }

  /** An operator reads what SNS could not deliver, and deletes what is read. */
  grantReadUndelivered(queue: Queue, key: Key): void {
    this.operator.addStatements(
      may([queue], ...TAKE),
      new PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] }),
    )
  }
}

const may = (queues: Queue[], ...actions: string[]): PolicyStatement =>
  new PolicyStatement({ actions, resources: queues.map(({ queueArn }) => queueArn) })
