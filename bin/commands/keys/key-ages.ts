import type { Version } from './key-store.ts'

/** When an entry of the secret got its current value. */
interface KeyAge {
  name: string
  /** Milliseconds since 1970. */
  setAt: number
  /** False: the value may be older than that, from a version that cannot be read any more. */
  exact: boolean
}

/** Compares the current version with the earlier ones, newest first, until the age of every entry is known. */
export async function keyAges(versions: AsyncIterable<Version>): Promise<KeyAge[]> {
  let present: Version | undefined
  const ages = new Map<string, KeyAge>()
  for await (const version of versions) {
    present ??= version
    for (const name of Object.keys(present.entries)) {
      const known = ages.get(name)
      if (known?.exact === true) continue
      const isSame = isEqual(present.entries[name], version.entries[name])
      if (isSame) ages.set(name, { name, setAt: version.writtenAt, exact: false })
      else if (known !== undefined) known.exact = true
    }
    if ([...ages.values()].every(({ exact }) => exact)) break
  }
  return [...ages.values()]
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
