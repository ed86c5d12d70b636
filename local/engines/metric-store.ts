/** One value of a PutMetricData call, kept for tests and for `GET /metrics-received`. */
interface ReceivedMetric {
  namespace: string
  receivedAt: string
  datum: unknown
}

const KEPT = 20_000

/** Keeps the newest metrics in memory. */
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
