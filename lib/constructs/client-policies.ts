import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Aws, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { FleetQueues } from './fleet-queues.ts'
import type { FleetTable } from './fleet-table.ts'

const LOOK = ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes']
const TAKE = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', ...LOOK]

/**
 * Policies to attach to roles outside the fleet, so that a client does not get `sqs:*`. They grant nothing until they
 * are attached.
 */
export class ClientPolicies extends Construct {
  /** May send tasks. */
  readonly producer: ManagedPolicy
  /** May receive results. */
  readonly consumer: ManagedPolicy
  /** May read dead letters and poll messages, move dead letters back, and pause the fleet. */
  readonly operator: ManagedPolicy

  constructor(scope: Construct, id: string, { queues, data }: { queues: FleetQueues; data: FleetTable }) {
    super(scope, id)
    const { tasks, polls, results, deadLetters } = queues
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
      'read dead letters and poll messages, move dead letters back, pause the fleet',
      may([deadLetters], ...TAKE),
      // No permission to delete: a deleted poll message is a paid task that is never polled again.
      may([polls], 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', ...LOOK),
      may([tasks], 'sqs:SendMessage', ...LOOK),
      new PolicyStatement(data.pausing),
      new PolicyStatement({ actions: ['cloudformation:DescribeStacks'], resources: [Aws.STACK_ID] }),
    )
  }

  /** An operator may read the pages that SNS could not deliver, and delete them. */
  grantReadUndelivered(queue: Queue, key: Key): void {
    this.operator.addStatements(
      may([queue], ...TAKE),
      new PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] }),
    )
  }
}

const may = (queues: Queue[], ...actions: string[]): PolicyStatement =>
  new PolicyStatement({ actions, resources: queues.map(({ queueArn }) => queueArn) })
