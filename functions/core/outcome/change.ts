/**
 * One change of what the fleet knows about a provider, of where its tasks go, or of its mode. For the log, the record
 * and the views.
 */
export interface FleetChange {
  at: number
  what: 'breaker' | 'hold' | 'key' | 'route' | 'mode'
  /** Empty for route and mode. */
  provider: string
  from: string
  to: string
  cause: string
}
