import { METRICS, type MetricName } from '../contract/metrics.ts'
import type { Clock } from '../core/ports.ts'

/**
 * Writes a count as a log line in CloudWatch's embedded metric format. CloudWatch Logs turns the line into a metric, so
 * the function needs no permission for it. Namespace and dimension are those of the sweep's metrics.
 */
export const makeEmbeddedCount =
  (fleet: string, clock: Pick<Clock, 'now'>, write = (line: string) => console.log(line)) =>
  (name: MetricName, value: number): void => {
    const { namespace: Namespace, dimension } = METRICS
    const CloudWatchMetrics = [{ Namespace, Dimensions: [[dimension]], Metrics: [{ Name: name, Unit: 'Count' }] }]
    write(JSON.stringify({ _aws: { Timestamp: clock.now(), CloudWatchMetrics }, [dimension]: fleet, [name]: value }))
  }
