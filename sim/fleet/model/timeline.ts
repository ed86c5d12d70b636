/**
 * The one virtual clock, and everything that will happen. Events run in the order of their time; between two of them
 * every promise that can go on has gone on, so a run depends on its seed alone.
 */
export interface Timeline {
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
  order: number
  run: () => void
  quiet: boolean
}

export function makeTimeline(start: number): Timeline {
  const heap: Entry[] = []
  let time = start
  let order = 0
  const at: Timeline['at'] = (when, run, quiet = false) => {
    push(heap, { at: Math.max(Math.ceil(when), time), order: order++, run, quiet })
  }
  return {
    now: () => time,
    at,
    after: (milliseconds, run, quiet) => at(time + milliseconds, run, quiet),
    async run(done = () => false) {
      let ran = 0
      for (let entry = pop(heap); entry !== undefined; entry = pop(heap)) {
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

/** Resolves when no promise is left that could go on by itself. */
const drained = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    const above = heap[parent]
    if (above === undefined || !before(entry, above)) break
    heap[index] = above
    index = parent
  }
  heap[index] = entry
}

function pop(heap: Entry[]): Entry | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    const left = heap[child]
    if (left === undefined) break
    const right = heap[child + 1]
    if (right !== undefined && before(right, left)) child++
    const below = heap[child]
    if (below === undefined || !before(below, last)) break
    heap[index] = below
    index = child
  }
  heap[index] = last
  return first
}

/** One step of a traced run. */
export type Trace = (who: string, what: string) => void
