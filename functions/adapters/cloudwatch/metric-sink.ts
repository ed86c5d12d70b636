import { type CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { METRICS } from '../../contract/metrics.ts'
import type { MetricSink } from '../../core/ports.ts'
import type { Metric } from '../../core/record/metrics.ts'
import { callDeadline } from '../system/call-deadline.ts'

const MOST_METRICS = 1000
const MOST_VALUES = 150

/** `fleet` is the stage's name and the value of the dimension that every metric carries. */
export function makeMetricSink({ client, fleet }: { client: CloudWatchClient; fleet: string }): MetricSink {
  return {
    async publish(metrics) {
      for (const MetricData of chunks(
        metrics.flatMap((metric) => datumsOf(metric, fleet)),
        MOST_METRICS,
      )) {
        await client.send(new PutMetricDataCommand({ Namespace: METRICS.namespace, MetricData }), callDeadline())
      }
    },
  }
}

/** Leaves out values that are not numbers: CloudWatch would refuse the whole call because of one. */
function datumsOf({ name, unit, dimensions = {}, value, values = [] }: Metric, fleet: string): MetricDatum[] {
  const Dimensions = Object.entries({ [METRICS.dimension]: fleet, ...dimensions }).map(([Name, Value]) => ({
    Name,
    Value,
  }))
  const base: MetricDatum = { MetricName: name, Unit: unit, Dimensions }
  const single = value !== undefined && Number.isFinite(value) ? [{ ...base, Value: value }] : []
  const counted = values.filter(({ value, count }) => Number.isFinite(value) && count > 0)
  const many = chunks(counted, MOST_VALUES).map((some) => ({
    ...base,
    Values: some.map(({ value }) => value),
    Counts: some.map(({ count }) => count),
  }))
  return [...single, ...many]
}

const chunks = <T>(all: T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size))
