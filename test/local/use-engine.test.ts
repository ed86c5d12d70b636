import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { type EnginePlace, useEngine } from '../../local/engines/use-engine.ts'
import { closeServer, listen } from '../../local/support/listen.ts'
import { freePort } from '../engines/processes.ts'
import { folder, later } from './bundles.ts'
import { startRecorder } from './recorder.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})
async function use(place: EnginePlace) {
  const inUse = await useEngine(place, folder())
  if (inUse.engine !== undefined) stops.push(inUse.engine.stop)
  return inUse
}
const PROTOCOLS = {
  sqs: { what: 'SQS', variable: 'LIFESIGN_SQS_PORT', protocol: 'sqs', givenBy: 'LIFESIGN_SQS_URL' },
  dynamodb: {
    what: 'DynamoDB',
    variable: 'LIFESIGN_DYNAMODB_PORT',
    protocol: 'dynamodb',
    givenBy: 'LIFESIGN_DYNAMODB_URL',
  },
} as const

describe.each(['sqs', 'dynamodb'] as const)('the engine that a fleet uses for %s', (protocol) => {
  const place = { ...PROTOCOLS[protocol], port: 0 }

  it('is its own where nothing listens, and one that is there already otherwise', async () => {
    const own = await use(place)
    expect(own.how).toBe('own')
    const found = await use({ ...place, port: own.engine?.port ?? 0 })
    expect(found).toEqual({ url: own.url, how: 'found' })
  })

  it('is not the other kind of engine, nor a web server', async () => {
    const other = await use({ ...PROTOCOLS[protocol === 'sqs' ? 'dynamodb' : 'sqs'], port: 0 })
    await expect(use({ ...place, port: other.engine?.port ?? 0 })).rejects.toThrow(/is in use by another program/)
    const server = createServer((_, response) => response.end('{"hello":"world"}'))
    const port = await listen(server, { what: 'web', port: 0, variable: '' })
    later(() => closeServer(server))
    await expect(use({ ...place, port })).rejects.toThrow(/is in use by another program/)
  })

  it('is what the variable names, also when it is a proxy in front of a port where it must be started first', async () => {
    const port = await freePort()
    const proxy = await startRecorder(`http://127.0.0.1:${port}`)
    const behind = await use({ ...place, port, given: proxy.url })
    expect(behind).toMatchObject({ url: proxy.url, how: 'given' })
    expect(behind.engine?.port).toBe(port)
    expect(await use({ ...place, port, given: proxy.url })).toEqual({ url: proxy.url, how: 'given' })
  })

  it('is refused in one line when nothing answers at the address that the variable names', async () => {
    const given = `http://127.0.0.1:${await freePort()}`
    await expect(use({ ...place, given })).rejects.toThrow(`${place.givenBy}: nothing that speaks ${place.what}`)
  })
})
