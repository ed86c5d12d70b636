import { join } from 'node:path'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { LOCAL_QUEUES, LOCAL_STAGE, stackName } from '../functions/contract/stack.ts'
import { startAwsLimits } from './aws/start-aws-limits.ts'
import { makeLocalDynamoClient, makeLocalSqsClient } from './clients.ts'
import { Mappings } from './engines/mappings.ts'
import { type EnginesInUse, useEngines } from './engines/use-engines.ts'
import { openFleetControl } from './fleet-control.ts'
import { startFleetGateway } from './gateway/fleet-gateway.ts'
import { logUnusedRights, type RightsReport } from './gateway/ledger.ts'
import { makeFunctionUrls } from './lambda/function-urls.ts'
import { provisionQueues, provisionTable } from './lambda/provision.ts'
import { resumeTasks } from './lambda/resume-tasks.ts'
import { type ProviderInUse, useProvider } from './provider.ts'
import { runFunctions } from './run-functions.ts'
import type { LocalSettings } from './settings/settings.ts'
import { closeServer, listen, urlOf } from './support/listen.ts'
import { listenTarget } from './support/listen-targets.ts'
import type { LogSink } from './support/log-sink.ts'
import type { Teardown } from './support/teardown.ts'
import { beginSynthesis } from './template/begin-synthesis.ts'
import { ACCOUNT, knownNames } from './template/known-names.ts'
import { type Plan, planFleet } from './template/plan.ts'
import type { Template } from './template/template.ts'

/** A running fleet. */
export interface LocalFleet extends EnginesInUse {
  plan: Plan
  healthUrl: string
  controlUrl: string
  provider: ProviderInUse
  /** The number of tasks of the last run whose poll messages were lost and that are polled again. */
  resumed: number
  /** The rights of each function's role that were used so far, and those that were not. */
  rights(): RightsReport[]
}

/**
 * Starts everything in the template on this machine. What must be undone, now or at the end, is added to `teardown`. A
 * test may change the template, for example to remove a right.
 */
export async function startLocalFleet(
  settings: LocalSettings,
  sink: LogSink,
  teardown: Teardown,
  change: (template: Template) => Template = (template) => template,
): Promise<LocalFleet> {
  const { ports, healthToken } = settings
  // The health port is opened first: if a fleet already runs on it, nothing of that fleet has been touched yet.
  const urls = makeFunctionUrls()
  const healthUrl = urlOf(await listen(urls.server, listenTarget(ports, 'health')))
  teardown.add(() => closeServer(urls.server, 300))
  const synthesis = beginSynthesis()
  teardown.add(synthesis.stop)
  const provider = await useProvider(settings.fleet, settings.keys, listenTarget(ports, 'simulator'))
  teardown.add(provider.stop)
  const control = await openFleetControl(settings, { secret: provider.secret, healthUrl }, teardown)

  const [made, { sqs, dynamodb }] = await Promise.all([
    synthesis.of({ ...provider.fleet, ...(healthToken === undefined ? {} : { healthToken }) }),
    useEngines(settings, teardown),
  ])
  Object.assign(control.shown, { sqs, dynamodb })
  const template = change(made.template)
  const baseUrls = { sqsUrl: sqs.url, baseUrl: healthUrl }
  const known = knownNames(template, { ...baseUrls, stackName: stackName(LOCAL_STAGE) })
  const plan = planFleet({ ...made, template }, known)
  const mappings = new Mappings(join(settings.data, 'event-source-mappings.json'), plan.mappings)
  control.plane.mappings = mappings

  const clients = { sqs: makeLocalSqsClient(sqs.url), dynamodb: makeLocalDynamoClient(dynamodb.url) }
  for (const client of Object.values(clients)) teardown.add(() => client.destroy())
  const resumed = await provision(clients, plan, sqs.url)

  const limits = startAwsLimits(settings.awsLimits, plan, clients.sqs)
  teardown.add(limits.stop)
  const services = { secretsmanager: control.url, cloudwatch: control.url, lambda: control.url }
  const engines = { sqs: sqs.url, dynamodb: dynamodb.url, ...services }
  const { interceptors } = limits
  const gateway = await startFleetGateway({ template, known, plan, engines, interceptors, sink })
  teardown.add(gateway.stop)
  control.plane.check = gateway.check
  control.shown.report = gateway.report
  teardown.add(() => logUnusedRights(gateway.report(), sink))

  const calls = { gateway, mappings, own: clients.sqs }
  const pools = await runFunctions(plan, calls, { limits: settings.awsLimits, sink, teardown })
  urls.serve(Object.fromEntries(plan.urls.map((name) => [name, pools[name]])))
  return { plan, healthUrl, sqs, dynamodb, controlUrl: control.url, provider, resumed, rights: gateway.report }
}

/**
 * Creates the queues and the table that are missing. If the poll queue was missing, the tasks that are in flight by the
 * table have lost their poll messages and are polled again; answers how many those are.
 */
async function provision(
  clients: { sqs: SQSClient; dynamodb: DynamoDBClient },
  plan: Plan,
  sqsUrl: string,
): Promise<number> {
  const tables = plan.tables.map((table) => provisionTable(clients.dynamodb, table))
  const [created] = await Promise.all([provisionQueues(clients.sqs, plan.queues), ...tables])
  if (!created.includes(LOCAL_QUEUES.polls)) return 0
  let resumed = 0
  const pollQueueUrl = `${sqsUrl}/${ACCOUNT}/${LOCAL_QUEUES.polls}`
  for (const { name: tableName } of plan.tables) resumed += await resumeTasks({ ...clients, tableName, pollQueueUrl })
  return resumed
}
