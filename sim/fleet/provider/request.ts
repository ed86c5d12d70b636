import type { Environment } from '../fleet/environment.ts'
import type { ProviderWorld } from './provider-world.ts'

interface Call<T> {
  /** The await at which its worker may die. */
  at: string
  effect: () => T
  /** Milliseconds until the answer is there. */
  takes: (answer: T) => number
  /** For the trace. */
  about?: string
}

/** A call that never throws and ends within the provider's time-out, unless its worker dies first. */
export function request<T>(
  { timeline, faults, random, trace }: ProviderWorld,
  environment: Environment,
  { at, effect, takes, about = '' }: Call<T>,
): Promise<T> {
  if (environment.dead) return new Promise(() => {})
  const crash = faults.crashes(at) ? random.pick(['before', 'after'] as const) : null
  const there = 20 + random.next() * 80
  return new Promise((resolve) => {
    timeline.after(
      there,
      () => {
        if (environment.dead && random.chance(0.5)) return
        if (crash === 'before') return environment.die(`crash before ${at}`)
        const answer = effect()
        trace?.(environment.name, `${at}${about}: ${JSON.stringify(answer)}`)
        if (crash === 'after') return environment.die(`crash after ${at}`)
        timeline.after(takes(answer), () => environment.dead || resolve(answer))
      },
      true,
    )
  })
}
