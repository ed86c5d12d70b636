import { BillingMode, CreateTableCommand, DynamoDBClient, KeyType, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TABLE, taskKey } from '../../functions/contract/table.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { expired, type Fleet, lifesign, solved, startFleet } from './scripted-fleet.ts'

const TASK = ['send', '--sitekey', 'k', '--pageurl', 'https://shop.example/']
let fleet: Fleet
let engine: RunningEngine
let table: DynamoDBClient
beforeEach(async () => {
  fleet = await startFleet()
  engine = await dynaliteEngine.start()
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  table = new DynamoDBClient({ endpoint: engine.endpoint, region: 'us-east-1', credentials })
  const { pk, sk } = TABLE
  await table.send(
    new CreateTableCommand({
      TableName: 'lifesign',
      BillingMode: BillingMode.PAY_PER_REQUEST,
      KeySchema: [
        { AttributeName: pk, KeyType: KeyType.HASH },
        { AttributeName: sk, KeyType: KeyType.RANGE },
      ],
      AttributeDefinitions: [
        { AttributeName: pk, AttributeType: 'S' },
        { AttributeName: sk, AttributeType: 'S' },
      ],
    }),
  )
})
afterEach(async () => {
  table.destroy()
  await engine.stop()
  await fleet.close()
})

const put = (taskId: string, item: object) =>
  table.send(
    new PutItemCommand({
      TableName: 'lifesign',
      Item: marshall({ ...taskKey(taskId), ...item }, { removeUndefinedValues: true }),
    }),
  )
const run = (...args: string[]) =>
  lifesign([...TASK, ...args], { port: fleet.port, dynamodbPort: Number(new URL(engine.endpoint).port) })

test('tells how far the task is, and by whom it is being solved', async () => {
  await put('far', { state: 'submitted', provider: 'captchaai' })
  const { err } = await run('--task-id', 'far', '--wait', '2')
  expect(err.join('\n')).toContain('being solved by captchaai')
  expect(err.at(-1)).toBe('no result for far in 2 s; last seen being solved by captchaai')
})

test('--reply record: the result comes from the table, and the queue is not waited for', async () => {
  await put('kept', { state: 'solved', result: solved({ taskId: 'kept' }) })
  const { code, out } = await run('--task-id', 'kept', '--reply', 'record')
  expect({ code, out }).toEqual({ code: 0, out: ['token-of-kept'] })
})

test('a result that another reader took: an expired one is told from the table, a solution is said to be gone', async () => {
  await put('gone', { state: 'expired', result: expired({ taskId: 'gone' }) })
  await put('taken', { state: 'solved', result: { ...solved({ taskId: 'taken' }), solution: undefined } })
  const [gone, taken] = await Promise.all([run('--task-id', 'gone'), run('--task-id', 'taken')])
  expect(gone.code).toBe(3)
  expect(gone.err.at(-1)).toMatch(/^expired: DEADLINE_EXCEEDED/)
  expect(taken.code).toBe(4)
  expect(taken.err.at(-1)).toMatch(/another reader of the result queue took the solution/)
})

test('result of an id that nobody sent says that nothing is known of it, not that it waits in a queue', async () => {
  const dynamodbPort = Number(new URL(engine.endpoint).port)
  const { code, err } = await lifesign(['result', 'nobody', '--wait', '2'], { port: fleet.port, dynamodbPort })
  const nothing = 'nothing is known of it: no worker has taken it, or it was never sent under this id'
  expect({ code, err }).toEqual({ code: 4, err: [nothing, `no result for nobody in 2 s; ${nothing}`] })
})

test('the time of a solve is the task’s own, however long somebody waited before asking for the result', async () => {
  await put('old', { state: 'solved', result: solved({ taskId: 'old' }) })
  const dynamodbPort = Number(new URL(engine.endpoint).port)
  const { code, err } = await lifesign(['result', 'old'], { port: fleet.port, dynamodbPort })
  expect(code).toBe(0)
  expect(err.at(-1)).toBe('solved by captchaai in 9.0 s')
})
