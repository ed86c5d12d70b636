import { expect, it } from 'vitest'
import { makeDeepRuns } from '../../functions/adapters/deep-ports.ts'
import {
  makeHealthStores,
  makeHistory,
  makeLastRunStore,
  makeTokenReader,
} from '../../functions/adapters/health-ports.ts'
import { makeServerClock } from '../../functions/adapters/system/server-clock.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { loopbackAws } from './loopback-aws.ts'

const answers = { body: { SecretString: '{"healthToken":"probe"}' } }

it('each part of the health function reads its own item of the table that it is told, and the secret that it is told', async () => {
  const { asked } = await loopbackAws(() => answers)
  const { record, admission } = makeHealthStores('lifesign-prod', {})
  expect(await record.read()).toEqual({ record: null })
  expect(await admission.read()).toEqual({ kind: 'missing' })
  expect(await makeLastRunStore('lifesign-prod', {}).read()).toBeNull()
  expect(await makeHistory('lifesign-prod', {}).list('hour', NOON, NOON)).toEqual([])
  expect(await (await makeTokenReader('arn:secret')).read()).toEqual({ healthToken: 'probe' })
  const item = (sk: string) => ({ TableName: 'lifesign-prod', Key: { pk: { S: 'fleet' }, sk: { S: sk } } })
  expect(asked.map(({ body }) => body)).toMatchObject([
    ...['readiness', 'admission', 'deep'].map(item),
    { TableName: 'lifesign-prod' },
    { SecretId: 'arn:secret' },
  ])
})

it.each([
  ['the record', (port: number) => makeHealthStores('lifesign', at(port)).record.read()],
  ['the history', (port: number) => makeHistory('lifesign', at(port)).list('hour', NOON, NOON)],
  ['the last deep run', (port: number) => makeLastRunStore('lifesign', at(port)).read()],
] as const)('for %s the client is made as the health function asks for it', async (_, read) => {
  const { url, asked } = await loopbackAws(() => ({ status: 500 }))
  await expect(read(Number(new URL(url).port))).rejects.toThrow()
  expect(asked).toHaveLength(1)
})

it('a deep run is stored in the table that is told, and its answer sets the clock', async () => {
  const { asked } = await loopbackAws(() => ({ headers: { date: new Date(NOON + 3_600_000).toUTCString() } }))
  const serverClock = makeServerClock(memoryClock(NOON))
  expect(await makeDeepRuns({ tableName: 'lifesign-prod' }, serverClock).begin('run-1', NOON, NOON + 9)).toEqual({
    kind: 'begun',
  })
  expect(asked.map(({ operation, body }) => [operation, body.TableName])).toEqual([['UpdateItem', 'lifesign-prod']])
  expect(serverClock.now() - NOON).toBeGreaterThan(3_590_000)
})

const at = (port: number) => ({ endpoint: `http://127.0.0.1:${port}`, maxAttempts: 1 })
