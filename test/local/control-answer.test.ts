import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type ControlPlane, controlAnswer } from '../../local/engines/control-answer.ts'
import { Mappings } from '../../local/engines/mappings.ts'
import { makeMetricStore } from '../../local/engines/metric-store.ts'
import { mapping } from '../build/mapping.ts'
import { folder } from './bundles.ts'

const MAPPINGS = '/2015-03-31/event-source-mappings'
const other = { ...mapping, uuid: 'other', functionArn: `${mapping.functionArn}-more`, maximumConcurrency: null }
function planeOf(more: Partial<ControlPlane> = {}): ControlPlane {
  const mappings = new Mappings(`${folder()}/mappings.json`, [mapping, { ...other, partial: false, enabled: false }])
  return { mappings, metrics: makeMetricStore(), ...more }
}
const ask = (plane: ControlPlane, method: string, path: string, target = '', body: unknown = {}, encoding = '') => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const bytes = encoding === 'gzip' ? gzipSync(text) : Buffer.from(text)
  return controlAnswer(plane, { method, url: new URL(path, 'http://127.0.0.1'), target, encoding, body: bytes })
}
const refused = (status: number, type: string, message: string) => ({
  status,
  body: { __type: type, Type: 'User', message, Message: message },
})
const SECRET = 'secretsmanager.GetSecretValue'
const METRICS = 'GraniteServiceVersion20100801.PutMetricData'
const noSecret = "Secrets Manager can't find the specified secret."
const unread = "the secret's value cannot be read"
const absent = 'The resource you requested does not exist.'

describe('the control endpoint', () => {
  const unreadable = async () => Promise.reject(new Error('the path of the file and what it holds'))
  it.each<[string, Parameters<typeof refused>, Promise<unknown> | (() => Promise<unknown>)]>([
    [
      'another operation',
      [400, 'UnknownOperationException', 'x.Y is not served locally'],
      () => ask(planeOf(), 'POST', '/', 'x.Y'),
    ],
    ['another path', [404, 'ResourceNotFoundException', 'no such path'], () => ask(planeOf(), 'GET', '/x')],
    [
      'a secret without a name',
      [400, 'InvalidParameterException', 'SecretId is missing'],
      () => ask(planeOf(), 'POST', '/', SECRET),
    ],
    [
      'a secret where there is none',
      [400, 'ResourceNotFoundException', noSecret],
      () => ask(planeOf(), 'POST', '/', SECRET, { SecretId: 'a' }),
    ],
    [
      'a secret that cannot be read',
      [400, 'ResourceNotFoundException', unread],
      () => ask(planeOf({ secret: unreadable }), 'POST', '/', SECRET, { SecretId: 'a' }),
    ],
    [
      'metrics without a namespace',
      [400, 'InvalidParameterValueException', 'not a PutMetricData request'],
      () => ask(planeOf(), 'POST', '/', METRICS, {}),
    ],
    [
      'metrics that are no JSON',
      [400, 'InvalidParameterValueException', 'not a PutMetricData request'],
      () => ask(planeOf(), 'POST', '/', METRICS, 'x'),
    ],
    [
      'a mapping that is not there',
      [404, 'ResourceNotFoundException', absent],
      () => ask(planeOf(), 'PUT', `${MAPPINGS}/x`),
    ],
    [
      'another method',
      [405, 'InvalidRequestContentException', 'GET or PUT'],
      () => ask(planeOf(), 'DELETE', `${MAPPINGS}/other`),
    ],
    [
      'Enabled as text',
      [400, 'InvalidParameterValueException', 'Enabled must be true or false'],
      () => ask(planeOf(), 'PUT', `${MAPPINGS}/other`, '', { Enabled: 'no' }),
    ],
  ])('refuses %s as AWS does', async (_, expected, asked) => {
    expect(await (typeof asked === 'function' ? asked() : asked)).toEqual(refused(...expected))
  })

  it('tells of a mapping all that the template says, and changes only whether it is enabled', async () => {
    const plane = planeOf()
    const shown = {
      UUID: mapping.uuid,
      EventSourceArn: mapping.queueArn,
      FunctionArn: mapping.functionArn,
      ...{ BatchSize: 10, MaximumBatchingWindowInSeconds: 0, ScalingConfig: { MaximumConcurrency: 5 } },
      ...{ FunctionResponseTypes: ['ReportBatchItemFailures'], StateTransitionReason: 'USER_INITIATED' },
    }
    const path = `${MAPPINGS}/${mapping.uuid}/`
    expect(await ask(plane, 'GET', path)).toEqual({ status: 200, body: { ...shown, State: 'Enabled' } })
    expect(await ask(plane, 'PUT', path, '', { BatchSize: 3 })).toEqual({
      status: 202,
      body: { ...shown, State: 'Enabled' },
    })
    expect(await ask(plane, 'PUT', path, '', { Enabled: false }, 'gzip')).toEqual({
      status: 202,
      body: { ...shown, State: 'Disabled' },
    })
    expect(plane.mappings.list().map(({ enabled }) => enabled)).toEqual([false, false])
    const { body } = await ask(plane, 'GET', `${MAPPINGS}/other`)
    expect(body).toMatchObject({ State: 'Disabled', FunctionResponseTypes: [] })
    expect(body).not.toHaveProperty('ScalingConfig')
  })

  it.each([
    ['', [mapping.uuid, 'other']],
    ['?FunctionName=lifesign-submit', [mapping.uuid]],
    ['?FunctionName=submit', []],
    [`?FunctionName=${other.functionArn}`, ['other']],
    [`?EventSourceArn=${mapping.queueArn}&FunctionName=lifesign-submit-more`, ['other']],
    ['?EventSourceArn=arn:other&FunctionName=lifesign-submit', []],
  ])('lists by %j the mappings %j', async (query, uuids) => {
    const { status, body } = await ask(planeOf(), 'GET', `${MAPPINGS}/${query}`)
    expect(status).toBe(200)
    expect(JSON.stringify(body).match(/"UUID":"([^"]+)"/g) ?? []).toEqual(uuids.map((uuid) => `"UUID":"${uuid}"`))
  })

  it('gives the value of the secret with a version of its own, under the name at the end of its ARN', async () => {
    const plane = planeOf({ secret: async () => '{"a":"b"}' })
    const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:keys'
    expect(await ask(plane, 'POST', '/', SECRET, { SecretId: arn })).toEqual({
      status: 200,
      body: {
        ...{ ARN: arn, Name: 'keys', SecretString: '{"a":"b"}', VersionStages: ['AWSCURRENT'] },
        VersionId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
        CreatedDate: expect.any(Number),
      },
    })
  })

  it('takes metrics in their order, and a call without any', async () => {
    const plane = planeOf()
    const put = (body: object) => ask(plane, 'POST', '/', METRICS, body)
    expect(await put({ Namespace: 'Lifesign', MetricData: [1, 2] })).toEqual({ status: 200, body: {} })
    expect(await put({ Namespace: 'Empty' })).toEqual({ status: 200, body: {} })
    expect(plane.metrics.read().map(({ namespace, datum }) => [namespace, datum])).toEqual([
      ['Lifesign', 1],
      ['Lifesign', 2],
    ])
  })
})
