import type { Intake, IntakeState } from '../../functions/core/ports.ts'

interface MemoryIntake extends Intake {
  state(): IntakeState
  /** Every change that was asked for and begun, in order. */
  asked: boolean[]
  /** Somebody else changed it: a person, or a deployment. */
  turn(open: boolean): void
}

/** A change takes `changeMs` by the clock `now`. */
export function memoryIntake({ now, changeMs = 0 }: { now: () => number; changeMs?: number }): MemoryIntake {
  let open = true
  let doneAt = 0
  const asked: boolean[] = []
  const state = (): IntakeState => (now() < doneAt ? 'changing' : open ? 'open' : 'shut')
  return {
    state,
    asked,
    turn: (to) => {
      open = to
    },
    read: async () => state(),
    async set(to) {
      if (state() === 'changing' || open === to) return state()
      open = to
      doneAt = now() + changeMs
      asked.push(to)
      return state()
    },
  }
}
