import type { Clock, Log, Provider, QueueDepths, SpendStore } from '../core/ports.ts'
import type { FailureClass, ProviderFailure } from '../core/provider/error-class.ts'
import { inFlightReason, reasonOf, spendLimitReason } from '../core/task/waiting-reason.ts'

/** How many tasks of a batch may be paid for now, by whom, and why not more. */
export interface Admitted {
  granted: number
  provider: Provider | null
  /** Why the rest waits. */
  reason: FailureClass
  /** Seconds that the rest must wait at least. */
  atLeast?: number
  /** The same reason for the client; see core/task/waiting-reason.ts. */
  while: string
}

export interface Admission {
  /** Reserves what it grants. */
  admit(wanted: number): Promise<Admitted>
  /** Gives back the reservations that were not used; `at`: when they were made. */
  releaseUnused(unused: number, at: number): Promise<void>
  /** Sends no submit to this provider for so many seconds, because it asked for that or refused every request. */
  backOff(provider: string, failure: ProviderFailure, seconds: number): void
}

/**
 * Admission of one execution environment. It asks three things: whether a provider is backed off, how many tasks are in
 * flight (the depth of the poll queue), and the spend limit.
 */
export function makeAdmission(ports: {
  providers: Provider[]
  depths: QueueDepths
  spend: SpendStore
  clock: Clock
  log: Log
  maxInFlight: number
}): Admission {
  const { providers, depths, spend, clock, log } = ports
  const backOffs = new Map<string, { until: number; failure: ProviderFailure }>()

  async function headroom(wanted: number): Promise<number> {
    const depth = await depths.read('polls')
    return Math.max(0, Math.min(wanted, ports.maxInFlight - depth.visible - depth.hidden - depth.delayed))
  }

  return {
    async admit(wanted) {
      const now = clock.now()
      const isBackedOff = (provider: Provider) => (backOffs.get(provider.name)?.until ?? 0) > now
      const provider = providers.find((p) => !isBackedOff(p)) ?? null
      if (provider === null) {
        const [first] = [...backOffs].sort(([, a], [, b]) => a.until - b.until)
        if (first === undefined) throw new Error('there is no provider')
        const [name, { until, failure }] = first
        const atLeast = Math.max(1, (until - now) / 1000)
        return { granted: 0, provider, reason: failure.class, atLeast, while: reasonOf(failure, name) }
      }
      const inFlight = { reason: 'inflight', while: inFlightReason(ports.maxInFlight) } as const
      if (wanted === 0) return { granted: 0, provider, ...inFlight }
      const room = await headroom(wanted)
      const { reserved, limit } = await spend.reserve(room, now)
      if (limit !== null) log('warn', 'spend limit reached', { limit })
      const reason = limit === null ? inFlight : ({ reason: 'spend', while: spendLimitReason(limit) } as const)
      return { granted: reserved, provider, ...reason }
    },
    async releaseUnused(unused, at) {
      if (unused > 0) await spend.release(unused, at)
    },
    backOff(provider, failure, seconds) {
      const until = clock.now() + seconds * 1000
      // Of two answers to one batch the shorter wait may come last.
      if (until > (backOffs.get(provider)?.until ?? 0)) backOffs.set(provider, { until, failure })
    },
  }
}
