import { gunzipSync } from 'node:zlib'
import { array, boolean, looseObject, optional, safeParse, string, unknown } from 'zod/mini'
import type { Checker } from '../gateway/checker.ts'
import type { EventSourceMapping, Mappings } from './mappings.ts'
import type { MetricStore } from './metric-store.ts'
import { type ReadSecret, versionOf } from './secret.ts'

/** The data from which the control endpoint answers. */
export interface ControlPlane {
  /** Absent: this endpoint has no secret. */
  secret?: ReadSecret
  /**
   * Checks the caller: only functions of this run, within their rights. Absent: anybody may call, because nothing is
   * secret.
   */
  check?: Checker
  mappings: Mappings
  metrics: MetricStore
}
interface ControlAnswer {
  status: number
  body: unknown
}
interface ControlRequest {
  method: string
  url: URL
  target: string
  encoding: string
  body: Buffer
}

const refused = (status: number, type: string, message: string): ControlAnswer => ({
  status,
  body: { __type: type, Type: 'User', message, Message: message },
})

/** Secrets Manager and CloudWatch use AWS JSON with a target header, Lambda uses REST; as their SDK clients do. */
export async function controlAnswer(plane: ControlPlane, asked: ControlRequest): Promise<ControlAnswer> {
  if (asked.target === 'secretsmanager.GetSecretValue') return secretValue(plane, asked)
  if (asked.target === 'GraniteServiceVersion20100801.PutMetricData') return putMetrics(plane, asked)
  if (asked.target !== '') return refused(400, 'UnknownOperationException', `${asked.target} is not served locally`)
  if (asked.url.pathname.startsWith(MAPPINGS)) return mappingAnswer(plane, asked)
  return refused(404, 'ResourceNotFoundException', 'no such path')
}

function parseControlRequest<T>(asked: ControlRequest, parse: (value: unknown) => T | undefined): T | undefined {
  try {
    const bytes = asked.encoding === 'gzip' ? gunzipSync(asked.body) : asked.body
    return parse(JSON.parse(bytes.toString('utf8')))
  } catch {
    return undefined
  }
}

const GetSecretValue = looseObject({ SecretId: string() })
async function secretValue({ secret }: ControlPlane, asked: ControlRequest): Promise<ControlAnswer> {
  const body = parseControlRequest(asked, (value) => safeParse(GetSecretValue, value).data)
  if (body === undefined) return refused(400, 'InvalidParameterException', 'SecretId is missing')
  if (secret === undefined)
    return refused(400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
  try {
    const value = await secret()
    const arn = body.SecretId
    const name = arn.slice(arn.lastIndexOf(':') + 1)
    const stages = { VersionStages: ['AWSCURRENT'], CreatedDate: Date.now() / 1000 }
    return { status: 200, body: { ARN: arn, Name: name, VersionId: versionOf(value), SecretString: value, ...stages } }
  } catch {
    return refused(400, 'ResourceNotFoundException', "the secret's value cannot be read")
  }
}

const PutMetricData = looseObject({ Namespace: string(), MetricData: optional(array(unknown())) })
function putMetrics({ metrics }: ControlPlane, asked: ControlRequest): ControlAnswer {
  const body = parseControlRequest(asked, (value) => safeParse(PutMetricData, value).data)
  if (body === undefined) return refused(400, 'InvalidParameterValueException', 'not a PutMetricData request')
  metrics.put(body.Namespace, body.MetricData ?? [])
  return { status: 200, body: {} }
}

const MAPPINGS = '/2015-03-31/event-source-mappings'
const UpdateMapping = looseObject({ Enabled: optional(boolean()) })

function mappingAnswer({ mappings }: ControlPlane, asked: ControlRequest): ControlAnswer {
  const uuid = asked.url.pathname.slice(MAPPINGS.length).replaceAll('/', '')
  if (uuid === '') return listMappings(mappings, asked.url.searchParams)
  const found = mappings.get(uuid)
  if (found === undefined)
    return refused(404, 'ResourceNotFoundException', 'The resource you requested does not exist.')
  if (asked.method === 'GET') return { status: 200, body: configurationOf(found) }
  if (asked.method !== 'PUT') return refused(405, 'InvalidRequestContentException', 'GET or PUT')
  const body = parseControlRequest(asked, (value) => safeParse(UpdateMapping, value).data)
  if (body === undefined) return refused(400, 'InvalidParameterValueException', 'Enabled must be true or false')
  const changed = body.Enabled === undefined ? found : (mappings.setEnabled(uuid, body.Enabled) ?? found)
  return { status: 202, body: configurationOf(changed) }
}

function listMappings(mappings: Mappings, wanted: URLSearchParams): ControlAnswer {
  const [source, name] = [wanted.get('EventSourceArn'), wanted.get('FunctionName')]
  const fits = ({ queueArn, functionArn }: EventSourceMapping) =>
    (source === null || source === queueArn) &&
    (name === null || functionArn === name || functionArn.endsWith(`:function:${name}`))
  return { status: 200, body: { EventSourceMappings: mappings.list().filter(fits).map(configurationOf) } }
}

const configurationOf = (mapping: EventSourceMapping) => ({
  UUID: mapping.uuid,
  EventSourceArn: mapping.queueArn,
  FunctionArn: mapping.functionArn,
  BatchSize: mapping.batchSize,
  MaximumBatchingWindowInSeconds: mapping.windowSeconds,
  ...(mapping.maximumConcurrency === null ? {} : { ScalingConfig: { MaximumConcurrency: mapping.maximumConcurrency } }),
  FunctionResponseTypes: mapping.partial ? ['ReportBatchItemFailures'] : [],
  State: mapping.enabled ? 'Enabled' : 'Disabled',
  StateTransitionReason: 'USER_INITIATED',
})
