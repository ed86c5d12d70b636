import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { EventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs'
import { Duration, Names, RemovalPolicy, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { ENV } from '../../functions/contract/env.ts'
import { EVENT_SOURCES } from '../../functions/contract/event-sources.ts'
import { LIMITS, visibilitySeconds } from '../../functions/contract/limits.ts'
import { LOCAL_QUEUES, OPERATOR_TAG } from '../../functions/contract/stack.ts'
import type { FleetFunction } from './fleet-function.ts'

/**
 * The queues. Tasks wait in `tasks`; `polls` holds one message for each task that is being solved; clients receive from
 * `results`; `deadLetters` holds what a person must look at, and keeps it longer than every queue that it came from.
 */
export class FleetQueues extends Construct {
  readonly tasks: Queue
  readonly polls: Queue
  readonly results: Queue
  readonly deadLetters: Queue
  private intake: EventSourceMapping | undefined

  constructor(
    scope: Construct,
    id: string,
    props: { physicalNames: boolean; keepData: boolean; workerTimeoutSeconds: number },
  ) {
    super(scope, id)
    const queue = (id: string, name: keyof typeof LOCAL_QUEUES, own: QueueProps) =>
      new Queue(this, id, {
        ...(props.physicalNames ? { queueName: LOCAL_QUEUES[name] } : {}),
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        // Receives without a wait time of their own are long polls; an empty answer costs as much as a full one.
        receiveMessageWaitTime: Duration.seconds(20),
        maxMessageSizeBytes: LIMITS.messageBytes,
        removalPolicy: props.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
        ...own,
      })
    const visibilityTimeout = Duration.seconds(visibilitySeconds(props.workerTimeoutSeconds))
    const retentionPeriod = Duration.days(4)
    const worked = (maxReceiveCount: number): QueueProps => ({
      visibilityTimeout,
      retentionPeriod,
      // The fleet itself refuses messages that are too large for a task, with a result and a dead letter. So the queue
      // accepts nearly all that SQS accepts, and every accepted message still fits into the dead-letter queue together
      // with its id and reason.
      maxMessageSizeBytes: LIMITS.messageBytes - LIMITS.attributeBytes,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount },
    })
    this.deadLetters = queue('DeadLetters', 'deadLetters', { retentionPeriod: Duration.days(14) })
    this.tasks = queue('Tasks', 'tasks', worked(LIMITS.taskMaxReceiveCount))
    this.polls = queue('Polls', 'polls', worked(LIMITS.pollMaxReceiveCount))
    this.results = queue('Results', 'results', { retentionPeriod })
    const ofClients =
      'Results belong to the clients that read them; one that they cannot use is no task to look at or move back.'
    Validations.of(this.results).acknowledge(
      { id: 'AwsSolutions::AwsSolutions-SQS3', reason: ofClients },
      { id: 'Serverless::Serverless-SQSRedrivePolicy', reason: ofClients },
    )
    Validations.of(this.deadLetters).acknowledge({
      id: 'Serverless::Serverless-SQSRedrivePolicy',
      reason: 'It is the dead-letter queue; nothing is processed from it but by a person.',
    })
  }

  /** Tasks are received at once. Under load the batches fill up by themselves, to the ten messages of one receive. */
  consumeTasksWith(worker: FleetFunction, maxConcurrency: number): void {
    this.intake = feed(this.tasks, worker, EVENT_SOURCES.submit, maxConcurrency)
    worker.setEnv('maxReceiveCount', `${LIMITS.taskMaxReceiveCount}`)
  }

  /**
   * A poll message is received when its poll is due. Gathering more than one receive would need a batching window of up
   * to 20 s.
   */
  consumePollsWith(worker: FleetFunction, maxConcurrency: number): void {
    feed(this.polls, worker, EVENT_SOURCES.collect, maxConcurrency)
    worker.addPermission({ actions: ['sqs:ChangeMessageVisibility'], resources: [this.polls.queueArn] })
  }

  /**
   * Denies receiving poll messages and dead letters to everybody else, whatever their own policies allow (decision
   * 0013). Only receiving is denied, so whoever may change the queue can always change this policy too. AWS services
   * are exempt, and Lambda receives with the role of the function that it calls, so no deploy can lock out an event
   * source.
   */
  denyOtherReceivers(operatorOf: string, collect: FleetFunction): void {
    keep(this.polls, operatorOf, [collect.role.roleArn])
    keep(this.deadLetters, operatorOf, [])
  }

  /**
   * Allows opening and shutting the gate: enabling and disabling the event source of submit, and nothing else of it.
   */
  grantGate(worker: FleetFunction): void {
    if (this.intake === undefined) throw new Error('no function consumes the tasks yet')
    worker.setEnv('intakeMappingId', this.intake.eventSourceMappingId)
    worker.addPermission({
      actions: ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
      resources: [this.intake.eventSourceMappingArn],
    })
  }

  grantSendTasks = (worker: FleetFunction) => grantSend(worker, this.tasks, 'taskQueueUrl')
  grantSendPolls = (worker: FleetFunction) => grantSend(worker, this.polls, 'pollQueueUrl')
  grantSendResults = (worker: FleetFunction) => grantSend(worker, this.results, 'resultQueueUrl')
  grantDeadLetter = (worker: FleetFunction) => grantSend(worker, this.deadLetters, 'deadLetterQueueUrl')

  grantCountTasks = (worker: FleetFunction) => grantCount(worker, this.tasks, 'taskQueueUrl')
  grantCountPolls = (worker: FleetFunction) => grantCount(worker, this.polls, 'pollQueueUrl')
  grantCountDeadLetters = (worker: FleetFunction) => grantCount(worker, this.deadLetters, 'deadLetterQueueUrl')
}

/**
 * The maximum concurrency keeps messages in the queue that throttling would turn into dead letters. `Enabled` is left
 * unset: the gate and an operator's pause change it, and a deploy must not undo them.
 */
function feed(
  queue: Queue,
  worker: FleetFunction,
  { batchSize, windowSeconds }: { batchSize: number; windowSeconds: number },
  maxConcurrency: number,
): EventSourceMapping {
  const mapping = worker.lambda.addEventSourceMapping(`SqsEventSource:${Names.nodeUniqueId(queue.node)}`, {
    eventSourceArn: queue.queueArn,
    batchSize,
    maxBatchingWindow: Duration.seconds(windowSeconds),
    maxConcurrency,
    reportBatchItemFailures: true,
  })
  Validations.of(worker.lambda).acknowledge({
    id: 'Serverless::Serverless-LambdaEventSourceMappingDestination',
    reason:
      'What fails again and again goes to the dead-letter queue of the queue itself; destinations are for streams.',
  })
  worker.addPermission({ actions: POLLING, resources: [queue.queueArn] })
  return mapping
}

/**
 * The permissions that Lambda needs to receive with the function's role. The CDK's own event source adds two that
 * nothing uses.
 */
const POLLING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']

function keep(queue: Queue, operatorOf: string, roles: string[]): void {
  const denied = new PolicyStatement({
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['sqs:ReceiveMessage'],
    resources: [queue.queueArn],
    conditions: {
      Bool: { 'aws:PrincipalIsAWSService': 'false' },
      StringNotEquals: { [`aws:PrincipalTag/${OPERATOR_TAG}`]: operatorOf },
      ...(roles.length === 0 ? {} : { ArnNotEquals: { 'aws:PrincipalArn': roles } }),
    },
  })
  queue.addToResourcePolicy(denied)
}

function grantSend(worker: FleetFunction, queue: Queue, address: keyof typeof ENV): void {
  worker.setEnv(address, queue.queueUrl)
  worker.addPermission({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] })
}

function grantCount(worker: FleetFunction, queue: Queue, address: keyof typeof ENV): void {
  worker.setEnv(address, queue.queueUrl)
  worker.addPermission({ actions: ['sqs:GetQueueAttributes'], resources: [queue.queueArn] })
}
