import type { Clock } from '../../core/ports.ts'
import type { DeepRun } from '../../core/record/deep-run.ts'
import { makeOnceASecond } from '../once-a-second.ts'

/** The view must be answered within 1 s. */
const PATIENCE_MS = 800

interface LastRunPorts {
  clock: Pick<Clock, 'sleep'>
  /** Monotonic milliseconds. */
  ticks: () => number
}

type LastRun = { kind: 'run'; run: DeepRun | null } | { kind: 'unreachable' }

/** Reads the last run, single flight. Never throws and never waits for a hanging table. */
export function makeLastRun(read: () => Promise<DeepRun | null>, { clock, ticks }: LastRunPorts) {
  async function shown(): Promise<LastRun> {
    const tooLate = clock.sleep(PATIENCE_MS).then((): LastRun => ({ kind: 'unreachable' }))
    try {
      return await Promise.race([read().then((run): LastRun => ({ kind: 'run', run })), tooLate])
    } catch {
      return { kind: 'unreachable' }
    }
  }

  const { read: show, forget } = makeOnceASecond(shown, ticks)
  return {
    show,
    /** The same for views that show something else too. Null: there is none, or it cannot be read. */
    async shownRun(): Promise<DeepRun | null> {
      const found = await show()
      return found.kind === 'run' ? found.run : null
    },
    /** The next one reads again. */
    forget,
  }
}
