import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { FunctionName } from '../functions/contract/functions.ts'
import { LOCAL_QUEUES, LOCAL_STAGE, stackName } from '../functions/contract/stack.ts'
import { startAwsLimits } from './aws/start-aws-limits.ts'
import { makeLocalDynamoClient, makeLocalSqsClient } from './clients.ts'
import { type ControlPlane, startFleetControl } from './engines/control.ts'
import type { Engine } from './engines/engine.ts'
import { Mappings } from './engines/mappings.ts'
import { makeMetricStore } from './engines/metric-store.ts'
import { type EnginesInUse, useEngines } from './engines/use-engines.ts'
import { refuseAll } from './gateway/checker.ts'
import { makeCredentials } from './gateway/credentials.ts'
import { type FleetGateway, startFleetGateway } from './gateway/fleet-gateway.ts'
import { logUnusedRights, type RightsReport } from './gateway/ledger.ts'
import { startEventSources } from './lambda/event-sources.ts'
import { functionEnvironment } from './lambda/function-environment.ts'
import { makeFunctionPools } from './lambda/function-pools.ts'
import { makeFunctionUrls } from './lambda/function-urls.ts'
import { provisionQueues, provisionTable } from './lambda/provision.ts'
import { resumeTasks } from './lambda/resume-tasks.ts'
import { startSchedule } from './lambda/schedule.ts'
import { type ProviderInUse, useProvider } from './provider.ts'
import type { LocalSettings } from './settings/settings.ts'
import { closeServer, listen, urlOf } from './support/listen.ts'
import { listenTarget } from './support/listen-targets.ts'
import type { LogSink } from './support/log-sink.ts'
import type { Teardown } from './support/teardown.ts'
import { beginSynthesis } from './template/begin-synthesis.ts'
import { ACCOUNT, knownNames } from './template/known-names.ts'
import { type FunctionPlan, type Plan, planFleet } from './template/plan.ts'
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

/** The fleet does not wait longer than that for its first sweep. */
const FIRST_SWEEP_MS = 3000
/** When the fleet is stopped, running invocations have this long to end. */
const GRACE_MS = 2500

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
  const { ports } = settings
  // The health port is opened first: if a fleet already runs on it, nothing of that fleet has been touched yet.
  const urls = makeFunctionUrls()
  const healthUrl = urlOf(await listen(urls.server, listenTarget(ports, 'health')))
  teardown.add(() => closeServer(urls.server, 300))
  const synthesis = beginSynthesis()
  teardown.add(synthesis.stop)
  const provider = await useProvider(settings.fleet, settings.keys, listenTarget(ports, 'simulator'))
  teardown.add(provider.stop)
  const plane: ControlPlane = {
    secret: provider.secret,
    check: refuseAll,
    mappings: new Mappings('', []),
    metrics: makeMetricStore(),
  }
  const now: Now = { report: () => [] }
  const control = await openControl(settings, plane, now, healthUrl)
  teardown.add(control.stop)

  const { healthToken } = settings
  const [made, { sqs, dynamodb }] = await Promise.all([
    synthesis.of({ ...provider.fleet, ...(healthToken === undefined ? {} : { healthToken }) }),
    useEngines(settings, teardown),
  ])
  const synthesized = { ...made, template: change(made.template) }
  Object.assign(now, { sqs, dynamodb })
  const known = knownNames(synthesized.template, {
    sqsUrl: sqs.url,
    baseUrl: healthUrl,
    stackName: stackName(LOCAL_STAGE),
  })
  const plan = planFleet(synthesized, known)
  plane.mappings = new Mappings(join(settings.data, 'event-source-mappings.json'), plan.mappings)

  const clients = { sqs: makeLocalSqsClient(sqs.url), dynamodb: makeLocalDynamoClient(dynamodb.url) }
  for (const client of Object.values(clients)) teardown.add(() => client.destroy())
  const tables = plan.tables.map((table) => provisionTable(clients.dynamodb, table))
  const [created] = await Promise.all([provisionQueues(clients.sqs, plan.queues), ...tables])
  const resumed = created.includes(LOCAL_QUEUES.polls) ? await resumeLost(clients, plan, sqs.url) : 0

  const limits = startAwsLimits(settings.awsLimits, plan, clients.sqs)
  teardown.add(limits.stop)
  const gateway = await startFleetGateway({
    template: synthesized.template,
    known,
    plan,
    engines: {
      sqs: sqs.url,
      dynamodb: dynamodb.url,
      secretsmanager: control.url,
      cloudwatch: control.url,
      lambda: control.url,
    },
    interceptors: limits.interceptors,
    sink,
  })
  teardown.add(gateway.stop)
  plane.check = gateway.check
  now.report = gateway.report
  teardown.add(() => logUnusedRights(gateway.report(), sink))
  const credentialsOf = (name: FunctionName) => gateway.credentials[name] ?? makeCredentials()
  const environmentOf = (made: FunctionPlan) => functionEnvironment(made, gateway.url, credentialsOf(made.name))
  const pools = makeFunctionPools(plan.functions, environmentOf, sink)
  const stopPools = (graceMs: number) => Promise.all(Object.values(pools).map((pool) => pool.stop(graceMs)))
  teardown.add(() => stopPools(0))
  await Promise.all(Object.values(pools).map((pool) => pool.warm()))

  const asFunction = (name: FunctionName) => {
    const client = makeLocalSqsClient(gateway.url, credentialsOf(name))
    teardown.add(() => client.destroy())
    return client
  }
  const schedules = plan.schedules.map(({ target, everySeconds }) =>
    startSchedule(everySeconds, async () => pools[target]?.invoke({})),
  )
  teardown.add(async () => {
    for (const schedule of schedules) schedule.stop()
  })
  // The first sweep creates the admission item, and without it nothing is bought.
  await Promise.race([Promise.all(schedules.map(({ first }) => first)), setTimeout(FIRST_SWEEP_MS)])
  const sources = startEventSources(
    plan,
    plane.mappings,
    { asFunction, own: clients.sqs },
    pools,
    sink,
    settings.awsLimits,
  )
  teardown.add(() =>
    Promise.all([...schedules.map((schedule) => schedule.stop()), sources.stop(), stopPools(GRACE_MS)]),
  )
  urls.serve(Object.fromEntries(plan.urls.map((name) => [name, pools[name]])))
  return { plan, healthUrl, sqs, dynamodb, controlUrl: control.url, provider, resumed, rights: gateway.report }
}

/** If the poll queue was missing, the tasks that are in flight by the table have lost their poll messages. */
async function resumeLost(clients: { sqs: SQSClient; dynamodb: DynamoDBClient }, plan: Plan, sqsUrl: string) {
  let resumed = 0
  const pollQueueUrl = `${sqsUrl}/${ACCOUNT}/${LOCAL_QUEUES.polls}`
  for (const { name: tableName } of plan.tables) resumed += await resumeTasks({ ...clients, tableName, pollQueueUrl })
  return resumed
}

/** The data of the control endpoint's pages. Engines and rights become known after the port is open. */
type Now = Partial<EnginesInUse> & Pick<FleetGateway, 'report'>

const openControl = (
  { ports, controlGiven }: LocalSettings,
  plane: ControlPlane,
  now: Now,
  healthUrl: string,
): Promise<Engine> =>
  startFleetControl(listenTarget(ports, 'control'), controlGiven, plane, {
    '/': () => ({ lifesign: 'fleet', health: healthUrl }),
    '/rights': () => now.report(),
    '/event-sources': () => Object.fromEntries(plane.mappings.list().map(({ uuid, enabled }) => [uuid, enabled])),
    '/requests': () => ({ sqs: now.sqs?.engine?.requests(), dynamodb: now.dynamodb?.engine?.requests() }),
  })
