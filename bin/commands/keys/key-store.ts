import { Unreachable } from '../cli/exit.ts'

/** The entries of the secret, by name: a provider's API key, or the health token. Other values are kept as they are. */
type Entries = Record<string, unknown>

/** One version of the secret's value. */
export interface Version {
  entries: Entries
  /** Milliseconds since 1970. */
  writtenAt: number
}

/** The secret of a fleet, wherever it is stored. Errors of a store never contain a value. */
export interface KeyStore {
  /** The name of the place, for people. */
  name: string
  /**
   * Replaces the entries by the result of `change`. `conflict`: another program changed the secret in the meantime, and
   * nothing was written.
   */
  update(change: (entries: Entries) => Entries): Promise<'written' | 'conflict'>
  /** The versions that can still be read, newest first. The first is the current one. */
  versions(): AsyncIterable<Version>
}

export function entriesOf(text: string, where: string): Entries {
  const value = parsed(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new Unreachable(`${where} holds no JSON object of names and keys; mend it by hand first`)
}

/** The parser's own message would quote the text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
