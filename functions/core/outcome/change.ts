/** One change of what the fleet knows about a provider, or of where its tasks go. For the log, the record and the views. */
export interface FleetChange {
  at: number
  what: 'breaker' | 'hold' | 'key' | 'route'
  /** Empty for the route. */
  provider: string
  from: string
  to: string
  cause: string
}
