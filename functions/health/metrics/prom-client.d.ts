/**
 * The files of prom-client that are used. Its index also loads what measures a process and pushes to gateways, four
 * times as much.
 */
declare module 'prom-client/lib/registry.js' {
  /** Anything with a name that answers its values can be registered. */
  interface Registered {
    name: string
    type: string
    get(): Promise<object>
  }
  export default class TextRegistry {
    static readonly PROMETHEUS_CONTENT_TYPE: string
    static readonly OPENMETRICS_CONTENT_TYPE: string
    readonly contentType: string
    constructor(contentType: string)
    registerMetric(metric: Registered): void
    metrics(): Promise<string>
  }
}
declare module 'prom-client/lib/gauge.js' {
  import type TextRegistry from 'prom-client/lib/registry.js'

  export default class Gauge {
    constructor(of: { name: string; help: string; labelNames: readonly string[]; registers: TextRegistry[] })
    set(labels: Readonly<Record<string, string>>, value: number): void
  }
}
declare module 'prom-client/lib/counter.js' {
  import type TextRegistry from 'prom-client/lib/registry.js'

  export default class Counter {
    constructor(of: { name: string; help: string; labelNames: readonly string[]; registers: TextRegistry[] })
    inc(labels: Readonly<Record<string, string>>, value: number): void
  }
}
