import { CfnOutput, Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { type FunctionName, type Settings, workerTimeoutSeconds } from '../functions/contract.ts'
import type { Bundles } from './bundle.ts'
import { concurrencyOf } from './concurrency.ts'
import { AlarmTopic } from './constructs/alarm-topic.ts'
import { FleetAlarms } from './constructs/fleet-alarms.ts'
import { FleetMetrics } from './constructs/fleet-metrics.ts'
import { ProviderAccess } from './constructs/provider-access.ts'
import { PublicUrl } from './constructs/public-url.ts'
import { FleetQueues } from './constructs/queues.ts'
import { SweepSchedule } from './constructs/sweep-schedule.ts'
import { FleetTable } from './constructs/table.ts'
import { WorkerFunction } from './constructs/worker-function.ts'
import { STAGES, type StageName } from './stages.ts'

export interface FleetProps {
  stage: StageName
  settings: Settings
  providerUrl?: string | undefined
  backupProviderUrl?: string | undefined
  alarmEmail?: string | undefined
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

  constructor(scope: Construct, fleet: FleetProps) {
    super(scope, `Lifesign-${fleet.stage}`, {
      description: 'Lifesign: solves tasks through a paid provider and tells the truth about its own health',
    })
    this.fleet = fleet
    const { settings } = fleet
    const stage = STAGES[fleet.stage]
    const timeLimit = workerTimeoutSeconds(settings.providerTimeoutSeconds)
    const { reserved, sources } = concurrencyOf(fleet.stage, settings)

    const queues = new FleetQueues(this, 'Queues', { ...stage, workerTimeoutSeconds: timeLimit })
    const data = new FleetTable(this, 'Data', stage)
    const providers = new ProviderAccess(this, 'Providers', { ...fleet, ...stage })
    const metrics = new FleetMetrics({ fleet: fleet.stage, sweepSeconds: settings.sweepSeconds })

    // A task is paid for once, and then has a message in the poll queue until it is settled.
    const submit = this.worker('submit', 'Pays for tasks', timeLimit, reserved.worker)
    queues.feedTasksTo(submit, sources.submit)
    queues.letCountPolls(submit)
    const collect = this.worker('collect', 'Asks for answers and settles tasks', timeLimit, reserved.worker)
    queues.feedPollsTo(collect, sources.collect)
    const settlers = [submit, collect]

    // The provider's callback, where it is wanted, is a hint that saves looking.
    if (settings.pingback) {
      const pingback = this.worker('pingback', "Takes the provider's callbacks as hints", timeLimit, reserved.pingback)
      const { url } = new PublicUrl(this, 'PingbackUrl', pingback)
      submit.tell('pingbackUrl', `${url}pingback`)
      settlers.push(pingback)
      this.output('PingbackUrl', `${url}pingback`)
    }
    for (const worker of [submit, collect]) {
      queues.letSendTasks(worker)
      queues.letSendPolls(worker)
      queues.letDeadLetter(worker)
    }
    for (const worker of settlers) {
      data.letSettle(worker)
      providers.letCall(worker)
      queues.letSendResults(worker)
    }

    // The sweep judges; what it finds is read by the health views and by the alarms.
    const sweep = this.worker('sweep', 'Judges the health of the fleet', sweepTimeLimit(settings), null)
    new SweepSchedule(this, 'Sweep', { sweep, sweepSeconds: settings.sweepSeconds })
    data.letJudge(sweep)
    providers.letCall(sweep)
    metrics.letPublish(sweep)
    queues.letCountTasks(sweep)
    queues.letCountPolls(sweep)
    queues.letCountDeadLetters(sweep)

    const health = this.worker('health', 'Shows the health of the fleet', 5, reserved.health)
    const healthUrl = new PublicUrl(this, 'HealthUrl', health)
    data.letReadRecord(health)
    providers.letKnowBackup(health)
    if (fleet.healthToken !== undefined && fleet.stage === 'local') health.tell('healthToken', fleet.healthToken)

    const { topic } = new AlarmTopic(this, 'Pages', fleet)
    new FleetAlarms(this, 'Alarms', { topic, metrics, sweepSeconds: settings.sweepSeconds, workers: this.workers })

    this.output('TaskQueueUrl', queues.tasks.queueUrl)
    this.output('ResultQueueUrl', queues.results.queueUrl)
    this.output('DeadLetterQueueUrl', queues.deadLetters.queueUrl)
    this.output('PollQueueUrl', queues.polls.queueUrl)
    this.output('HealthUrl', healthUrl.url)
    this.output('TableName', data.table.tableName)
    this.output('AlarmTopicArn', topic.topicArn)
    this.output('ApiKeySecretArn', providers.apiKeys.secretArn)
  }

  private worker(name: FunctionName, description: string, timeoutSeconds: number, reservedConcurrency: number | null) {
    const id = name.charAt(0).toUpperCase() + name.slice(1)
    const props = { name, description, timeoutSeconds, reservedConcurrency, fleet: this.fleet }
    const worker = new WorkerFunction(this, `${id}Worker`, props)
    this.workers.push(worker)
    return worker
  }

  private output(name: string, value: string): void {
    new CfnOutput(this, `Output${name}`, { value }).overrideLogicalId(name)
  }
}

/** Ends before the next sweep starts, unless one provider call may take most of a minute by itself. */
const sweepTimeLimit = ({ providerTimeoutSeconds }: Settings): number =>
  Math.max(50, Math.ceil(providerTimeoutSeconds) + 30)
