import { makeServerClock, type ServerClock } from '../../../functions/adapters/system/server-clock.ts'
import { type Lineage, NO_LINEAGE } from '../../aws/lineage.ts'
import type { FaultInjector } from '../model/fault-injector.ts'
import type { Trace, VirtualTime } from '../model/virtual-time.ts'

/** One execution environment: lives from a cold start until it crashes, is killed or is let go. */
export interface Environment {
  readonly name: string
  /** The table's clock as this environment knows it; its own may be minutes wrong. */
  readonly clock: ServerClock
  /** Dead: what it waits for never comes, and what it sent may or may not still arrive. */
  dead: boolean
  /** Faults that struck the present invocation: what excuses that its messages come back. */
  faultCount: number
  /** A dead letter of the present invocation could not be sent, or was not known to be. */
  letterFailed: boolean
  /** The chain of invocations that the present one is the last link of; what it sends carries it on. */
  lineage: Lineage
  /** When the present invocation will be killed, in true time. */
  endsAt: number
  die(why: string): void
  /** Called when it dies. */
  died: () => void
}

export function makeEnvironment(
  name: string,
  skew: number,
  virtualTime: VirtualTime,
  trace: Trace | null,
): Environment {
  const environment: Environment = {
    name,
    clock: makeServerClock({
      now: () => virtualTime.now() + skew,
      sleep: (milliseconds) =>
        new Promise((resolve) => virtualTime.after(milliseconds, () => environment.dead || resolve())),
    }),
    dead: false,
    faultCount: 0,
    letterFailed: false,
    lineage: NO_LINEAGE,
    endsAt: Infinity,
    die(why) {
      if (environment.dead) return
      environment.dead = true
      trace?.(name, `dies: ${why}`)
      environment.died()
    },
    died: () => {},
  }
  return environment
}

/** How a call of a port can go wrong, beside the crash that is possible at every one. */
interface Hazards {
  /** The call is refused and nothing happened. */
  refused?: boolean
  /** It happened, and its answer was lost. */
  halfway?: boolean
  /** It happened twice: the SDK sent it again because the first answer was lost. */
  retried?: boolean
}

class PortFailed extends Error {
  override name = 'PortFailed'
}

/** Longest time of a table or queue call, retries included (milliseconds). */
const LONGEST_CALL = 2700

type Call = <T>(
  at: string,
  hazards: Hazards,
  effect: () => Promise<T>,
  answersWithTime?: boolean,
  /** The caller waits no longer for an answer; what it asked for may still happen. */
  withinMs?: number,
) => Promise<T>

/**
 * Every call that a worker makes goes through here: it leaves, takes effect and is answered at three moments, and at
 * each of them the worker may die. What a dead worker had sent may still arrive; its promises never settle.
 */
export function makeCall(
  environment: Environment,
  virtualTime: VirtualTime,
  faults: FaultInjector,
  trace: Trace | null,
): Call {
  const { random } = faults
  return (at, hazards, effect, answersWithTime = false, withinMs = Infinity) => {
    if (environment.dead) return new Promise(() => {})
    const crash = faults.crashes(at) ? random.pick(['before', 'after'] as const) : null
    const refused = hazards.refused === true && faults.refuses(at)
    const halfway = !refused && hazards.halfway === true && faults.strikes('halfway')
    const retried = !refused && hazards.retried === true && faults.strikes('retried')
    if (refused || halfway) environment.faultCount++
    const stalled = faults.strikes('stall')
    if (stalled) environment.faultCount++
    const there = 2 + random.next() * 8
    const back = stalled ? 800 + random.next() * (LONGEST_CALL - 800) : 2 + random.next() * 8
    const sentAt = environment.clock.local()
    return new Promise((resolve, reject) => {
      let result: ReturnType<typeof effect> | undefined
      const late = there + back > withinMs
      if (late) environment.faultCount++
      virtualTime.after(
        there,
        () => {
          if (environment.dead && random.chance(0.5)) return
          if (crash === 'before') return environment.die(`crash before ${at}`)
          trace?.(environment.name, `${at}${refused ? ' (refused)' : halfway ? ' (answer will be lost)' : ''}`)
          if (!refused) result = effect()
          if (retried) result = effect()
          if (crash === 'after') environment.die(`crash after ${at}`)
        },
        true,
      )
      virtualTime.after(late ? withinMs : there + back, () => {
        if (environment.dead) return
        if (answersWithTime && !late) {
          environment.clock.observe(Math.floor(virtualTime.now() / 1000) * 1000, sentAt, environment.clock.local())
        }
        if (result === undefined || halfway || late) reject(new PortFailed(`${at} failed`))
        else resolve(result)
      })
    })
  }
}
