import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { type FunctionName, LOCAL_STAGE, type Settings, workerTimeoutSeconds } from '../functions/contract.ts'
import type { Bundles } from './bundle.ts'
import { type Concurrency, concurrencyOf } from './concurrency.ts'
import { AlarmTopic } from './constructs/alarm-topic.ts'
import { ClientPolicies } from './constructs/client-policies.ts'
import { FirstSweep } from './constructs/first-sweep.ts'
import { FleetAlarms } from './constructs/fleet-alarms.ts'
import { FleetMetrics } from './constructs/fleet-metrics.ts'
import { ProviderAccess } from './constructs/provider-access.ts'
import { PublicUrl } from './constructs/public-url.ts'
import { FleetQueues } from './constructs/queues.ts'
import { SweepSchedule } from './constructs/sweep-schedule.ts'
import { FleetTable } from './constructs/table.ts'
import { WorkerFunction } from './constructs/worker-function.ts'
import { settingsOutputs } from './deployed-settings.ts'
import type { FleetOptions } from './settings.ts'
import { STAGES } from './stages.ts'

export interface FleetProps extends FleetOptions {
  /** Bearer token of the protected health views. Local only: no template of the cloud may hold it. */
  healthToken?: string | undefined
  version: string
  /** Function → folder of its bundle. */
  bundles: Bundles
}

/** The picture of the system: what there is, what feeds what, and who may do what. */
export class FleetStack extends Stack {
  readonly workers: WorkerFunction[] = []
  private readonly fleet: FleetProps
  private readonly concurrency: Concurrency
  private readonly workerTimeoutSeconds: number
  private readonly queues: FleetQueues
  private readonly data: FleetTable
  private readonly providers: ProviderAccess
  private readonly metrics: FleetMetrics
  private readonly policies: ClientPolicies

  constructor(scope: Construct, fleet: FleetProps) {
    super(scope, `Lifesign-${fleet.stage}`, {
      description: 'Lifesign: solves tasks through a paid provider and tells the truth about its own health',
      terminationProtection: STAGES[fleet.like].keepData,
    })
    const { settings } = fleet
    const stage = STAGES[fleet.like]
    this.fleet = fleet
    this.concurrency = concurrencyOf(fleet.like, settings)
    this.workerTimeoutSeconds = workerTimeoutSeconds(settings.providerTimeoutSeconds)

    this.queues = new FleetQueues(this, 'Queues', { ...stage, workerTimeoutSeconds: this.workerTimeoutSeconds })
    this.data = new FleetTable(this, 'Data', stage)
    this.providers = new ProviderAccess(this, 'Providers', { ...fleet, ...stage })
    this.metrics = new FleetMetrics({ fleet: fleet.stage, sweepSeconds: settings.sweepSeconds })
    this.policies = new ClientPolicies(this, 'Policies', this.queues)

    this.solve()
    this.judge()
    this.show()
    this.page()
    this.serveClients()
    this.tellAddresses()
  }

  /** A task is paid for once, and then has a message in the poll queue until it is settled. */
  private solve(): void {
    const { queues, concurrency } = this
    const submit = this.worker('submit', 'Pays for tasks', concurrency.reserved.worker)
    const collect = this.worker('collect', 'Asks for answers and settles tasks', concurrency.reserved.worker)
    queues.feedTasksTo(submit, concurrency.sources.submit)
    queues.feedPollsTo(collect, concurrency.sources.collect)
    queues.letCountPolls(submit)
    queues.keepFromStrangers(this.fleet.stage, collect)
    this.data.letClaim(submit)
    const { spendPerHour, spendPerDay, pingback } = this.fleet.settings
    if (spendPerHour !== null || spendPerDay !== null) this.data.letReserveSpend(submit)
    for (const worker of [submit, collect]) {
      this.letSettle(worker)
      queues.letSendTasks(worker)
      queues.letSendPolls(worker)
      queues.letDeadLetter(worker)
    }
    if (pingback) this.takeHints(submit)
  }

  /** The provider's callback is a hint that saves looking. */
  private takeHints(submit: WorkerFunction): void {
    const pingback = this.worker(
      'pingback',
      "Takes the provider's callbacks as hints",
      this.concurrency.reserved.pingback,
    )
    const url = `${new PublicUrl(this, 'PingbackUrl', pingback).url}pingback`
    this.letSettle(pingback)
    submit.tell('pingbackUrl', url)
    this.output('PingbackUrl', url)
  }

  /** The sweep judges; what it finds is read by the health views and by the alarms. */
  private judge(): void {
    const { queues, fleet } = this
    const sweep = this.worker('sweep', 'Judges the health of the fleet', null, sweepTimeLimit(fleet.settings))
    new SweepSchedule(this, 'Sweep', { sweep, sweepSeconds: fleet.settings.sweepSeconds })
    this.data.letJudge(sweep)
    this.providers.letCall(sweep)
    this.metrics.letPublish(sweep)
    queues.letCountTasks(sweep)
    queues.letCountPolls(sweep)
    queues.letCountDeadLetters(sweep)
    if (STAGES[fleet.like].sweepAtDeploy) new FirstSweep(this, 'First', { sweep, after: [sweep, this.data, queues] })
  }

  private show(): void {
    const health = this.worker('health', 'Shows the health of the fleet', this.concurrency.reserved.health, 5)
    this.data.letReadRecord(health)
    this.providers.letKnowBackup(health)
    this.providers.letReadSecret(health)
    this.output('HealthUrl', new PublicUrl(this, 'HealthUrl', health).url)
    const { healthToken, stage } = this.fleet
    if (healthToken !== undefined && stage === LOCAL_STAGE) health.tell('healthToken', healthToken)
  }

  private page(): void {
    const { metrics, workers, fleet } = this
    const { pagesSomebody, keepsUndelivered } = STAGES[fleet.like]
    const { topic, key, undelivered } = new AlarmTopic(this, 'Pages', { ...fleet, keepsUndelivered })
    if (pagesSomebody && fleet.alarmEmail === undefined)
      Annotations.of(this).addWarningV2('lifesign:nobodyToPage', NOBODY_TO_PAGE)
    const { sweepSeconds } = fleet.settings
    new FleetAlarms(this, 'Alarms', { topic, metrics, workers, sweepSeconds, undelivered })
    if (undelivered !== null) this.policies.letReadUndelivered(undelivered.queue, key)
    this.output('AlarmTopicArn', topic.topicArn)
  }

  /** What clients and operators attach to their own roles. */
  private serveClients(): void {
    const { producer, consumer, operator } = this.policies
    this.output('ProducerPolicyArn', producer.managedPolicyArn)
    this.output('ConsumerPolicyArn', consumer.managedPolicyArn)
    this.output('OperatorPolicyArn', operator.managedPolicyArn)
  }

  private tellAddresses(): void {
    this.output('TaskQueueUrl', this.queues.tasks.queueUrl)
    this.output('PollQueueUrl', this.queues.polls.queueUrl)
    this.output('ResultQueueUrl', this.queues.results.queueUrl)
    this.output('DeadLetterQueueUrl', this.queues.deadLetters.queueUrl)
    this.output('TableName', this.data.table.tableName)
    this.output('ApiKeySecretArn', this.providers.apiKeys.secretArn)
    for (const [name, value] of Object.entries(settingsOutputs(this.fleet))) this.output(name, value)
  }

  private letSettle(worker: WorkerFunction): void {
    this.data.letSettle(worker)
    this.providers.letCall(worker)
    this.queues.letSendResults(worker)
  }

  private worker(
    name: FunctionName,
    description: string,
    reservedConcurrency: number | null,
    timeoutSeconds = this.workerTimeoutSeconds,
  ): WorkerFunction {
    const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}Worker`
    const { fleet } = this
    const worker = new WorkerFunction(this, id, { name, description, timeoutSeconds, reservedConcurrency, fleet })
    this.workers.push(worker)
    return worker
  }

  private output(name: string, value: string): void {
    new CfnOutput(this, `Output${name}`, { value }).overrideLogicalId(name)
  }
}

const NOBODY_TO_PAGE =
  'alarmEmail is not set: alarms go to a topic that nobody has subscribed to. Set it, or subscribe what pages people ' +
  'to the topic of the output AlarmTopicArn after the deploy.'

/** Ends before the next sweep starts, unless one provider call may take most of a minute by itself. */
const sweepTimeLimit = ({ providerTimeoutSeconds }: Settings): number =>
  Math.max(50, Math.ceil(providerTimeoutSeconds) + 30)
