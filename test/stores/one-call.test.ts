import { marshall } from '@aws-sdk/util-dynamodb'
import { describe, expect, it } from 'vitest'
import { storedControl } from '../../functions/adapters/dynamodb/admission-item.ts'
import { makeAdmissionStore } from '../../functions/adapters/dynamodb/admission-store.ts'
import { makeDynamoClient } from '../../functions/adapters/dynamodb/client.ts'
import { makeDeepRunStore } from '../../functions/adapters/dynamodb/deep-run-store.ts'
import { makeHistoryStore } from '../../functions/adapters/dynamodb/history-store.ts'
import { makeOutcomeStore } from '../../functions/adapters/dynamodb/outcome-store.ts'
import { makeRecordStore } from '../../functions/adapters/dynamodb/record-store.ts'
import { makeTaskStore } from '../../functions/adapters/dynamodb/task-store.ts'
import { batchEntry } from '../../functions/adapters/sqs/batch-entry.ts'
import { makeSqsClient } from '../../functions/adapters/sqs/client.ts'
import { makeDepths } from '../../functions/adapters/sqs/depths.ts'
import { makeMessageSender } from '../../functions/adapters/sqs/sender.ts'
import { makeVisibility } from '../../functions/adapters/sqs/visibility.ts'
import { LIMITS } from '../../functions/contract/limits.ts'
import { admissionKey, historyKey } from '../../functions/contract/table.ts'
import { emptyBucket } from '../../functions/core/record/history-bucket.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { deepRun } from '../build/deep-run.ts'
import { fullAdmission } from './builders.ts'
import { loopbackAws } from './loopback-aws.ts'

const tableAt = (endpoint: string) => ({ client: makeDynamoClient({ endpoint }), tableName: 'lifesign' })

it('an hour of the history that cannot be read costs its neighbours nothing', async () => {
  const itemOf = (at: number, change = {}) =>
    marshall({ ...historyKey('hour', at), ...emptyBucket('hour', at), ttl: 1, ...change })
  const Items = [itemOf(NOON), itemOf(NOON + 1, { solved: 'many' }), itemOf(NOON + 2)]
  const { url } = await loopbackAws(() => ({ body: { Items } }))
  expect(await makeHistoryStore(tableAt(url)).list('hour', NOON, NOON + 2)).toEqual([
    emptyBucket('hour', NOON),
    emptyBucket('hour', NOON + 2),
  ])
})

describe('a deep run', () => {
  it.each([
    ['no text', { deepRun: 7 }],
    ['no JSON', { deepRun: '{' }],
    ['of another form', { deepRun: JSON.stringify({ ...deepRun(), paid: 'yes' }) }],
  ])('that is stored as %s counts as none', async (_, item) => {
    const { url } = await loopbackAws(() => ({ body: { Item: marshall(item) } }))
    expect(await makeDeepRunStore(tableAt(url)).read()).toBeNull()
  })

  it('is read as it was stored, with what each probe found', async () => {
    const down = {
      status: 'down',
      criticality: 'hard',
      responseMs: null,
      error: 'TIMEOUT',
      reason: 'No answer.',
    } as const
    const slow = { status: 'degraded', criticality: 'soft', responseMs: 8123 } as const
    const run = deepRun({ paid: true, checks: { captchaaiApi: down, taskQueue: slow } })
    const { url } = await loopbackAws(() => ({ body: { Item: marshall({ deepRun: JSON.stringify(run) }) } }))
    expect(await makeDeepRunStore(tableAt(url)).read()).toEqual(run)
  })

  it('that finds another one running whose lease cannot be read is told that it ends now', async () => {
    const { url, asked } = await loopbackAws(({ operation }) =>
      operation === 'GetItem' ? {} : { status: 400, body: { __type: 'x#ConditionalCheckFailedException' } },
    )
    expect(await makeDeepRunStore(tableAt(url)).begin('a', NOON, NOON + 1)).toEqual({ kind: 'running', until: NOON })
    expect(asked.map(({ operation }) => operation)).toEqual(['UpdateItem', 'GetItem'])
  })
})

it('a message is hidden for whole seconds from 0 to 12 hours, and only what SQS tells of counts as hidden', async () => {
  const { url, asked } = await loopbackAws(() => ({ body: { Successful: [{ Id: '3' }, { Id: '1' }], Failed: [] } }))
  const visibility = makeVisibility({ client: makeSqsClient({ endpoint: url }), queueUrl: `${url}/1/q`, log: () => {} })
  const holds = [-3, 0.4, 2.5, 43_201].map((seconds, n) => ({ receipt: `r${n}`, seconds }))
  expect(await visibility.extend(holds)).toEqual([false, true, false, true])
  expect(asked[0]?.body.Entries).toEqual([
    { Id: '0', ReceiptHandle: 'r0', VisibilityTimeout: 0 },
    { Id: '1', ReceiptHandle: 'r1', VisibilityTimeout: 0 },
    { Id: '2', ReceiptHandle: 'r2', VisibilityTimeout: 3 },
    { Id: '3', ReceiptHandle: 'r3', VisibilityTimeout: 43_200 },
  ])
})

it('ten messages are hidden by one call and the eleventh by another; where a call fails the log has how many it was for', async () => {
  const { url, asked } = await loopbackAws(({ body }) => {
    const entries = Array.isArray(body.Entries) ? body.Entries : []
    if (entries.length < 10) return { status: 400, body: { __type: 'x#InvalidParameterValue' } }
    return { body: { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] } }
  })
  const logged: unknown[] = []
  const queue = { client: makeSqsClient({ endpoint: url }), queueUrl: `${url}/1/q` }
  const visibility = makeVisibility({ ...queue, log: (...line) => logged.push(line) })
  const holds = Array.from({ length: 12 }, (_, n) => ({ receipt: `r${n}`, seconds: 20 + n }))
  expect(await visibility.extend(holds)).toEqual(holds.map((_, n) => n < 10))
  const entry = (n: number) => ({ Id: String(n % 10), ReceiptHandle: `r${n}`, VisibilityTimeout: 20 + n })
  expect(asked.map(({ body }) => body).sort((a, b) => String(b.Entries).length - String(a.Entries).length)).toEqual([
    { QueueUrl: `${url}/1/q`, Entries: holds.slice(0, 10).map((_, n) => entry(n)) },
    { QueueUrl: `${url}/1/q`, Entries: [entry(10), entry(11)] },
  ])
  expect(logged).toEqual([['warn', 'visibility not changed', { count: 2, error: 'InvalidParameterValue' }]])
})

it('what is escaped in a body takes the room of its escape: no attribute is sent that has none left', () => {
  const escaped = Math.floor((LIMITS.messageBytes - 20) / 6)
  const entryOf = (value: string) => batchEntry({ body: '\u{1}'.repeat(escaped), attributes: { a: value } }, 0)
  const room = LIMITS.messageBytes - 6 * escaped - 'a'.length - 'String'.length
  expect(entryOf('x'.repeat(room)).MessageAttributes).toEqual({
    a: { DataType: 'String', StringValue: 'x'.repeat(room) },
  })
  expect(entryOf('x'.repeat(room + 1)).MessageAttributes).toBeUndefined()
})

it('each queue is asked at the endpoint, whatever host its URL names', async () => {
  const md5 = '0cc175b9c0f1b6a831c399e269772661'
  const { url, asked } = await loopbackAws(() => ({ body: { Successful: [{ Id: '0', MD5OfMessageBody: md5 }] } }))
  const logged: unknown[] = []
  const client = makeSqsClient({ endpoint: url })
  const queueUrls = { tasks: 'http://127.0.0.1:9/000000000000/tasks' }
  const sender = makeMessageSender({ client, queueUrls, log: (...line) => logged.push(line) })
  expect(await sender.send('tasks', [{ body: 'a' }])).toEqual([true])
  expect(asked.map(({ operation, body }) => [operation, body.QueueUrl])).toEqual([
    ['SendMessageBatch', queueUrls.tasks],
  ])
  expect(logged).toEqual([])
})

it.each(['', '5x', 'x5', '-1', '1.5'])(
  'a depth that is no whole number (%j) is an error, never a number',
  async (count) => {
    const names = ['', 'NotVisible', 'Delayed'].map((name) => `ApproximateNumberOfMessages${name}`)
    const answers = [count, '12'].map((visible) => ({
      Attributes: Object.fromEntries(names.map((name, n) => [name, n === 0 ? visible : '30'])),
    }))
    const { url } = await loopbackAws(() => ({ body: answers.shift() ?? {} }))
    const depths = makeDepths({ client: makeSqsClient({ endpoint: url }), queueUrls: { tasks: `${url}/1/q` } })
    await expect(depths.read('tasks')).rejects.toThrow('the queue tasks answered without ApproximateNumberOfMessages')
    expect(await depths.read('tasks')).toEqual({ visible: 12, hidden: 30, delayed: 30 })
  },
)

it('each read of the table is consistent, and of the outcomes no more is asked for than is needed', async () => {
  const { url, asked } = await loopbackAws()
  const table = { ...tableAt(url), clock: memoryClock(), log: () => {} }
  await makeTaskStore(table).read('task-1')
  await makeRecordStore(table).read()
  await makeAdmissionStore(table).read()
  await makeDeepRunStore(table).read()
  expect(await makeHistoryStore(table).list('hour', NOON, NOON + 1)).toEqual([])
  const outcomes = makeOutcomeStore(table)
  await outcomes.list(3, NOON, NOON + 1, 5)
  await outcomes.has('i', NOON, NOON + 1)
  expect(asked.map(({ operation, body }) => [operation, body.ConsistentRead])).toEqual([
    ...Array(4).fill(['GetItem', true]),
    ...Array(3).fill(['Query', true]),
  ])
  expect(asked.slice(-2).map(({ body }) => [body.Limit, body.ProjectionExpression])).toEqual([
    [6, undefined],
    [undefined, 'sk'],
  ])
})

it('a refused write of the admission item is told with the item that the table answers with, without a read', async () => {
  const { epoch, counts, control } = fullAdmission()
  const B = Buffer.from(storedControl(control)).toString('base64')
  const Item = { ...marshall({ ...admissionKey, schema: 1, epoch, ...counts }), control: { B } }
  const { url, asked } = await loopbackAws(() => ({
    status: 400,
    body: { __type: 'x#ConditionalCheckFailedException', Item },
  }))
  const answer = await makeAdmissionStore(tableAt(url)).write({ most: { inFlight: 4 }, add: { inFlight: 1 } })
  expect(answer).toEqual({ applied: false, reading: { kind: 'admission', admission: fullAdmission() } })
  expect(asked.map(({ body }) => body.ReturnValuesOnConditionCheckFailure)).toEqual(['ALL_OLD'])
})

it('an admission item that cannot be read is replaced only while it is still that one', async () => {
  const found = { schema: { N: '1' }, epoch: { N: '3' }, control: { B: Buffer.from('?').toString('base64') } }
  const { url, asked } = await loopbackAws(({ operation }) =>
    operation === 'GetItem' ? { body: { Item: found } } : {},
  )
  const created = fullAdmission()
  expect(await makeAdmissionStore(tableAt(url)).create(created)).toEqual({
    ...{ applied: true, reading: { kind: 'admission', admission: created } },
  })
  expect(asked.map(({ operation }) => operation)).toEqual(['GetItem', 'PutItem'])
  expect(asked[1]?.body).toMatchObject({
    ConditionExpression: '#schema = :schema AND #epoch = :epoch AND #control = :control',
    ExpressionAttributeNames: { '#schema': 'schema', '#epoch': 'epoch', '#control': 'control' },
    ExpressionAttributeValues: { ':schema': found.schema, ':epoch': found.epoch, ':control': found.control },
  })
})

it('a change of the admission item that is not answered fails with its own error, where the item cannot be read either', async () => {
  const { url, asked } = await loopbackAws(({ operation }) => ({
    ...{
      status: 400,
      body: { __type: `x#${operation === 'GetItem' ? 'AccessDeniedException' : 'ValidationException'}` },
    },
  }))
  const change = makeAdmissionStore(tableAt(url)).write({ add: { inFlight: 1 } })
  await expect(change).rejects.toMatchObject({ name: 'ValidationException' })
  expect(asked.map(({ operation }) => operation)).toEqual(['UpdateItem', 'GetItem'])
})
