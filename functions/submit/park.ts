import type { FailureClass } from '../core/errors.ts'
import { attributesOf } from '../core/incoming.ts'
import { done, type Journey } from '../core/journey.ts'
import { parkSeconds } from '../core/parking.ts'
import type { Clock, Ids } from '../core/ports.ts'
import type { Arrival } from './arrival.ts'

export interface Parking {
  /** Seconds. */
  atLeast?: number | undefined
  /** More of the attempts that were never paid; see Travel. */
  unpaid?: string[]
  /** Why it waits, for its client; absent: the reason that it came with still stands. */
  while?: string | undefined
}

/**
 * Puts a task back with a delay: a copy that carries its id, age and park count is sent, then the original is deleted.
 * No receive count is spent, and a crash between the two makes a duplicate, which is harmless.
 */
export function makePark(ports: { clock: Clock; ids: Pick<Ids, 'fraction'>; longestSeconds: number }) {
  return function park(arrival: Arrival, why: FailureClass, { atLeast, unpaid = [], ...more }: Parking = {}): Journey {
    const { message, travel, deadlineAt } = arrival
    const at = ports.clock.now()
    const delaySeconds = parkSeconds(why, travel.parks, ports.ids.fraction(), {
      atLeast,
      untilDeadline: Math.max(0, (deadlineAt - at) / 1000),
      longest: ports.longestSeconds,
    })
    const told = { unpaid: [...travel.unpaid, ...unpaid], while: more.while ?? travel.while }
    const attributes = attributesOf({ ...travel, parks: travel.parks + 1, ...told })
    return done([{ kind: 'parked', at, class: why, enqueuedAt: travel.enqueuedAt }], {
      queue: 'tasks',
      message: { body: message.body, delaySeconds, attributes },
    })
  }
}
export type Park = ReturnType<typeof makePark>
