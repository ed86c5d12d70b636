import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import Registry from 'prom-client/lib/registry.js'
import { preferredType } from '../accept.ts'
import type { Family } from './family.ts'

type Histogram = Extract<Family, { type: 'histogram' }>
type Sampled = Exclude<Family, Histogram>

const OFFERED = ['text/plain', 'application/openmetrics-text'] as const

/**
 * The families as Prometheus text 0.0.4, or as OpenMetrics if `Accept` prefers that. The registry lives for one answer:
 * every value comes from the state that all workers share, and none from this process.
 */
export async function expositionOf(
  families: readonly Family[],
  accept: string | undefined,
): Promise<{ contentType: string; text: string }> {
  const isOpen = preferredType(accept, OFFERED) === 'application/openmetrics-text'
  const registry = new Registry(isOpen ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE)
  for (const family of families) register(family, registry)
  return { contentType: registry.contentType, text: await registry.metrics() }
}

function register(family: Family, registry: Registry): void {
  if (family.type === 'histogram') registerHistogram(family, registry)
  else if (family.samples.length > 0) registerSamples(family, registry)
}

function registerSamples({ type, samples, name, help, labelNames }: Sampled, registry: Registry): void {
  const of = { name, help, labelNames, registers: [registry] }
  if (type === 'counter') {
    const counter = new Counter(of)
    for (const { labels, value } of samples) counter.inc(labels, value)
  } else {
    const gauge = new Gauge(of)
    for (const { labels, value } of samples) gauge.set(labels, value)
  }
}

/** prom-client's own histogram observes value by value; the fleet has counts, so its values are given as they are. */
function registerHistogram({ name, help, bounds, distributions }: Histogram, registry: Registry): void {
  if (distributions.length === 0) return
  const type = 'histogram'
  const values = distributions.flatMap(({ labels, counts, sum }) => {
    let below = 0
    const buckets = counts.map((count, i) => {
      below += count
      return { metricName: `${name}_bucket`, labels: { le: String(bounds[i] ?? '+Inf'), ...labels }, value: below }
    })
    const all = { metricName: `${name}_sum`, labels, value: sum }
    return [...buckets, all, { metricName: `${name}_count`, labels, value: below }]
  })
  registry.registerMetric({ name, type, get: async () => ({ name, help, type, values }) })
}
