import { Agent, request } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { LambdaClient, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import type { EngineAnswer } from '../../../local/gateway/call.ts'
import type { Interceptor } from '../../../local/gateway/interceptor.ts'
import { type FaultyProxy, startFaultyProxy } from '../../engines/faulty-proxy.ts'
import { later, until } from '../bundles.ts'
import {
  allow,
  CREDENTIALS,
  gatewayBefore,
  MAPPING,
  QUEUE_ARN,
  QUEUE_URL,
  SECRET_ARN,
  TABLE_ARN,
  type TestGateway,
} from './gateway-before.ts'

const EVERYTHING = [allow('*', '*')]
const NOTHING = [allow('sqs:ListQueues', '*')]

/** Stands for an engine; it never passes a call on. */
async function engine(answer = '{}', status = 200): Promise<FaultyProxy> {
  const proxy = await startFaultyProxy('http://127.0.0.1:9')
  proxy.fate = () => ({ kind: 'answer', status, body: answer, applied: false })
  later(() => proxy.stop())
  return proxy
}

const made = <C extends { destroy(): void }>(client: C): C => {
  later(() => client.destroy())
  return client
}
const options = (endpoint: string, accessKeyId = CREDENTIALS.accessKeyId) => ({
  endpoint,
  region: 'us-east-1',
  maxAttempts: 1,
  credentials: { ...CREDENTIALS, accessKeyId },
})
const Key = { pk: { S: 'task#1' }, sk: { S: 'task' } }
/** One call to each service, as the functions make them. */
const calls = (url: string, accessKeyId?: string) => {
  const own = options(url, accessKeyId)
  const entries = [{ Id: '1', MessageBody: 'm' }]
  return {
    sqs: () =>
      made(new SQSClient({ ...own, useQueueUrlAsEndpoint: false })).send(
        new SendMessageBatchCommand({ QueueUrl: QUEUE_URL, Entries: entries }),
      ),
    dynamodb: () => made(new DynamoDBClient(own)).send(new GetItemCommand({ TableName: 'things', Key })),
    secretsmanager: () => made(new SecretsManagerClient(own)).send(new GetSecretValueCommand({ SecretId: SECRET_ARN })),
    cloudwatch: () =>
      made(new CloudWatchClient(own)).send(
        new PutMetricDataCommand({ Namespace: 'Lifesign', MetricData: [{ MetricName: 'm', Value: 1 }] }),
      ),
    lambda: () =>
      made(new LambdaClient(own)).send(new UpdateEventSourceMappingCommand({ UUID: MAPPING, Enabled: false })),
  }
}
const refusalOf = (call: () => Promise<unknown>) =>
  call().then(
    () => 'allowed',
    (error: Error & { $metadata?: { httpStatusCode?: number } }) => ({
      name: error.name,
      message: error.message,
      status: error.$metadata?.httpStatusCode,
    }),
  )

describe('who may speak to the engines', () => {
  it('credentials that are not of this run are refused by every service as AWS does, and the engine hears of none', async () => {
    const behind = await engine()
    const { url } = await gatewayBefore(behind.endpoint, EVERYTHING)
    const stranger = calls(url, 'AKIADUMMYDUMMYDUMMY1')
    const message = 'The security token included in the request is invalid.'
    expect(await refusalOf(stranger.sqs)).toEqual({ name: 'InvalidClientTokenId', message, status: 403 })
    expect(await refusalOf(stranger.dynamodb)).toEqual({ name: 'UnrecognizedClientException', message, status: 400 })
    expect(await refusalOf(stranger.secretsmanager)).toEqual({
      name: 'UnrecognizedClientException',
      message,
      status: 400,
    })
    expect(await refusalOf(stranger.cloudwatch)).toEqual({ name: 'InvalidClientTokenId', message, status: 403 })
    expect(await refusalOf(stranger.lambda)).toEqual({ name: 'UnrecognizedClientException', message, status: 403 })
    expect(behind.calls).toEqual([])
  })

  it('a right that the role lacks is refused by every service as AWS does, named to whoever runs it, and the engine hears of none', async () => {
    const behind = await engine()
    const { url, denied } = await gatewayBefore(behind.endpoint, NOTHING)
    const own = calls(url)
    const session = 'arn:aws:sts::000000000000:assumed-role/Test-Role/lifesign-submit'
    const refusal = (action: string, resource: string, status: number) => ({
      name: 'AccessDeniedException',
      message: `User: ${session} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
      status,
    })
    expect(await refusalOf(own.sqs)).toEqual(refusal('sqs:sendmessage', QUEUE_ARN, 400))
    expect(await refusalOf(own.dynamodb)).toEqual(refusal('dynamodb:GetItem', TABLE_ARN, 400))
    expect(await refusalOf(own.secretsmanager)).toEqual(refusal('secretsmanager:GetSecretValue', SECRET_ARN, 400))
    expect(await refusalOf(own.cloudwatch)).toEqual(refusal('cloudwatch:PutMetricData', '*', 400))
    const mapping = `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${MAPPING}`
    expect(await refusalOf(own.lambda)).toEqual(refusal('lambda:UpdateEventSourceMapping', mapping, 403))
    expect(behind.calls).toEqual([])
    expect(denied.map(({ access }) => access.action)).toEqual([
      'sqs:SendMessage',
      'dynamodb:GetItem',
      'secretsmanager:GetSecretValue',
      'cloudwatch:PutMetricData',
      'lambda:UpdateEventSourceMapping',
    ])
  })

  it('what is allowed reaches the engine with the same body, and its right counts as used', async () => {
    const behind = await engine('{"Item":{"pk":{"S":"task#1"}}}')
    const bodies: string[] = []
    const { fate } = behind
    behind.fate = (passing) => {
      bodies.push(passing.body.toString())
      return fate(passing)
    }
    const { url, used } = await gatewayBefore(behind.endpoint, [allow('dynamodb:GetItem', TABLE_ARN)])
    expect(await calls(url).dynamodb()).toMatchObject({ Item: { pk: { S: 'task#1' } } })
    expect(behind.calls).toEqual(['GetItem'])
    expect(bodies).toEqual([BODY])
    expect(used).toEqual(['r1'])
  })

  it('a foreign Host is refused before anything else, so that no web page gets in by rebinding its name', async () => {
    const behind = await engine()
    const { url } = await gatewayBefore(behind.endpoint, EVERYTHING)
    for (const host of ['attacker.example', `attacker.example:${new URL(url).port}`, '127.0.0.1:1'])
      expect((await raw(url, { host })).status, host).toBe(403)
    expect((await raw(url, { host: `localhost:${new URL(url).port}` })).status).toBe(200)
    expect(behind.calls).toEqual(['GetItem'])
  })
})

const SIGNED = `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/20261101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0`
const BODY = JSON.stringify({ TableName: 'things', Key })
type Got = { status: number; statusMessage: string; headers: string[]; body: string; cut?: string }

/** One signed GetItem, by Node's own client, told to the last byte; rejects where no head of an answer came. */
function raw(
  url: string,
  { host, agent, signal }: { host?: string; agent?: Agent; signal?: AbortSignal } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: SIGNED,
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      ...(host === undefined ? {} : { host }),
    }
    const sent = request(
      url,
      { method: 'POST', headers, agent: agent ?? false, ...(signal === undefined ? {} : { signal }) },
      (answer) => {
        const got: Got = {
          status: answer.statusCode ?? 0,
          statusMessage: answer.statusMessage ?? '',
          headers: answer.rawHeaders,
          body: '',
        }
        answer.on('data', (part) => {
          got.body += part
        })
        answer.on('end', () => resolve(got))
        answer.on('error', (error) => resolve({ ...got, cut: error.message }))
      },
    )
    sent.on('error', reject)
    sent.end(BODY)
  })
}

/** An engine of bare bytes: what it does with each connection that has sent a request. */
async function bytes(act: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const requests: string[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (part) => {
      requests.push(part.toString())
      act(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  later(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, sockets, requests }
}
const standingBefore = (url: string, interceptors: Interceptor[] = []): Promise<TestGateway> =>
  gatewayBefore(url, EVERYTHING, interceptors)

describe('what a faulty engine does, the function sees exactly so', () => {
  it('an answer with an odd status, its headers and no Date of anybody else', async () => {
    const head = 'HTTP/1.1 599 Very Odd\r\nX-Own: Yes\r\nContent-Length: 2\r\n\r\n'
    const { url } = await bytes((socket) => socket.write(`${head}no`))
    expect(await raw((await standingBefore(url)).url)).toMatchObject({
      status: 599,
      statusMessage: 'Very Odd',
      body: 'no',
      headers: expect.arrayContaining(['X-Own', 'Yes', 'Content-Length', '2']),
    })
    expect((await raw((await standingBefore(url)).url)).headers).not.toContain('Date')
  })

  it('a reset is a reset, and a connection that is closed without an answer is closed so', async () => {
    const reset = await bytes((socket) => socket.resetAndDestroy())
    await expect(raw((await standingBefore(reset.url)).url)).rejects.toMatchObject({
      code: 'ECONNRESET',
      syscall: 'read',
    })
    const closed = await bytes((socket) => socket.end())
    await expect(raw((await standingBefore(closed.url)).url)).rejects.toThrow('socket hang up')
    expect([reset.requests.length, closed.requests.length]).toEqual([1, 1]) // nothing is tried again
  })

  it('an engine that is not there is a reset', async () => {
    const gone = await bytes(() => {})
    const gateway = await standingBefore('http://127.0.0.1:9')
    await expect(raw(gateway.url)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(gone.requests).toEqual([])
  })

  it('an answer that is cut off is cut off at the same byte', async () => {
    const { url } = await bytes((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Item":'))
    const got = await raw((await standingBefore(url)).url)
    expect(got).toMatchObject({ status: 200, body: '{"Item":', cut: 'aborted' })
  })

  it('silence stays silence, and who hangs up hangs up on the engine', async () => {
    const silent = await bytes(() => {})
    const { url } = await standingBefore(silent.url)
    const patience = new AbortController()
    let ended = 'not yet'
    const asked = raw(url, { signal: patience.signal }).then(
      () => (ended = 'answered'),
      () => (ended = 'given up'),
    )
    await until('the engine has it', () => silent.requests.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([ended, silent.sockets.size]).toEqual(['not yet', 1])
    patience.abort()
    await asked
    await until('the engine is let go', () => silent.sockets.size === 0)
    expect(ended).toBe('given up')
  })

  it('a head without a body stays so, until the engine goes on', async () => {
    const halting = await bytes((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{')
      setTimeout(() => socket.write('}'), 250)
    })
    const began = performance.now()
    expect(await raw((await standingBefore(halting.url)).url)).toMatchObject({ status: 200, body: '{}' })
    expect(performance.now() - began).toBeGreaterThan(240)
  })

  it('one connection of the function is one to the engine, kept alive as long as the engine keeps it', async () => {
    const answering = await bytes((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'))
    const { url } = await standingBefore(answering.url)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    later(() => agent.destroy())
    for (let n = 0; n < 5; n += 1) expect((await raw(url, { agent })).status).toBe(200)
    expect([answering.sockets.size, answering.requests.length]).toEqual([1, 5])
    for (const socket of answering.sockets) socket.end()
    const open = () => Object.values(agent.freeSockets).flat().length
    await until('the function sees it close', () => open() === 0)
    expect((await raw(url, { agent })).status).toBe(200)
    expect(answering.sockets.size).toBe(1)
  })
})

describe('interceptors', () => {
  const head = 'HTTP/1.1 200 OK\r\nX-Amz-Crc32: 1\r\nX-Own: kept\r\nContent-Length: 9\r\n\r\n'
  const answering = () => bytes((socket) => socket.write(`${head}{"n":"1"}`))

  it('see who calls what, and may pass it on or answer in place of the engine', async () => {
    const behind = await answering()
    const seen: string[] = []
    const pass: Interceptor = ({ caller, operation, input }) => {
      seen.push(`${caller.name} ${operation} ${input.TableName}`)
      return { kind: 'pass' }
    }
    const throttle: Interceptor = () => ({
      kind: 'answer',
      answer: { status: 400, headers: { 'x-own': 'throttled' }, body: Buffer.from('{"__type":"ThrottlingException"}') },
    })
    const passing = await standingBefore(behind.url, [pass])
    expect(await raw(passing.url)).toMatchObject({ status: 200, body: '{"n":"1"}' })
    const throttling = await standingBefore(behind.url, [pass, throttle])
    expect(await raw(throttling.url)).toMatchObject({ status: 400, body: '{"__type":"ThrottlingException"}' })
    expect(seen).toEqual(Array(2).fill('submit GetItem things'))
    expect(behind.requests).toHaveLength(1)
  })

  it('that change answers change complete ones only: what the engine cuts off, or breaks off, is so for the function', async () => {
    const seen: EngineAnswer[] = []
    const change: Interceptor = () => ({
      kind: 'change',
      answer: (answer) => {
        seen.push(answer)
        return answer
      },
    })
    const cutOff = await bytes((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Item":'))
    await expect(raw((await standingBefore(cutOff.url, [change])).url)).rejects.toThrow('socket hang up')
    const broken = await bytes((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Item":', () => socket.resetAndDestroy())
    })
    await expect(raw((await standingBefore(broken.url, [change])).url)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(seen).toEqual([])
    const whole = await answering()
    const failing: Interceptor = () => ({ kind: 'change', answer: () => Promise.reject(new Error('cannot change')) })
    await expect(raw((await standingBefore(whole.url, [failing])).url)).rejects.toMatchObject({ code: 'ECONNRESET' })
    const { url } = await standingBefore(whole.url, [change])
    await raw(url)
    expect(seen).toEqual([{ status: 200, headers: { 'x-own': 'kept' }, body: Buffer.from('{"n":"1"}') }])
  })

  it('may change the request and the answer, one after another', async () => {
    const behind = await answering()
    const first: Interceptor = ({ body }) => ({
      kind: 'change',
      body: Buffer.concat([body, Buffer.from(' ')]),
      headers: { 'X-Lineage': '3' },
      answer: (answer) => ({ ...answer, body: Buffer.from(`${answer.body} one`) }),
    })
    const second: Interceptor = ({ body }) => ({
      kind: 'change',
      body: Buffer.concat([body, Buffer.from('!')]),
      answer: (answer) => ({ ...answer, status: 201, body: Buffer.from(`${answer.body} two`) }),
    })
    const { url } = await standingBefore(behind.url, [first, second])
    const got = await raw(url)
    expect(got).toMatchObject({ status: 201, body: '{"n":"1"} one two' })
    expect(got.headers).toEqual(expect.arrayContaining(['x-own', 'kept']))
    expect(got.headers.map((text) => text.toLowerCase())).not.toContain('x-amz-crc32')
    expect(behind.requests[0]).toContain('X-Lineage: 3')
    expect(behind.requests[0]).toContain(`${BODY} !`)
  })
})
