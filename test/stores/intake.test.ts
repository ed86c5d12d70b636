import dns from 'node:dns'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeIntake } from '../../functions/adapters/lambda/intake.ts'
import { type LambdaApi, makeLambdaApi } from '../../functions/adapters/lambda/lambda-api.ts'
import { startControl } from '../../local/engines/control.ts'
import type { Engine } from '../../local/engines/engine.ts'
import { Mappings } from '../../local/engines/mappings.ts'
import { makeMetricStore } from '../../local/engines/metric-store.ts'
import { memoryClock } from '../../sim/memory/clock.ts'
import { memoryIntake } from '../../sim/memory/intake.ts'
import { mapping } from '../build/mapping.ts'
import { HOST } from '../engines/processes.ts'
import { intakeContract } from './intake-contract.ts'

const intakeAt = (endpoint: string, clock = memoryClock(0, { skip: true })) =>
  makeIntake({ call: makeLambdaApi({ region: 'us-east-1', endpoint }), mappingId: mapping.uuid, clock })

describe('the intake in memory', () => {
  for (const changeMs of [0, 90_000])
    describe(`whose changes take ${changeMs} ms`, () => {
      intakeContract(async () => {
        const clock = memoryClock()
        return { intake: memoryIntake({ ...clock, changeMs }), settle: () => clock.advance(changeMs) }
      })
    })
})

describe('the intake as the local run has it', () => {
  let control: Engine
  const folder = mkdtempSync(join(tmpdir(), 'lifesign-intake-'))
  const mappings = new Mappings(join(folder, 'mappings.json'), [mapping])
  beforeAll(async () => {
    const place = { what: 'control', port: 0, variable: 'LIFESIGN_CONTROL_PORT' }
    control = await startControl(place, { mappings, metrics: makeMetricStore() })
  })
  afterAll(async () => {
    await control.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  intakeContract(async () => ({ intake: intakeAt(control.url), settle: async () => {} }))

  it('is an error by its name where the event source is gone', async () => {
    const call = makeLambdaApi({ region: 'us-east-1', endpoint: control.url })
    const gone = makeIntake({ call, mappingId: 'gone', clock: memoryClock() })
    await expect(gone.read()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })
})

describe('the intake at an API that answers what AWS documents', () => {
  type Answer = { status: number; type?: string; state?: string }
  const SIGNED =
    /^AWS4-HMAC-SHA256 Credential=test\/\d{8}\/us-east-1\/lambda\/aws4_request, SignedHeaders=content-type;host;/
  /** Answers each request with the next of these, and keeps what was asked. */
  async function scripted(answers: Answer[]) {
    const asked: { method: string; path: string; body: string; signed: boolean }[] = []
    const clock = memoryClock(0, { skip: true })
    const times: number[] = []
    const server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString()
      const { method = '', url: path = '', headers } = request
      times.push(clock.now())
      asked.push({
        method,
        path,
        body,
        signed: SIGNED.test(headers.authorization ?? '') && headers['content-type'] === 'application/json',
      })
      const { status, type, state } = answers.shift() ?? { status: 500 }
      response.writeHead(status, type === undefined ? {} : { 'x-amzn-errortype': type })
      response.end(JSON.stringify(state === undefined ? { message: 'no' } : { State: state }))
    })
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const close = () => {
      server.closeAllConnections()
      server.close()
    }
    return { asked, times, close, intake: intakeAt(`http://${HOST}:${address.port}`, clock) }
  }

  it.each([
    ['Creating', 'changing'],
    ['Enabling', 'changing'],
    ['Enabled', 'open'],
    ['Disabling', 'changing'],
    ['Disabled', 'shut'],
    ['Updating', 'changing'],
    ['Deleting', 'changing'],
  ])('where its state is %s it is %s', async (state, expected) => {
    const { intake, asked, close } = await scripted([{ status: 200, state }])
    expect(await intake.read()).toBe(expected)
    expect(asked).toEqual([
      { method: 'GET', path: `/2015-03-31/event-source-mappings/${mapping.uuid}`, body: '', signed: true },
    ])
    close()
  })

  it.each(['ResourceInUseException', 'ResourceConflictException:http://internal.amazon.com/coral/'])(
    'is changing, and is not asked again, where an earlier change is under way (%s)',
    async (type) => {
      const { intake, asked, close } = await scripted([{ status: 400, type }])
      expect(await intake.set(false)).toBe('changing')
      expect(asked.map(({ method, body }) => [method, body])).toEqual([['PUT', '{"Enabled":false}']])
      close()
    },
  )

  it('is asked three times at most where Lambda throttles its API, each time later', async () => {
    const throttled = { status: 429, type: 'TooManyRequestsException' }
    const late = await scripted([throttled, throttled, { status: 202, state: 'Disabling' }])
    expect(await late.intake.set(false)).toBe('changing')
    expect(late.times).toEqual([0, 300, 900])
    expect(late.asked.map(({ method, body }) => `${method} ${body}`)).toEqual(Array(3).fill('PUT {"Enabled":false}'))
    late.close()
    const never = await scripted([throttled, throttled, throttled, throttled])
    await expect(never.intake.read()).rejects.toMatchObject({ name: 'TooManyRequestsException' })
    expect(never.asked).toHaveLength(3)
    never.close()
  })

  it.each([
    ['is down', { status: 500, type: 'ServiceException' }, 2],
    ['is not there', { status: 503 }, 2],
    ['answers with an error that has no name', { status: 500 }, 1],
  ])('where the API %s it is asked %o: %i times', async (_, answer, times) => {
    const { intake, asked, close } = await scripted([answer, { status: 200, state: 'Enabled' }])
    expect(await intake.read().catch(({ name }) => name)).toBe(times === 2 ? 'open' : 'HTTP_500')
    expect(asked).toHaveLength(times)
    close()
  })

  it('is not asked again where the right is missing or the request is wrong', async () => {
    for (const [status, type] of [
      [403, 'AccessDeniedException'],
      [400, 'InvalidParameterValueException'],
    ] as const) {
      const { intake, asked, close } = await scripted([{ status, type }])
      await expect(intake.read()).rejects.toThrow(`Lambda refused the call: ${type} (${status})`)
      expect(asked).toHaveLength(1)
      close()
    }
  })
})

it('is read and set by the two operations that its right names', async () => {
  const asked: unknown[][] = []
  const call: LambdaApi = async (...operation) => {
    asked.push(operation)
    return { State: 'Enabled' }
  }
  const intake = makeIntake({ call, mappingId: 'm-1', clock: memoryClock() })
  expect([await intake.read(), await intake.set(true)]).toEqual(['open', 'open'])
  expect(asked).toEqual([
    ['GetEventSourceMapping', 'event-source-mappings/m-1', undefined],
    ['UpdateEventSourceMapping', 'event-source-mappings/m-1', { Enabled: true }],
  ])
})

it.each([
  ['us-east-1', 'lambda.us-east-1.amazonaws.com'],
  ['cn-north-1', 'lambda.cn-north-1.amazonaws.com.cn'],
  ['eu-cn-1', 'lambda.eu-cn-1.amazonaws.com'],
])("without an address of its own, the API of Lambda in %s is AWS's at %s", async (region, host) => {
  const names: string[] = []
  const lookup = vi.spyOn(dns, 'lookup').mockImplementation((name: string, ...rest: unknown[]) => {
    names.push(name)
    const done = rest.at(-1)
    if (typeof done === 'function') done(new Error('no network in tests'))
  })
  onTestFinished(() => lookup.mockRestore())
  await expect(makeLambdaApi({ region })('GetEventSourceMapping', 'm')).rejects.toThrow('no network in tests')
  expect(names).toEqual([host])
})

it('a call of the API of Lambda that is not answered ends after two seconds, which is tried again', async () => {
  const asked = Promise.withResolvers<void>()
  const server = createServer(() => asked.resolve())
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  onTestFinished(() => {
    vi.useRealTimers()
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const call = makeLambdaApi({ region: 'us-east-1', endpoint: `http://${HOST}:${port}` })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let ended = ''
  const answer = call('GetEventSourceMapping', 'm').catch(({ name }) => (ended = name))
  await asked.promise
  await vi.advanceTimersByTimeAsync(1900)
  expect(ended).toBe('')
  await vi.advanceTimersByTimeAsync(200)
  expect(await answer).toBe('TimeoutError')
})
