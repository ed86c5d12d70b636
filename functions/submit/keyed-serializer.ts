/** Runs what has the same key one after another, and everything else at once. */
type KeyedSerializer = <T>(key: string, work: () => Promise<T>) => Promise<T>

export function makeKeyedSerializer(): KeyedSerializer {
  const last = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work, work)
    last.set(key, mine)
    return mine
  }
}
