import { HttpRequest } from '@smithy/core/protocols'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeCloudWatchClient } from '../../functions/adapters/cloudwatch/client.ts'
import { makeMetricSink } from '../../functions/adapters/cloudwatch/metric-sink.ts'
import { makeAdmissionStore } from '../../functions/adapters/dynamodb/admission-store.ts'
import { makeDynamoClient } from '../../functions/adapters/dynamodb/client.ts'
import { makeDeepRunStore } from '../../functions/adapters/dynamodb/deep-run-store.ts'
import { makeHistoryStore } from '../../functions/adapters/dynamodb/history-store.ts'
import { makeOutcomeStore } from '../../functions/adapters/dynamodb/outcome-store.ts'
import { makeRecordStore } from '../../functions/adapters/dynamodb/record-store.ts'
import { makeTaskStore } from '../../functions/adapters/dynamodb/task-store.ts'
import { makeIntake } from '../../functions/adapters/lambda/intake.ts'
import { makeLambdaApi } from '../../functions/adapters/lambda/lambda-api.ts'
import { makeSecretReader } from '../../functions/adapters/secrets/secret-reader.ts'
import { makeSqsClient } from '../../functions/adapters/sqs/client.ts'
import { makeDepths } from '../../functions/adapters/sqs/depths.ts'
import { makeMessageSender } from '../../functions/adapters/sqs/sender.ts'
import { makeVisibility } from '../../functions/adapters/sqs/visibility.ts'
import { emptyBucket } from '../../functions/core/record/history-bucket.ts'
import type { TaskTransition } from '../../functions/core/task/lifecycle.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { type LogLine, memoryLog } from '../../sim/memory/log.ts'
import { deepRun } from '../build/deep-run.ts'
import { claimedItem, fullAdmission, outcomeItem, readinessRecord } from './builders.ts'
import { loopbackAws } from './loopback-aws.ts'

/** Every port of the adapters that calls AWS, at one address. */
function portsAt(endpoint: string) {
  const { log, lines } = memoryLog()
  const clock = memoryClock()
  const table = { client: makeDynamoClient({ endpoint }), tableName: 'lifesign', clock, log }
  const queueUrl = `${endpoint}/000000000000/tasks`
  const queue = { client: makeSqsClient({ endpoint }), queueUrls: { tasks: queueUrl }, queueUrl, log }
  return {
    lines,
    tasks: makeTaskStore(table),
    outcomes: makeOutcomeStore(table),
    record: makeRecordStore(table),
    admission: makeAdmissionStore(table),
    history: makeHistoryStore(table),
    runs: makeDeepRunStore(table),
    depths: makeDepths(queue),
    sender: makeMessageSender(queue),
    visibility: makeVisibility(queue),
    metrics: makeMetricSink({ client: makeCloudWatchClient({ endpoint }), fleet: 'test' }),
    intake: makeIntake({ call: makeLambdaApi({ region: 'us-east-1', endpoint }), mappingId: 'm', clock }),
    secret: makeSecretReader('arn:secret'),
  }
}
type Ports = ReturnType<typeof portsAt>

const claim: TaskTransition = { kind: 'claim', item: claimedItem(), fence: null }

/** Ports that never throw tell their log the name of the error. */
async function logged(lines: LogLine[], call: Promise<unknown>): Promise<never> {
  await call
  throw Object.assign(new Error('told'), { name: lines[0]?.fields.error })
}

/** From here on each call of AWS is over as soon as it begins, but for the first `whole` ones. The limits that were asked for. */
function endCalls(whole = 0) {
  const timeout = vi.spyOn(AbortSignal, 'timeout')
  onTestFinished(() => timeout.mockRestore())
  for (let n = 0; n < whole; n += 1) timeout.mockReturnValueOnce(new AbortController().signal)
  timeout.mockReturnValue(AbortSignal.abort())
  return () => timeout.mock.calls.flat()
}

describe('a call of AWS ends with the 3 s that it may take with all its tries, the reading of its answer included', () => {
  const calls: [string, (ports: Ports) => Promise<unknown>][] = [
    ['a read of a task', ({ tasks }) => tasks.read('task-1')],
    ['a change of a task', ({ tasks }) => tasks.apply(claim)],
    ['the write of an outcome', ({ outcomes }) => outcomes.write(outcomeItem())],
    ['the search for an outcome', ({ outcomes }) => outcomes.has('i', NOON, NOON + 1)],
    ['the list of outcomes', ({ outcomes }) => outcomes.list(3, NOON, NOON + 1, 5)],
    ['a read of the record', ({ record }) => record.read()],
    ['the write of the record', ({ record }) => record.write(readinessRecord(), null)],
    ['a read of the admission item', ({ admission }) => admission.read()],
    ['a change of the admission item', ({ admission }) => admission.write({ add: { solved: 1 } })],
    ['the read before the admission item is made', ({ admission }) => admission.create(fullAdmission())],
    ['the write of an hour', ({ history }) => history.save(emptyBucket('hour', NOON))],
    ['the list of hours', ({ history }) => history.list('hour', NOON, NOON)],
    ['a read of the last deep run', ({ runs }) => runs.read()],
    ['the begin of a deep run', ({ runs }) => runs.begin('a', NOON, NOON + 1)],
    ['the end of a deep run', ({ runs }) => runs.finish(deepRun())],
    ['the depths of a queue', ({ depths }) => depths.read('tasks')],
    ['a message', ({ sender, lines }) => logged(lines, sender.send('tasks', [{ body: 'a' }]))],
    ['a visibility', ({ visibility, lines }) => logged(lines, visibility.extend([{ receipt: 'a', seconds: 5 }]))],
    ['a metric', ({ metrics }) => metrics.publish([{ name: 'Ready', unit: 'Count', value: 1 }])],
    ['a read of the intake', ({ intake }) => intake.read()],
  ]
  it.each(calls)('%s', async (_, call) => {
    const { url, asked } = await loopbackAws()
    const ports = portsAt(url)
    const limits = endCalls()
    await expect(call(ports)).rejects.toMatchObject({ name: 'AbortError' })
    expect(new Set(limits())).toEqual(new Set([3000]))
    expect(asked).toEqual([])
  })

  it('the write that makes the admission item', async () => {
    const { url, asked } = await loopbackAws()
    const { admission } = portsAt(url)
    const limits = endCalls(1)
    await expect(admission.create(fullAdmission())).rejects.toMatchObject({ name: 'AbortError' })
    expect([limits(), asked.map(({ operation }) => operation)]).toEqual([[3000, 3000], ['GetItem']])
  })

  it('a change of a task whose caller has less time ends with that', async () => {
    const { url } = await loopbackAws()
    const { tasks } = portsAt(url)
    const limits = endCalls()
    const release: TaskTransition = { kind: 'release', taskId: 'task-1', attempt: 'attempt-1', after: 'refusal' }
    for (const change of [claim, release])
      await expect(tasks.apply(change, 400)).rejects.toMatchObject({ name: 'AbortError' })
    expect(limits()).toEqual([400, 400])
  })

  it('a refused change of a task and the read after it have 3 s each, or share what their caller has', async () => {
    const refused = { status: 400, body: { __type: 'x#ConditionalCheckFailedException' } }
    const { url } = await loopbackAws(({ operation }) => (operation === 'PutItem' ? refused : {}))
    const { tasks } = portsAt(url)
    const timeout = vi.spyOn(AbortSignal, 'timeout')
    onTestFinished(() => timeout.mockRestore())
    expect(await tasks.apply(claim)).toEqual({ kind: 'refused', found: undefined })
    expect(await tasks.apply(claim, 400)).toEqual({ kind: 'refused', found: undefined })
    expect(timeout.mock.calls.flat()).toEqual([3000, 3000, 400])
  })

  it('a read of the secret ends after 6 s, so that a worker that was frozen in the middle of one reads it again', async () => {
    const { url } = await loopbackAws()
    const { secret } = portsAt(url)
    const limits = endCalls()
    await expect(secret.read()).rejects.toMatchObject({ name: 'AbortError' })
    expect(limits()).toEqual([6000])
  })
})

describe('a client of AWS makes at most three tries, none of which waits longer than', () => {
  const clients = [
    ['900 ms for the table', makeDynamoClient, 900, 900],
    ['1 s for the queues', makeSqsClient, 1000, 1000],
    ['2 s for the metrics', makeCloudWatchClient, 1000, 2000],
  ] as const
  it.each(clients)('%s', async (_, make, connectionTimeout, requestTimeout) => {
    const { url } = await loopbackAws()
    const { config } = make({ endpoint: url })
    const { requestHandler } = config
    if (!(requestHandler instanceof NodeHttpHandler)) throw new Error('another handler')
    endCalls()
    const request = { method: 'GET', protocol: 'http:', hostname: '127.0.0.1', path: '/', headers: {} }
    await requestHandler.handle(new HttpRequest(request), { abortSignal: AbortSignal.timeout(1) }).catch(() => {})
    expect([await config.maxAttempts(), await config.retryMode]).toEqual([3, 'standard'])
    expect(requestHandler.httpHandlerConfigs()).toMatchObject({
      ...{ connectionTimeout, requestTimeout, throwOnRequestTimeout: true },
    })
  })
})
