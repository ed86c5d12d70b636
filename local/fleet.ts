import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { FunctionName } from '../functions/contract.ts'
import { makeDynamoClient, makeSqsClient } from './clients.ts'
import { startFleetControl } from './engines/control.ts'
import { type EngineInUse, type EnginePlace, useEngine } from './engines/embedded.ts'
import { Mappings } from './engines/mappings.ts'
import { makeMetricShelf } from './engines/metrics.ts'
import type { LogSink } from './log-sink.ts'
import { closeServer, listen, type Place, urlOf } from './ports.ts'
import { useProvider } from './provider.ts'
import { type ExecutionEnvironment, startEnvironment } from './runtime/execution-environment.ts'
import { type Endpoints, functionEnvironment } from './runtime/function-environment.ts'
import { type FunctionPool, type Invoked, makeFunctionPool, type PoolStats } from './runtime/function-pool.ts'
import { makeFunctionUrls } from './runtime/function-urls.ts'
import { knownNames } from './runtime/names.ts'
import { type FunctionPlan, type Plan, planFleet } from './runtime/plan.ts'
import { provisionQueues, provisionTable } from './runtime/provision.ts'
import { startQueuePoller } from './runtime/queue-poller.ts'
import { startSchedule } from './runtime/schedule.ts'
import { beginSynthesis } from './runtime/synthesize.ts'
import { type LocalSettings, PORT_VARIABLES, type Ports } from './settings.ts'
import type { Teardown } from './teardown.ts'

/** A fleet that serves. */
export interface LocalFleet {
  plan: Plan
  healthUrl: string
  sqs: EngineInUse
  dynamodb: EngineInUse
  controlUrl: string
  /** Absent where a provider is given. */
  simulatorUrl?: string
  providerUrl: string
}

/** Running invocations may take this long to end when the fleet is stopped. */
const GRACE_MS = 2500

/** Starts everything the template says on this machine. What must be undone, now or at the end, goes into `teardown`. */
export async function startFleet(settings: LocalSettings, sink: LogSink, teardown: Teardown): Promise<LocalFleet> {
  const place = (what: keyof Ports, name: string): Place => ({
    what: name,
    port: settings.ports[what],
    variable: PORT_VARIABLES[what],
  })
  // The health port first: a fleet that already runs there is told apart before anything of its own is touched.
  const urls = makeFunctionUrls()
  const healthUrl = urlOf(await listen(urls.server, place('health', 'health')))
  teardown.add(() => closeServer(urls.server, 300))
  const synthesis = beginSynthesis()
  teardown.add(synthesis.stop)
  const provider = await useProvider(settings.fleet, settings.keys, place('simulator', 'provider simulator'))
  teardown.add(provider.stop)

  const engines: { sqs?: EngineInUse; dynamodb?: EngineInUse } = {}
  const plane = { secret: provider.secret, mappings: new Mappings('', []), metrics: makeMetricShelf() }
  const control = await startFleetControl(place('control', 'control'), settings.controlGiven, plane, {
    '/': () => ({ lifesign: 'fleet', health: healthUrl }),
    '/requests': () => ({ sqs: engines.sqs?.engine?.requests(), dynamodb: engines.dynamodb?.engine?.requests() }),
  })
  teardown.add(control.stop)

  const { healthToken } = settings
  const [synthesized, { sqs, dynamodb }] = await Promise.all([
    synthesis.of({ ...provider.fleet, ...(healthToken === undefined ? {} : { healthToken }) }),
    useEngines(settings, place, teardown),
  ])
  Object.assign(engines, { sqs, dynamodb })
  const known = knownNames(synthesized.template, { sqsUrl: sqs.url, baseUrl: healthUrl, stackName: 'Lifesign-local' })
  const plan = planFleet(synthesized, known)

  const sqsClient = makeSqsClient(sqs.url)
  const dynamoClient = makeDynamoClient(dynamodb.url)
  teardown.add(() => sqsClient.destroy())
  teardown.add(() => dynamoClient.destroy())
  await Promise.all([
    provisionQueues(sqsClient, plan.queues),
    ...plan.tables.map((table) => provisionTable(dynamoClient, table)),
  ])

  const mappings = new Mappings(join(settings.data, 'event-source-mappings.json'), plan.mappings)
  plane.mappings = mappings

  const endpoints = { sqs: sqs.url, dynamodb: dynamodb.url, control: control.url }
  const pools = makePools(plan, endpoints, sink)
  teardown.add(() => Promise.all(Object.values(pools).map((pool) => pool.stop(0))))
  await Promise.all(Object.values(pools).map((pool) => pool.warm()))

  const pollers = plan.mappings.map(({ uuid, target }) => {
    const source = mappings.get(uuid)
    const pool = pools[target]
    const { queueUrl } = plan.mappings.find((it) => it.uuid === uuid) ?? {}
    if (source === undefined || pool === undefined || queueUrl === undefined) throw new Error(`${uuid} has no target`)
    const maximumConcurrency = source.maximumConcurrency ?? UNBOUNDED_SOURCE
    const options = { source: { ...source, queueUrl, maximumConcurrency }, invoke: pool.invoke }
    const makeQueues = () => provisionQueues(sqsClient, plan.queues)
    const warn = (text: string) => sink.say(target, text)
    return { uuid, ...startQueuePoller({ client: sqsClient, ...options, warn, makeQueues }) }
  })
  mappings.onChange(({ uuid, enabled }) => {
    for (const poller of pollers) if (poller.uuid === uuid) poller.setEnabled(enabled)
  })
  const schedules = plan.schedules.map(({ target, everySeconds }) =>
    startSchedule(everySeconds, async () => pools[target]?.invoke({})),
  )
  urls.serve(Object.fromEntries(plan.urls.map((name) => [name, pools[name]])))
  teardown.add(async () => {
    for (const schedule of schedules) schedule.stop()
    const quiet = pollers.map((poller) => poller.stop())
    await Promise.all([...quiet, ...Object.values(pools).map((pool) => pool.stop(GRACE_MS))])
  })
  return {
    plan,
    healthUrl,
    sqs,
    dynamodb,
    controlUrl: control.url,
    ...(provider.simulatorUrl === undefined ? {} : { simulatorUrl: provider.simulatorUrl }),
    providerUrl: provider.fleet.providerUrl ?? '',
  }
}

/** Batches at a time where an event source names no maximum. */
const UNBOUNDED_SOURCE = 10

async function useEngines(
  settings: LocalSettings,
  place: (what: keyof Ports, name: string) => Place,
  teardown: Teardown,
): Promise<{ sqs: EngineInUse; dynamodb: EngineInUse }> {
  const data = resolve(settings.data)
  const use = async (wanted: EnginePlace) => {
    const inUse = await useEngine(wanted, data)
    const { engine } = inUse
    if (engine !== undefined) teardown.add(engine.stop)
    return inUse
  }
  const given = (url: string | undefined) => (url === undefined ? {} : { given: url })
  const places: Record<'sqs' | 'dynamodb', EnginePlace> = {
    sqs: { ...place('sqs', 'SQS'), protocol: 'sqs', givenBy: 'LIFESIGN_SQS_URL', ...given(settings.sqsUrl) },
    dynamodb: {
      ...place('dynamodb', 'DynamoDB'),
      protocol: 'dynamodb',
      givenBy: 'LIFESIGN_DYNAMODB_URL',
      ...given(settings.dynamodbUrl),
    },
  }
  const [sqs, dynamodb] = await Promise.allSettled([use(places.sqs), use(places.dynamodb)])
  if (sqs.status === 'rejected') throw sqs.reason
  if (dynamodb.status === 'rejected') throw dynamodb.reason
  return { sqs: sqs.value, dynamodb: dynamodb.value }
}

function makePools(plan: Plan, endpoints: Endpoints, sink: LogSink): Partial<Record<FunctionName, FunctionPool>> {
  const pool = (made: FunctionPlan): FunctionPool =>
    makeFunctionPool({
      concurrency: made.concurrency,
      longestLine: 100,
      newId: randomUUID,
      start: (): Promise<ExecutionEnvironment> =>
        startEnvironment(made, functionEnvironment(made, endpoints), (line) => sink.line(made.name, line)),
      onFailure: (failure, stats) => sink.say(made.name, describeFailure(made, failure, stats)),
    })
  return Object.fromEntries(plan.functions.map((made) => [made.name, pool(made)]))
}

function describeFailure(
  { timeoutSeconds }: FunctionPlan,
  failure: Exclude<Invoked, { kind: 'returned' }>,
  { timeouts }: PoolStats,
): string {
  switch (failure.kind) {
    case 'timedOut':
      return `passed its time limit of ${timeoutSeconds} s and was ended (${timeouts} so far)`
    case 'threw':
      return `invocation failed: ${failure.errorType}: ${firstLine(failure.errorMessage)}`
    case 'crashed':
      return `execution environment ended: ${firstLine(failure.errorMessage)}`
    case 'notStarted':
      return firstLine(failure.errorMessage)
    case 'refused':
      return 'too many requests at a time'
  }
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 300)
