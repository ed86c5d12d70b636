/**
 * A binary heap of entries with a time. The earliest is first; entries of the same time keep the order of their adding.
 */
interface Heap<T extends { readonly at: number }> {
  add(entry: T): void
  first(): T | undefined
  /** Removes the first and answers it. */
  take(): T | undefined
}

export function makeHeap<T extends { readonly at: number }>(): Heap<T> {
  const ranked: Ranked<T>[] = []
  let added = 0

  function add(entry: T): void {
    const one = { entry, rank: added++ }
    let index = ranked.push(one) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = ranked[parent]
      if (above === undefined || !isBefore(one, above)) break
      ranked[index] = above
      index = parent
    }
    ranked[index] = one
  }

  function take(): T | undefined {
    const first = ranked[0]
    const last = ranked.pop()
    if (first === undefined || last === undefined || ranked.length === 0) return first?.entry
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      const left = ranked[child]
      if (left === undefined) break
      const right = ranked[child + 1]
      if (right !== undefined && isBefore(right, left)) child++
      const below = ranked[child]
      if (below === undefined || !isBefore(below, last)) break
      ranked[index] = below
      index = child
    }
    ranked[index] = last
    return first.entry
  }

  return { add, take, first: () => ranked[0]?.entry }
}

interface Ranked<T> {
  entry: T
  rank: number
}

const isBefore = <T extends { readonly at: number }>(a: Ranked<T>, b: Ranked<T>): boolean =>
  a.entry.at < b.entry.at || (a.entry.at === b.entry.at && a.rank < b.rank)
