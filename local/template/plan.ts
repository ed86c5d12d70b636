import { FUNCTIONS, type FunctionName } from '../../functions/contract/functions.ts'
import { isRecord } from '../../functions/contract/is-record.ts'
import type { EventSourceMapping } from '../engines/mappings.ts'
import { type KnownNames, makeResolver } from './intrinsics.ts'
import {
  Lambda as FunctionShape,
  Mapping as MappingShape,
  type QueuePlan,
  queuePlan,
  Schedule as ScheduleShape,
  shaped,
  type TablePlan,
  tablePlan,
  Url as UrlShape,
} from './resources.ts'
import type { Template } from './template.ts'

export interface FunctionPlan {
  name: FunctionName
  functionName: string
  arn: string
  /** The role whose permissions the function has. */
  roleArn: string
  logGroup: string
  /** The module with the handler, and the name of its export. */
  file: string
  handler: string
  timeoutSeconds: number
  memoryMb: number
  environment: Record<string, string>
  /** The most concurrent invocations. */
  concurrency: number
  /** Whether Lambda allows a chain of messages to invoke the function without end. */
  recursiveLoop: 'Allow' | 'Terminate'
}
interface SchedulePlan {
  target: FunctionName
  everySeconds: number
}

/** Everything that runs locally, from the template. */
export interface Plan {
  queues: QueuePlan[]
  tables: TablePlan[]
  functions: FunctionPlan[]
  mappings: (EventSourceMapping & { target: FunctionName; queueUrl: string })[]
  schedules: SchedulePlan[]
  /** The functions that have a URL. */
  urls: FunctionName[]
  outputs: Record<string, string>
}

export interface Synthesized {
  template: Template
  /** Function → folder of its bundle, and → its logical id. */
  assets: Partial<Record<FunctionName, string>>
  logicalIds: Partial<Record<FunctionName, string>>
}

/** The concurrency of a function that has neither a bounded event source nor reserved concurrency. */
const UNRESERVED = 4
/** Concurrent batches of an event source that names no maximum; far more than one machine can process. */
export const UNBOUNDED_SOURCE = 10

export function planFleet(synthesized: Synthesized, known: KnownNames): Plan {
  const { template } = synthesized
  const resolve = makeResolver(known)
  const of = (type: string) =>
    template.ofType(type).map(({ id, properties }) => ({ id, properties: resolve(properties) }))
  const owner = functionOf(synthesized, known)

  const queues = of('AWS::SQS::Queue').map(({ id, properties }) =>
    queuePlan(properties, { url: known.ref(id) ?? id, arn: known.attribute(id, 'Arn') ?? id }),
  )
  const mappings = of('AWS::Lambda::EventSourceMapping').map(({ id, properties }) => {
    const source = shaped(MappingShape, id, properties)
    const queue = queues.find((candidate) => candidate.arn === source.EventSourceArn)
    if (queue === undefined)
      throw new Error(`${id} reads from ${source.EventSourceArn}, which is no queue of the template`)
    const target = owner(source.FunctionName)
    return {
      uuid: known.ref(id) ?? id,
      queueArn: queue.arn,
      queueUrl: queue.url,
      target,
      functionArn: known.attribute(synthesized.logicalIds[target] ?? '', 'Arn') ?? source.FunctionName,
      batchSize: source.BatchSize ?? 10,
      windowSeconds: source.MaximumBatchingWindowInSeconds ?? 0,
      maximumConcurrency: source.ScalingConfig?.MaximumConcurrency ?? null,
      partial: source.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
      enabled: source.Enabled ?? true,
    }
  })
  const functions = FUNCTIONS.flatMap((name): FunctionPlan[] => {
    const id = synthesized.logicalIds[name]
    const folder = synthesized.assets[name]
    if (id === undefined || folder === undefined) return []
    const made = shaped(FunctionShape, id, resolve(template.properties(id)))
    const [module = 'index', handler = 'handler'] = made.Handler.split('.')
    const sources = mappings.filter(({ target }) => target === name)
    const bySources = sources.reduce((sum, source) => sum + (source.maximumConcurrency ?? UNBOUNDED_SOURCE), 0)
    const asked = sources.length > 0 ? bySources : UNRESERVED
    const plan: FunctionPlan = {
      name,
      functionName: known.ref(id) ?? id,
      arn: known.attribute(id, 'Arn') ?? id,
      roleArn: made.Role,
      logGroup: made.LoggingConfig?.LogGroup ?? `/aws/lambda/${known.ref(id) ?? id}`,
      file: `${folder}/${module}.js`,
      handler,
      timeoutSeconds: made.Timeout ?? 3,
      memoryMb: made.MemorySize ?? 128,
      environment: made.Environment?.Variables ?? {},
      concurrency: Math.min(asked, made.ReservedConcurrentExecutions ?? asked),
      recursiveLoop: made.RecursiveLoop === 'Allow' ? 'Allow' : 'Terminate',
    }
    return [plan]
  })
  const schedules = of('AWS::Scheduler::Schedule').flatMap(({ id, properties }) => {
    const schedule = shaped(ScheduleShape, id, properties)
    const target = owner(schedule.Target.Arn)
    const environment = functions.find(({ name }) => name === target)?.environment ?? {}
    const every = Number(environment.SWEEP_SECONDS ?? scheduleSeconds(schedule.ScheduleExpression))
    return schedule.State === 'DISABLED' ? [] : [{ target, everySeconds: every }]
  })
  return {
    queues,
    tables: of('AWS::DynamoDB::Table').map(({ id, properties }) => tablePlan(id, known.ref(id) ?? id, properties)),
    functions,
    mappings,
    schedules,
    urls: of('AWS::Lambda::Url').map(({ id, properties }) => owner(shaped(UrlShape, id, properties).TargetFunctionArn)),
    outputs: textsOf(resolve(template.outputs)),
  }
}

/** The function that a name or ARN of the template means. */
const functionOf =
  ({ logicalIds }: Synthesized, known: KnownNames) =>
  (nameOrArn: string): FunctionName => {
    const found = FUNCTIONS.find((name) => {
      const id = logicalIds[name]
      return id !== undefined && [known.ref(id), known.attribute(id, 'Arn')].includes(nameOrArn)
    })
    if (found === undefined) throw new Error(`the template targets ${nameOrArn}, which is none of its functions`)
    return found
  }

/** `rate(5 minutes)` in seconds. An interval below one minute is in the target's SWEEP_SECONDS instead. */
function scheduleSeconds(expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? []
  if (count === undefined) throw new Error(`the schedule ${expression} is not a rate`)
  return Number(count) * (unit === 'minute' ? 60 : unit === 'hour' ? 3600 : 86_400)
}

const textsOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(isRecord(value) ? value : {}).map(([name, inner]) => [name, String(inner)]))
