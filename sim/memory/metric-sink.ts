import type { MetricSink } from '../../functions/core/ports.ts'
import type { Metric } from '../../functions/core/record/metrics.ts'

interface MemoryMetricSink extends MetricSink {
  /** One list per call. */
  readonly published: Metric[][]
}

export function memoryMetricSink(): MemoryMetricSink {
  const published: Metric[][] = []
  return {
    published,
    async publish(metrics) {
      published.push(structuredClone(metrics))
    },
  }
}
