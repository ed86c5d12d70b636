/** One number as PutMetricData brought it; kept for tests and for a look by `GET /metrics-received`. */
interface ReceivedMetric {
  namespace: string
  receivedAt: string
  datum: unknown
}

const KEPT = 20_000

/** The newest metrics, in memory. */
export function makeMetricStore() {
  const kept: ReceivedMetric[] = []
  return {
    put(namespace: string, data: unknown[]): void {
      const receivedAt = new Date().toISOString()
      for (const datum of data) kept.push({ namespace, receivedAt, datum })
      if (kept.length > KEPT) kept.splice(0, kept.length - KEPT)
    },
    read: (): readonly ReceivedMetric[] => kept,
  }
}
export type MetricStore = ReturnType<typeof makeMetricStore>
