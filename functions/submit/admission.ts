import type { FailureClass } from '../core/errors.ts'
import type { Clock, Depths, Log, Provider, SpendStore } from '../core/ports.ts'

/** How many tasks of a batch may be paid for now, by whom, and why not more. */
export interface Admitted {
  slots: number
  provider: Provider | null
  /** Why the rest waits. */
  why: FailureClass
  /** Seconds that the rest must wait at least. */
  atLeast?: number
}

export interface Admission {
  /** Reserves what it grants. */
  admit(wanted: number): Promise<Admitted>
  /** Gives back the reservations that were not used. */
  settle(unused: number, at: number): Promise<void>
  /** No submit to this provider for so long: it asked for that, or refused us as a whole. */
  hold(provider: string, why: FailureClass, seconds: number): void
}

/**
 * Admission of one execution environment: the providers' own holds, the tasks in flight (the depth of the poll queue),
 * and the spend limit. The shared breaker, modes and the gate will be asked here too.
 */
export function makeAdmission(ports: {
  providers: Provider[]
  depths: Depths
  spend: SpendStore
  clock: Clock
  log: Log
  maxInFlight: number
}): Admission {
  const { providers, depths, spend, clock, log } = ports
  const holds = new Map<string, { until: number; why: FailureClass }>()

  async function headroom(wanted: number): Promise<number> {
    const depth = await depths.read('polls')
    return Math.max(0, Math.min(wanted, ports.maxInFlight - depth.visible - depth.hidden - depth.delayed))
  }

  return {
    async admit(wanted) {
      const now = clock.now()
      const held = (provider: Provider) => (holds.get(provider.name)?.until ?? 0) > now
      const provider = providers.find((p) => !held(p)) ?? null
      if (provider === null) {
        const first = [...holds.values()].sort((a, b) => a.until - b.until)[0]
        const atLeast = Math.max(1, ((first?.until ?? now) - now) / 1000)
        return { slots: 0, provider, why: first?.why ?? 'transient', atLeast }
      }
      if (wanted === 0) return { slots: 0, provider, why: 'inflight' }
      const room = await headroom(wanted)
      const { reserved, limit } = await spend.reserve(room, now)
      if (limit !== null) log('warn', 'spend limit reached', { limit })
      return { slots: reserved, provider, why: reserved < room ? 'spend' : 'inflight' }
    },
    async settle(unused, at) {
      if (unused > 0) await spend.release(unused, at)
    },
    hold(provider, why, seconds) {
      holds.set(provider, { until: clock.now() + seconds * 1000, why })
    },
  }
}
