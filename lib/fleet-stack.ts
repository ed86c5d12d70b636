import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { FunctionName } from '../functions/contract/functions.ts'
import { workerTimeoutSeconds } from '../functions/contract/limits.ts'
import type { Settings } from '../functions/contract/settings.ts'
import { LOCAL_STAGE, OUTPUT, stackName } from '../functions/contract/stack.ts'
import { type Concurrency, concurrencyOf } from './concurrency.ts'
import { AlarmTopic } from './constructs/alarm-topic.ts'
import { ClientPolicies } from './constructs/client-policies.ts'
import { FirstSweep } from './constructs/first-sweep.ts'
import { FleetAlarms } from './constructs/fleet-alarms.ts'
import { FleetFunction } from './constructs/fleet-function.ts'
import { FleetMetrics } from './constructs/fleet-metrics.ts'
import { FleetQueues } from './constructs/fleet-queues.ts'
import { FleetTable } from './constructs/fleet-table.ts'
import { ProviderAccess } from './constructs/provider-access.ts'
import { PublicUrl } from './constructs/public-url.ts'
import { SweepSchedule } from './constructs/sweep-schedule.ts'
import { settingsOutputs } from './deployed-settings.ts'
import type { FleetProps } from './fleet-props.ts'
import { STAGES } from './stages.ts'

/** The whole system: its resources, the event sources between them, and the permissions. */
export class FleetStack extends Stack {
  readonly workers: FleetFunction[] = []
  private readonly fleet: FleetProps
  private readonly concurrency: Concurrency
  private readonly workerTimeoutSeconds: number
  private readonly queues: FleetQueues
  private readonly data: FleetTable
  private readonly providers: ProviderAccess
  private readonly metrics: FleetMetrics
  private readonly policies: ClientPolicies

  constructor(scope: Construct, fleet: FleetProps) {
    super(scope, stackName(fleet.stage), {
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
    this.policies = new ClientPolicies(this, 'Policies', { queues: this.queues, data: this.data })

    this.addWorkers()
    this.addSweep()
    this.addAlarms(this.addHealth())
    this.addClientPolicies()
    this.addOutputs()
  }

  /** A task is paid for once and then has a message in the poll queue until it is settled. */
  private addWorkers(): void {
    const { queues, concurrency } = this
    const submit = this.worker('submit', 'Pays for tasks', concurrency.reserved.worker)
    const collect = this.worker('collect', 'Asks for answers and settles tasks', concurrency.reserved.worker)
    queues.consumeTasksWith(submit, concurrency.sources.submit)
    queues.consumePollsWith(collect, concurrency.sources.collect)
    queues.denyOtherReceivers(this.fleet.stage, collect)
    this.data.grantClaim(submit)
    for (const worker of [submit, collect]) {
      this.grantSettle(worker)
      this.data.grantAdmission(worker)
      queues.grantSendTasks(worker)
      queues.grantSendPolls(worker)
      queues.grantDeadLetter(worker)
    }
    if (this.fleet.settings.pingback) this.addPingback(submit)
  }

  /** The provider's callback is a hint that saves polls. */
  private addPingback(submit: FleetFunction): void {
    const pingback = this.worker(
      'pingback',
      "Takes the provider's callbacks as hints",
      this.concurrency.reserved.pingback,
    )
    const url = `${new PublicUrl(this, 'PingbackUrl', pingback).url}pingback`
    this.grantSettle(pingback)
    this.data.grantAdmission(pingback)
    submit.setEnv('pingbackUrl', url)
    this.output(OUTPUT.pingbackUrl, url)
  }

  /** The sweep makes the verdict; the health views and the alarms read it. */
  private addSweep(): void {
    const { queues, fleet } = this
    const sweep = this.worker('sweep', 'Judges the health of the fleet', null, sweepTimeLimit(fleet.settings))
    new SweepSchedule(this, 'Sweep', { sweep, sweepSeconds: fleet.settings.sweepSeconds })
    this.data.grantSweep(sweep)
    this.providers.grantCall(sweep)
    this.metrics.grantPublish(sweep)
    queues.grantCountTasks(sweep)
    queues.grantCountPolls(sweep)
    queues.grantCountDeadLetters(sweep)
    queues.grantGate(sweep)
    if (STAGES[fleet.like].sweepAtDeploy) new FirstSweep(this, 'First', { sweep, after: [sweep, this.data, queues] })
  }

  /** Returns the address of the health views. */
  private addHealth(): string {
    const health = this.worker(
      'health',
      'Shows the health of the fleet',
      this.concurrency.reserved.health,
      DEEP_SECONDS,
    )
    this.data.grantReadRecord(health)
    this.data.grantReadHistory(health)
    this.data.grantKeepDeepRuns(health)
    this.providers.grantCall(health)
    this.queues.grantCountTasks(health)
    const { url } = new PublicUrl(this, 'HealthUrl', health)
    this.output(OUTPUT.healthUrl, url)
    const { healthToken, stage } = this.fleet
    if (healthToken !== undefined && stage === LOCAL_STAGE) health.setEnv('healthToken', healthToken)
    return url
  }

  private addAlarms(healthUrl: string): void {
    const { metrics, workers, fleet } = this
    const { pagesSomebody, keepsUndelivered } = STAGES[fleet.like]
    const { topic, key, undelivered } = new AlarmTopic(this, 'Pages', { ...fleet, keepsUndelivered })
    if (pagesSomebody && fleet.alarmEmail === undefined)
      Annotations.of(this).addWarningV2('lifesign:nobodyToPage', NOBODY_TO_PAGE)
    const { sweepSeconds } = fleet.settings
    const watched = { topic, metrics, workers, sweepSeconds, undelivered, healthUrl }
    new FleetAlarms(this, 'Alarms', { ...watched, pagesOnce: pagesSomebody })
    if (undelivered !== null) this.policies.grantReadUndelivered(undelivered.queue, key)
    this.output(OUTPUT.alarmTopicArn, topic.topicArn)
  }

  /** Policies that clients and operators attach to their own roles. */
  private addClientPolicies(): void {
    const { producer, consumer, operator } = this.policies
    this.output(OUTPUT.producerPolicyArn, producer.managedPolicyArn)
    this.output(OUTPUT.consumerPolicyArn, consumer.managedPolicyArn)
    this.output(OUTPUT.operatorPolicyArn, operator.managedPolicyArn)
  }

  private addOutputs(): void {
    this.output(OUTPUT.taskQueueUrl, this.queues.tasks.queueUrl)
    this.output(OUTPUT.pollQueueUrl, this.queues.polls.queueUrl)
    this.output(OUTPUT.resultQueueUrl, this.queues.results.queueUrl)
    this.output(OUTPUT.deadLetterQueueUrl, this.queues.deadLetters.queueUrl)
    this.output(OUTPUT.tableName, this.data.table.tableName)
    this.output(OUTPUT.apiKeySecretArn, this.providers.apiKeys.secretArn)
    for (const [name, value] of Object.entries(settingsOutputs(this.fleet))) this.output(name, value)
  }

  private grantSettle(worker: FleetFunction): void {
    this.data.grantSettle(worker)
    this.providers.grantCall(worker)
    this.queues.grantSendResults(worker)
  }

  private worker(
    name: FunctionName,
    description: string,
    reservedConcurrency: number | null,
    timeoutSeconds = this.workerTimeoutSeconds,
  ): FleetFunction {
    const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}Worker`
    const { fleet } = this
    const worker = new FleetFunction(this, id, { name, description, timeoutSeconds, reservedConcurrency, fleet })
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

/** A deep run with a paid task waits for its solution; every other view answers within 1 s. */
const DEEP_SECONDS = 30

/** A sweep ends before the next one starts, unless one provider call may take most of a minute. */
const sweepTimeLimit = ({ providerTimeoutSeconds }: Settings): number =>
  Math.max(50, Math.ceil(providerTimeoutSeconds) + 30)
