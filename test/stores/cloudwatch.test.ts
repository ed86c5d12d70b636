import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { ListMetricsCommand } from '@aws-sdk/client-cloudwatch'
import { expect, it } from 'vitest'
import { makeCloudWatchClient } from '../../functions/adapters/cloudwatch/client.ts'
import { makeMetricSink } from '../../functions/adapters/cloudwatch/metric-sink.ts'
import type { MetricName } from '../../functions/contract/metrics.ts'
import type { Metric } from '../../functions/core/record/metrics.ts'
import { describeEngine } from '../engines/engine.ts'
import { ministackEngine } from '../engines/ministack.ts'
import { HOST } from '../engines/processes.ts'

/** What goes over the wire: a loopback server that keeps each call and takes it. */
async function publish(metrics: Metric[]): Promise<Record<string, unknown>[][]> {
  const calls: Record<string, unknown>[][] = []
  const server = createServer(async (request, response) => {
    const bytes = Buffer.concat(await request.toArray())
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
    calls.push(JSON.parse(body.toString()).MetricData)
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const client = makeCloudWatchClient({ endpoint: `http://${HOST}:${address.port}` })
  try {
    await makeMetricSink({ client, fleet: 'test' }).publish(metrics)
    return calls
  } finally {
    client.destroy()
    server.closeAllConnections()
    server.close()
  }
}
const count = (value: number, name: MetricName = 'Ready'): Metric => ({ name, unit: 'Count', value })

it('each metric carries the fleet and its own dimensions', async () => {
  const calls = await publish([
    count(1),
    { name: 'Balance', unit: 'None', dimensions: { Provider: 'captchaai' }, value: 2.5 },
  ])
  expect(calls).toEqual([
    [
      { MetricName: 'Ready', Unit: 'Count', Value: 1, Dimensions: [{ Name: 'Fleet', Value: 'test' }] },
      {
        MetricName: 'Balance',
        Unit: 'None',
        Value: 2.5,
        Dimensions: [
          { Name: 'Fleet', Value: 'test' },
          { Name: 'Provider', Value: 'captchaai' },
        ],
      },
    ],
  ])
})

it('nothing to publish is no call, and a number that is none costs its neighbours nothing', async () => {
  expect(await publish([])).toEqual([])
  expect(await publish([count(Number.NaN), { name: 'SolveSeconds', unit: 'Seconds', values: [] }])).toEqual([])
  expect(await publish([count(Number.POSITIVE_INFINITY), count(3)])).toMatchObject([[{ Value: 3 }]])
  const values = [
    { value: 20, count: 0 },
    { value: Number.NaN, count: 2 },
    { value: 30, count: 4 },
  ]
  const solveSeconds = { name: 'SolveSeconds', unit: 'Seconds', values } as const
  expect(await publish([solveSeconds])).toMatchObject([[{ Values: [30], Counts: [4] }]])
  expect(await publish([{ ...solveSeconds, values: values.slice(0, 2) }])).toEqual([])
})

it('at most 1,000 metrics go in a call and at most 150 values in a metric, and none is lost', async () => {
  const calls = await publish(Array.from({ length: 2001 }, (_, n) => count(n)))
  expect(calls.map((call) => call.length)).toEqual([1000, 1000, 1])
  expect(calls.flat().map(({ Value }) => Value)).toEqual(Array.from({ length: 2001 }, (_, n) => n))
  const values = Array.from({ length: 301 }, (_, value) => ({ value, count: value + 1 }))
  const [solve = []] = await publish([{ name: 'SolveSeconds', unit: 'Seconds', values }])
  expect(solve.map(({ Values }) => (Array.isArray(Values) ? Values.length : 0))).toEqual([150, 150, 1])
  expect(solve.flatMap(({ Counts }) => Counts)).toEqual(values.map(({ count }) => count))
})

describeEngine(ministackEngine, (running) => {
  it('takes what the sweep publishes', async () => {
    const client = makeCloudWatchClient({ endpoint: running().endpoint })
    const metrics: Metric[] = [
      count(1),
      { name: 'SolveSeconds', unit: 'Seconds', values: [{ value: 12.5, count: 3 }] },
      { name: 'Failed', unit: 'Count', dimensions: { Class: 'task' }, value: 2 },
    ]
    await makeMetricSink({ client, fleet: 'test' }).publish(metrics)
    const { Metrics = [] } = await client.send(new ListMetricsCommand({ Namespace: 'Lifesign' }))
    expect(Metrics.map(({ MetricName }) => MetricName).sort()).toEqual(['Failed', 'Ready', 'SolveSeconds'])
  })
})
