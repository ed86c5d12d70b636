import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import {
  GetEventSourceMappingCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ResourceNotFoundException,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startControl, startFleetControl } from '../../local/engines/control.ts'
import type { Engine } from '../../local/engines/engine.ts'
import { Mappings } from '../../local/engines/mappings.ts'
import { makeMetricStore } from '../../local/engines/metric-store.ts'
import { type ReadSecret, secretOfFile, secretOfKeys } from '../../local/engines/secret.ts'
import { mapping } from '../build/mapping.ts'

const place = { what: 'control', port: 0, variable: 'LIFESIGN_CONTROL_PORT' }
const folder = mkdtempSync(join(tmpdir(), 'lifesign-control-'))
const file = join(folder, 'mappings.json')
const metrics = makeMetricStore()
let mappings: Mappings
let secret: ReadSecret
let control: Engine
const clients: { destroy(): void }[] = []
const made = <C extends { destroy(): void }>(client: C): C => {
  clients.push(client)
  return client
}
const options = () => ({
  endpoint: control.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
})

beforeAll(async () => {
  const plane = {
    secret: () => secret(),
    metrics,
    get mappings() {
      return mappings
    },
  }
  control = await startControl(place, plane, { '/': () => ({ lifesign: 'engines' }) })
})
beforeEach(() => {
  rmSync(file, { force: true })
  mappings = new Mappings(file, [mapping])
})
afterAll(async () => {
  for (const client of clients) client.destroy()
  await control.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('the control endpoint, asked by the real SDK clients', () => {
  it('gives the secret: provider to key, as JSON', async () => {
    secret = secretOfKeys({ captchaai: 'key-1' })
    const client = made(new SecretsManagerClient(options()))
    const SecretId = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:keys'
    const answer = await client.send(new GetSecretValueCommand({ SecretId }))
    expect(answer).toMatchObject({ ARN: SecretId, Name: 'keys', SecretString: '{"captchaai":"key-1"}' })
    expect(answer.CreatedDate).toBeInstanceOf(Date)
  })

  it('reads the keys file again each time, and its version changes with it', async () => {
    const keys = join(folder, 'keys.json')
    secret = secretOfFile(keys)
    const client = made(new SecretsManagerClient(options()))
    const read = () => client.send(new GetSecretValueCommand({ SecretId: 'keys' }))
    writeFileSync(keys, '{"captchaai":"old"}')
    const old = await read()
    writeFileSync(keys, '{"captchaai":"new"}')
    const now = await read()
    expect([old.SecretString, now.SecretString]).toEqual(['{"captchaai":"old"}', '{"captchaai":"new"}'])
    expect(now.VersionId).not.toBe(old.VersionId)
    rmSync(keys)
    await expect(read()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  it('takes metrics, compressed ones too, and shows them', async () => {
    const client = made(new CloudWatchClient(options()))
    const data = (count: number) =>
      Array.from({ length: count }, (_, n) => ({
        MetricName: `Metric${n}`,
        Values: [1, 2.5],
        Counts: [3, 4],
        Timestamp: new Date(),
        Dimensions: [{ Name: 'Fleet', Value: 'local' }],
      }))
    await client.send(new PutMetricDataCommand({ Namespace: 'Lifesign', MetricData: data(1) }))
    await client.send(new PutMetricDataCommand({ Namespace: 'Lifesign', MetricData: data(200) }))
    const shown: unknown = await (await fetch(`${control.url}/metrics-received`)).json()
    expect(shown).toHaveLength(201)
    expect(Array.isArray(shown) ? shown[200] : null).toMatchObject({
      namespace: 'Lifesign',
      datum: { MetricName: 'Metric199', Values: [1, 2.5], Dimensions: [{ Name: 'Fleet', Value: 'local' }] },
    })
  })

  it('disables and enables an event source mapping, tells who listens, and remembers it after a restart', async () => {
    const client = made(new LambdaClient(options()))
    const told: boolean[] = []
    mappings.onChange(({ enabled }) => told.push(enabled))
    const UUID = mapping.uuid
    const updated = await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }))
    expect(updated).toMatchObject({ UUID, State: 'Disabled', BatchSize: 10, EventSourceArn: mapping.queueArn })
    expect(await client.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({ State: 'Disabled' })
    expect(new Mappings(file, [mapping]).get(UUID)?.enabled).toBe(false)
    await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }))
    await client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }))
    expect(told).toEqual([false, true])
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ [UUID]: { enabled: true } })
  })

  it('lists mappings by their queue and function', async () => {
    const client = made(new LambdaClient(options()))
    const list = async (wanted: { EventSourceArn?: string; FunctionName?: string }) =>
      (await client.send(new ListEventSourceMappingsCommand(wanted))).EventSourceMappings?.length
    expect(await list({})).toBe(1)
    expect(await list({ EventSourceArn: mapping.queueArn, FunctionName: 'lifesign-submit' })).toBe(1)
    expect(await list({ FunctionName: 'lifesign-collect' })).toBe(0)
    expect(await list({ EventSourceArn: `${mapping.queueArn}-other` })).toBe(0)
  })

  it('answers a path of slashes as any path that is not there', async () => {
    const response = await fetch(`${control.url}//`)
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([404, 'ResourceNotFoundException'])
  })

  it('knows no other mapping', async () => {
    const client = made(new LambdaClient(options()))
    const asked = client.send(new GetEventSourceMappingCommand({ UUID: 'absent' }))
    await expect(asked).rejects.toBeInstanceOf(ResourceNotFoundException)
  })
})

describe("a fleet's own control endpoint", () => {
  const plane = () => ({ secret, mappings, metrics })

  it('takes another port where the engines have theirs, and says nothing of it', async () => {
    const { port } = control
    const own = await startFleetControl({ ...place, port }, true, plane(), {})
    expect(own.port).not.toBe(port)
    await own.stop()
  })

  it('takes another port where a stranger holds the default one, but not where a person chose it', async () => {
    const stranger = await startControl(place, plane(), {}) // answers 404 to GET /, as a stranger would
    const taken = { ...place, port: stranger.port }
    const own = await startFleetControl(taken, false, plane(), {})
    expect(own.port).not.toBe(stranger.port)
    await expect(startFleetControl(taken, true, plane(), {})).rejects.toThrow(
      new RegExp(`port ${stranger.port} \\(control\\) is in use.*LIFESIGN_CONTROL_PORT`),
    )
    await own.stop()
    await stranger.stop()
  })
})
