import type { VirtualTime } from '../../sim/fleet/model/virtual-time.ts'
import { secondsOf } from './as-text.ts'

/** One call of a port, as the faults of a scenario name it. */
export interface Call {
  /** The environment that makes it: `submit-1`. */
  who: string
  /** `tasks.claim`, `provider.result`, `send.polls`. */
  name: string
  /** 1 for the first call of this name in the scenario. */
  n: number
}

/**
 * What becomes of a call. `refused`: it did not take place, and the caller is told. `unanswered`: it took place, and
 * the caller is not told. `dies before`, `dies after`: the environment dies before or after it took place. `slow`: it
 * takes that many seconds more until it is answered.
 */
export type Fate = 'refused' | 'unanswered' | 'dies before' | 'dies after' | { slow: number }

/** Milliseconds until a call takes place and until it is answered: all different, so that each moment has its own time. */
const TAKES: Record<string, readonly [number, number]> = {
  'tasks.read': [7, 4],
  tasks: [11, 6],
  'admission.read': [5, 3],
  admission: [9, 5],
  outcomes: [8, 12],
  send: [13, 10],
  extend: [14, 1],
  'provider.submit': [310, 190],
  provider: [230, 120],
  record: [15, 2],
  history: [16, 18],
  depths: [17, 19],
  metrics: [20, 21],
  intake: [22, 23],
}

export interface Environment {
  readonly name: string
  dead: boolean
  died: () => void
}

/** Every call of every port, with its time, in the order in which the calls began. */
export interface Recorder {
  readonly lines: string[]
  /** A line of its own. */
  tell(who: string, what: string): void
  /**
   * Makes a call, with its times, and writes a line about it. `effect` answers what the line tells of it. `failed`:
   * what a refused or unanswered call answers; absent: it rejects.
   */
  call<T>(
    by: Environment,
    name: string,
    effect: () => Promise<{ answer: T; told: string }>,
    failed?: () => T,
  ): Promise<T>
}

export function makeRecorder(virtualTime: VirtualTime, fateOf: (call: Call) => Fate | null): Recorder {
  const lines: string[] = []
  const counted = new Map<string, number>()
  const tell = (who: string, what: string): void => {
    lines.push(`${secondsOf(virtualTime.now()).padStart(9)}  ${who.padEnd(10)}  ${what}`)
  }
  return {
    lines,
    tell,
    call(by, name, effect, failed) {
      if (by.dead) return new Promise(() => {})
      const n = (counted.get(name) ?? 0) + 1
      counted.set(name, n)
      const fate = fateOf({ who: by.name, name, n })
      const [there, back] = TAKES[name] ?? TAKES[name.split('.')[0] ?? ''] ?? [3, 1]
      const slow = typeof fate === 'object' && fate !== null ? fate.slow * 1000 : 0
      const line = lines.push('') - 1
      const began = virtualTime.now()
      const write = (told: string): void => {
        const took = fate === null ? '' : typeof fate === 'object' ? ` (takes ${fate.slow} s more)` : ` (${fate})`
        lines[line] =
          `${secondsOf(began).padStart(9)}  ${by.name.padEnd(10)}  ${name}${took}${told === '' ? '' : `: ${told}`}`
      }
      return new Promise((resolve, reject) => {
        const fail = () => (failed === undefined ? reject(new PortFailed(name)) : resolve(failed()))
        virtualTime.after(there, () => {
          if (fate === 'dies before') {
            write('')
            return die(by)
          }
          if (fate === 'refused') {
            write('')
            virtualTime.after(back, () => by.dead || fail())
            return
          }
          effect().then(({ answer, told }) => {
            write(told)
            if (fate === 'dies after') return die(by)
            virtualTime.after(back + slow, () => {
              if (by.dead) return
              if (fate === 'unanswered') fail()
              else resolve(answer)
            })
          }, reject)
        })
      })
    },
  }
}

/** A refused or unanswered call, as the caller sees it. */
class PortFailed extends Error {
  override name = 'PortFailed'
}

function die(environment: Environment): void {
  environment.dead = true
  environment.died()
}
