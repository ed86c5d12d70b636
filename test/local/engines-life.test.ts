import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type ControlPlane, startControl } from '../../local/engines/control.ts'
import { Mappings } from '../../local/engines/mappings.ts'
import { makeMetricStore } from '../../local/engines/metric-store.ts'
import { probe } from '../../local/engines/probe.ts'
import { startEngines } from '../../local/engines/standalone.ts'
import { useEngine } from '../../local/engines/use-engine.ts'
import { refuseAll } from '../../local/gateway/checker.ts'
import { startGateway } from '../../local/gateway/gateway.ts'
import { readEngineSettings } from '../../local/settings/settings.ts'
import { closeServer, listen, urlOf } from '../../local/support/listen.ts'
import { makeTeardown } from '../../local/support/teardown.ts'
import { freePort } from '../engines/processes.ts'
import { timersDue } from '../timers-due.ts'
import { turnsUntil } from '../turns-until.ts'
import { folder, later } from './bundles.ts'

const PLACE = { what: 'control', port: 0, variable: 'LIFESIGN_CONTROL_PORT' }
const planeOf = (more: Partial<ControlPlane> = {}): ControlPlane => ({
  ...{ mappings: new Mappings('', []), metrics: makeMetricStore(), ...more },
})
const never = new Promise<never>(() => {})

describe('an engine that was started for an address which does not answer', () => {
  it.each(['sqs', 'dynamodb'] as const)('is stopped again where it cannot be used: %s', async (protocol) => {
    const port = await freePort()
    const given = `http://127.0.0.1:${await freePort()}`
    const place = { what: 'it', variable: 'PORT', protocol, port, given, givenBy: 'THE_URL' }
    await expect(useEngine(place, folder())).rejects.toMatchObject({
      message: `THE_URL: nothing that speaks it answers at ${given}`,
      exitCode: 1,
    })
    expect(await probe(port, protocol)).toBe('nothing')
  })
})

describe('an address that answers only now and then', () => {
  /** A queue service that refuses its first calls, as a proxy that injects faults does. */
  async function faulty(refusals: number) {
    let calls = 0
    const server = createServer((_, response) => {
      calls += 1
      response.writeHead(calls > refusals ? 200 : 500).end('{"QueueUrl":"x"}')
    })
    const port = await listen(server, { ...PLACE, what: 'faulty' })
    later(() => closeServer(server))
    return { given: urlOf(port), calls: () => calls }
  }
  const place = { what: 'SQS', variable: 'PORT', protocol: 'sqs' as const, givenBy: 'THE_URL' }

  it('is asked once, and three times more 200 ms apart after an engine of our own was started behind it', async () => {
    const { given, calls } = await faulty(3)
    const port = await freePort()
    const waits = timersDue()
    const inUse = await useEngine({ ...place, port, given }, folder())
    later(() => inUse.engine?.stop())
    expect([inUse.url, inUse.how, inUse.engine?.port, calls()]).toEqual([given, 'given', port, 4])
    expect(waits.filter((milliseconds) => milliseconds === 200)).toEqual([200, 200])
  })

  it('is refused after the fourth call', async () => {
    const { given, calls } = await faulty(4)
    await expect(useEngine({ ...place, port: await freePort(), given }, folder())).rejects.toThrow('THE_URL: nothing')
    expect(calls()).toBe(4)
  })

  it('has no second engine started behind it where one is there already', async () => {
    const own = await useEngine({ ...place, port: 0 }, folder())
    later(() => own.engine?.stop())
    const { given, calls } = await faulty(1)
    const inUse = await useEngine({ ...place, port: own.engine?.port ?? 0, given }, folder())
    expect([inUse, calls()]).toEqual([{ url: given, how: 'given' }, 2])
  })
})

describe('the engines without a fleet', () => {
  const settingsWith = (control: number) =>
    readEngineSettings({
      ...{ LIFESIGN_SQS_PORT: '0', LIFESIGN_DYNAMODB_PORT: '0', LIFESIGN_CONTROL_PORT: String(control) },
      LIFESIGN_DATA: folder(),
    })

  it('tell where they are and how often they were asked, hold no secret, and are gone after the teardown', async () => {
    const teardown = makeTeardown()
    later(() => teardown.run())
    const engines = await startEngines(settingsWith(0), teardown)
    const { sqsUrl: sqs, dynamodbUrl: dynamodb, controlUrl } = engines
    const ports = [sqs, dynamodb, controlUrl].map((url) => Number(new URL(url).port))
    const [sqsPort = 0, dynamodbPort = 0, controlPort = 0] = ports
    expect([await probe(sqsPort, 'sqs'), await probe(dynamodbPort, 'dynamodb')]).toEqual(['engine', 'engine'])
    const page = async (path: string) => (await fetch(`${controlUrl}${path}`)).json()
    expect(await page('/')).toEqual({ lifesign: 'engines', sqs, dynamodb })
    expect(await page('/requests')).toEqual({ sqs: { GetQueueUrl: 1 }, dynamodb: { DescribeTable: 1 } })
    expect(await page('/rights')).toMatchObject({ __type: 'ResourceNotFoundException' })
    await teardown.run()
    expect(await Promise.all([sqsPort, dynamodbPort, controlPort].map((port) => probe(port, 'sqs')))).toEqual(
      Array(3).fill('nothing'),
    )
  })

  it('that cannot all be started leave none behind', async () => {
    const stranger = createServer((_, response) => response.end('{}'))
    const taken = await listen(stranger, { ...PLACE, what: 'web' })
    later(() => closeServer(stranger))
    const undone: string[] = []
    const teardown = makeTeardown()
    const add = (step: () => unknown) => {
      undone.push('one')
      teardown.add(step)
    }
    await expect(startEngines(settingsWith(taken), { ...teardown, add })).rejects.toThrow(
      `port ${taken} (control) is in use`,
    )
    expect(undone).toHaveLength(2)
    await teardown.run()
  })
})

describe('what the control endpoint refuses', () => {
  it('is a call that its check refuses, in the words of the check, with all that the check needs; its pages are open', async () => {
    const seen: unknown[] = []
    const check: ControlPlane['check'] = async (asked) => {
      const { headers, body, ...rest } = asked
      seen.push({ ...rest, body: body.toString(), target: headers['x-amz-target'] })
      return refuseAll(asked)
    }
    let reads = 0
    const secret = async () => {
      reads += 1
      return '{}'
    }
    const control = await startControl(PLACE, planeOf({ check, secret }), { '/own': () => ({ own: 1 }) })
    later(() => control.stop())
    const headers = { 'x-amz-target': 'secretsmanager.GetSecretValue' }
    const post = (path: string) => fetch(`${control.url}${path}`, { method: 'POST', headers, body: '{"SecretId":"a"}' })
    const got = await post('/?a=1')
    expect([got.status, await got.json()]).toMatchObject([400, { __type: 'UnrecognizedClientException' }])
    const target = 'secretsmanager.GetSecretValue'
    expect(seen.splice(0)).toEqual([{ method: 'POST', path: '/?a=1', body: '{"SecretId":"a"}', target }])
    expect(reads).toBe(0)
    expect(await (await fetch(`${control.url}/own?b=2`)).json()).toEqual({ own: 1 })
    expect(seen).toEqual([])
    // Only a GET of a page that is there is open.
    expect((await post('/own')).status).toBe(400)
    for (const path of ['/toString', '/__proto__', '/constructor'])
      expect(await (await fetch(`${control.url}${path}`)).json(), path).toMatchObject({
        __type: 'UnrecognizedClientException',
      })
    expect(seen).toHaveLength(4)
    expect(control.requests()).toEqual({ GetSecretValue: 2 })
  })

  it('is a body of more than 4 MiB', async () => {
    const control = await startControl(PLACE, planeOf())
    later(() => control.stop())
    const post = async (bytes: number) =>
      (await fetch(control.url, { method: 'POST', body: Buffer.alloc(bytes, ' ') })).status
    expect([await post(4 * 1024 * 1024), await post(4 * 1024 * 1024 + 1)]).toEqual([404, 413])
  })
})

describe('a server that is closed', () => {
  const hanging = { status: 200, headers: {}, body: Buffer.from('') }
  it.each([
    ['the control endpoint', () => startControl(PLACE, planeOf({ check: () => never }))],
    [
      'the gateway',
      () =>
        startGateway({
          check: () => never,
          interceptors: [() => ({ kind: 'answer', answer: hanging })],
          engines: { sqs: '', dynamodb: '', secretsmanager: '', cloudwatch: '', lambda: '' },
        }),
    ],
  ])('lets a request that runs end for half a second, and then cuts it off: %s', async (_, begin) => {
    const server = await begin()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    const host = new URL(server.url).host
    socket.on('error', () => {})
    let ended = 'open'
    socket.on('close', () => {
      ended = 'cut'
    })
    await once(socket, 'connect')
    const served = new Promise((resolve) => socket.write(`POST /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`, resolve))
    await served
    await new Promise((resolve) => setTimeout(resolve, 50))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    let isClosed = false
    const closed = server.stop().then(() => {
      isClosed = true
    })
    await vi.advanceTimersByTimeAsync(499)
    for (let n = 0; n < 20; n += 1) await new Promise(setImmediate)
    expect([isClosed, ended]).toEqual([false, 'open'])
    await vi.advanceTimersByTimeAsync(1)
    await closed
    await turnsUntil(() => ended === 'cut')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is closed as soon as its last request has its answer, with no timer left, and closing it again is nothing', async () => {
    const answers: (() => void)[] = []
    const server = createServer((_, response) => void answers.push(() => response.end('done')))
    const port = await listen(server, PLACE)
    const got = new Promise<string>((resolve, reject) => {
      const sent = request(urlOf(port), { agent: false }, (answer) => {
        answer.toArray().then((parts) => resolve(Buffer.concat(parts).toString()), reject)
      })
      sent.on('error', reject)
      sent.end()
    })
    await turnsUntil(() => answers.length === 1)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const closed = closeServer(server, 60_000)
    answers[0]?.()
    await closed
    expect([await got, vi.getTimerCount()]).toEqual(['done', 0])
    await closeServer(server, 60_000)
    expect(vi.getTimerCount()).toBe(0)
  })
})

it('of the metrics that a fleet publishes the newest twenty thousand are kept, in their order and with their time', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-21T12:00:00.000Z') })
  onTestFinished(() => void vi.useRealTimers())
  const store = makeMetricStore()
  store.put('first', [0, 1, 2])
  vi.setSystemTime(Date.parse('2026-11-21T12:00:07.000Z'))
  store.put(
    'second',
    Array.from({ length: 19_999 }, (_, n) => n),
  )
  const all = store.read()
  expect(all).toHaveLength(20_000)
  expect(all[0]).toEqual({ namespace: 'first', receivedAt: '2026-11-21T12:00:00.000Z', datum: 2 })
  expect(all[1]).toEqual({ namespace: 'second', receivedAt: '2026-11-21T12:00:07.000Z', datum: 0 })
  expect(all.at(-1)?.datum).toBe(19_998)
})
