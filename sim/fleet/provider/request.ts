import type { Environment } from '../fleet/environment.ts'
import type { ProviderWorld } from './provider-world.ts'

interface Call<T extends { kind: string }> {
  /** The await at which its worker may die. */
  at: string
  effect: () => T
  /** For the trace. */
  about?: string
}

/** A call that never throws and ends within the provider's time-out, unless its worker dies first. */
export function request<T extends { kind: string }>(
  { virtualTime, faults, random, trace }: ProviderWorld,
  environment: Environment,
  { at, effect, about = '' }: Call<T>,
  takes: (answer: T) => number,
): Promise<T> {
  if (environment.dead) return new Promise(() => {})
  const crash = faults.crashes(at) ? random.pick(['before', 'after'] as const) : null
  const there = 20 + random.next() * 80
  return new Promise((resolve) => {
    virtualTime.after(
      there,
      () => {
        if (environment.dead && random.chance(0.5)) return
        if (crash === 'before') return environment.die(`crash before ${at}`)
        const answer = effect()
        trace?.(environment.name, `${at}${about}: ${JSON.stringify(answer)}`)
        if (crash === 'after') return environment.die(`crash after ${at}`)
        virtualTime.after(takes(answer), () => environment.dead || resolve(answer))
      },
      true,
    )
  })
}
