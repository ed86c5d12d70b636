import { makeHeap } from '../../support/heap.ts'

/**
 * The one virtual clock, and everything that will happen. Events run in the order of their time; between two of them
 * every promise that can go on has gone on, so a run depends on its seed alone.
 */
export interface VirtualTime {
  /** Milliseconds since 1970: true time, which is the table's and the queues' time too. */
  now(): number
  /** In whole milliseconds. `quiet`: resolves no promise of a worker, so nothing has to be waited for after it. */
  at(time: number, run: () => void, quiet?: boolean): void
  after(milliseconds: number, run: () => void, quiet?: boolean): void
  /** Runs one event after another until none is left or `done` says so after one. Answers how many ran. */
  run(done?: () => boolean): Promise<number>
}

interface Entry {
  at: number
  run: () => void
  quiet: boolean
}

export function makeVirtualTime(start: number): VirtualTime {
  const heap = makeHeap<Entry>()
  let time = start
  const at: VirtualTime['at'] = (when, run, quiet = false) => {
    heap.add({ at: Math.max(Math.ceil(when), time), run, quiet })
  }
  return {
    now: () => time,
    at,
    after: (milliseconds, run, quiet) => at(time + milliseconds, run, quiet),
    async run(done = () => false) {
      let ran = 0
      for (let entry = heap.take(); entry !== undefined; entry = heap.take()) {
        time = entry.at
        entry.run()
        ran++
        if (!entry.quiet) await drained()
        if (done()) break
      }
      return ran
    },
  }
}

/**
 * Resolves when no promise is left that could go on by itself: Node takes the next tick once the queue of promises is
 * empty. A turn of the event loop (`setImmediate`) would ask the system for input each time.
 */
const drained = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

/** One step of a traced run. */
export type Trace = (who: string, what: string) => void
