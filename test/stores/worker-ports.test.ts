import { expect, it, onTestFinished } from 'vitest'
import { makeWorkerPorts, sameSecret, sha256, workerName } from '../../functions/adapters/worker-ports.ts'
import { loopbackAws } from './loopback-aws.ts'

const HOUR = 3_600_000

it('a worker sends to the queues that it has the URLs of, each by its own', () => {
  const urls = { taskQueueUrl: 't', pollQueueUrl: 'p', resultQueueUrl: 'r', deadLetterQueueUrl: 'd' }
  const portsOf = (given: Partial<typeof urls>) => makeWorkerPorts({ tableName: 'lifesign', log: () => {}, ...given })
  expect(portsOf(urls).queueUrls).toEqual({ tasks: 't', polls: 'p', results: 'r', deadLetters: 'd' })
  expect(portsOf({ pollQueueUrl: 'p' }).queueUrls).toEqual({ polls: 'p' })
})

it('a worker goes by the clock of its table after the first answer', async () => {
  const { asked } = await loopbackAws(() => ({ headers: { date: new Date(Date.now() + HOUR).toUTCString() } }))
  const { tasks, admission, outcomes, clock, dynamo } = makeWorkerPorts({ tableName: 'lifesign-prod', log: () => {} })
  onTestFinished(() => dynamo.destroy())
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(2000)
  expect(await tasks.read('-')).toBeUndefined()
  expect(Math.abs(clock.now() - Date.now() - HOUR)).toBeLessThan(2000)
  await admission.read()
  await outcomes.list(1, 0, 1, 1)
  expect(asked.map(({ operation, body }) => `${operation} ${body.TableName}`)).toEqual([
    ...['GetItem lifesign-prod', 'GetItem lifesign-prod', 'Query lifesign-prod'],
  ])
})

it('by that clock a worker also judges whether an item is past its time', async () => {
  const inHalfAnHour = { N: String(Math.floor((Date.now() + HOUR / 2) / 1000)) }
  const { asked } = await loopbackAws(({ operation }) => ({
    headers: { date: new Date(Date.now() + HOUR).toUTCString() },
    body: operation === 'Query' ? { Items: [{ ttl: inHalfAnHour, sk: { S: 'broken' } }] } : {},
  }))
  const lines: unknown[][] = []
  const ports = makeWorkerPorts({ tableName: 'lifesign', log: (...line) => lines.push(line) })
  onTestFinished(() => ports.dynamo.destroy())
  await ports.admission.read()
  await ports.tasks.apply({ kind: 'release', taskId: 't', attempt: 'a', after: 'refusal' })
  expect(await ports.outcomes.list(1, 0, 1, 1)).toEqual({ items: [], more: false })
  const values = asked.find(({ operation }) => operation === 'UpdateItem')?.body.ExpressionAttributeValues
  const now = typeof values === 'object' && values !== null && ':now' in values ? values[':now'] : undefined
  const second = typeof now === 'object' && now !== null && 'N' in now ? Number(now.N) : 0
  expect(Math.abs(1000 * second - Date.now() - HOUR)).toBeLessThan(5000)
  // An item that is past its time is left out without a word; another one that cannot be read would be told of.
  expect(lines).toEqual([])
})

it('a worker that cannot send a message tells its log, and of its queues asks the one it was told', async () => {
  const { asked } = await loopbackAws(() => ({ status: 400, body: { __type: 'x#InvalidParameterValue' } }))
  const lines: unknown[][] = []
  const { sender, sqs } = makeWorkerPorts({
    ...{ tableName: 'lifesign', resultQueueUrl: 'http://127.0.0.1:9/1/results' },
    log: (...line) => lines.push(line),
  })
  onTestFinished(() => sqs.destroy())
  expect(await sender.send('results', [{ body: 'a' }])).toEqual([false])
  expect(asked.map(({ operation, body }) => [operation, body.QueueUrl])).toEqual([
    ['SendMessageBatch', 'http://127.0.0.1:9/1/results'],
  ])
  expect(lines).toMatchObject([['warn', 'messages not sent', { queue: 'results', count: 1 }]])
})

it('a worker has a name of eight hexadecimal digits, and each its own', () => {
  const names = Array.from({ length: 100 }, workerName)
  expect(names.filter((name) => !/^[0-9a-f]{8}$/.test(name))).toEqual([])
  expect(new Set(names).size).toBe(100)
})

it('a SHA-256 is told in hexadecimal digits', () => {
  expect(sha256('é')).toBe('4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c')
})

it('two secrets are the same where both are there and equal', () => {
  const pairs = ['ab ab', 'ab aB', 'ab abc', 'ab ', ' ab', ' '].map((pair) => pair.split(' '))
  expect(pairs.map(([a = '', b = '']) => sameSecret(a, b))).toEqual([true, false, false, false, false, false])
})
