import {
  array,
  boolean,
  looseObject,
  number,
  optional,
  record,
  safeParse,
  string,
  unknown,
  type ZodMiniType,
} from 'zod/mini'

/** The properties of CloudFormation resources that the local runtime uses. */

export const Lambda = looseObject({
  Handler: string(),
  Role: string(),
  LoggingConfig: optional(looseObject({ LogGroup: optional(string()) })),
  Timeout: optional(number()),
  MemorySize: optional(number()),
  ReservedConcurrentExecutions: optional(number()),
  RecursiveLoop: optional(string()),
  Environment: optional(looseObject({ Variables: optional(record(string(), string())) })),
})
export const Mapping = looseObject({
  EventSourceArn: string(),
  FunctionName: string(),
  BatchSize: optional(number()),
  MaximumBatchingWindowInSeconds: optional(number()),
  ScalingConfig: optional(looseObject({ MaximumConcurrency: optional(number()) })),
  FunctionResponseTypes: optional(array(string())),
  Enabled: optional(boolean()),
})
export const Schedule = looseObject({
  ScheduleExpression: string(),
  State: optional(string()),
  Target: looseObject({ Arn: string() }),
})
export const Url = looseObject({ TargetFunctionArn: string() })
const Queue = record(string(), unknown())
const Table = looseObject({
  AttributeDefinitions: array(looseObject({ AttributeName: string(), AttributeType: string() })),
  KeySchema: array(looseObject({ AttributeName: string(), KeyType: string() })),
})

export function shaped<T>(shape: ZodMiniType<T>, id: string, properties: unknown): T {
  const parsed = safeParse(shape, properties)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`the template's ${id}: ${issue?.path.join('.')} ${issue?.message}`)
}

export interface QueuePlan {
  name: string
  url: string
  arn: string
  /** The attributes for CreateQueue, all as text. */
  attributes: Record<string, string>
}

/** The queue properties that the engine knows. Nothing local enforces encryption and policies. */
const QUEUE_ATTRIBUTES = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'MaximumMessageSize',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'RedriveAllowPolicy',
] as const

export function queuePlan(properties: unknown, at: { url: string; arn: string }): QueuePlan {
  const given = shaped<Record<string, unknown>>(Queue, at.arn, properties)
  const attributes = QUEUE_ATTRIBUTES.flatMap((name) => {
    const value = given[name]
    if (value === undefined) return []
    return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)] as const]
  })
  return { ...at, name: at.arn.slice(at.arn.lastIndexOf(':') + 1), attributes: Object.fromEntries(attributes) }
}

export interface TablePlan {
  name: string
  /** Attribute name → `S`, `N` or `B`. */
  attributeTypes: Record<string, string>
  /** `HASH` and `RANGE` → attribute name. */
  keys: { attribute: string; type: string }[]
}

export function tablePlan(id: string, name: string, properties: unknown): TablePlan {
  const { AttributeDefinitions, KeySchema } = shaped(Table, id, properties)
  return {
    name,
    attributeTypes: Object.fromEntries(AttributeDefinitions.map((it) => [it.AttributeName, it.AttributeType])),
    keys: KeySchema.map((key) => ({ attribute: key.AttributeName, type: key.KeyType })),
  }
}
