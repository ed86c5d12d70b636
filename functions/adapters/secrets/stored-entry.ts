import type { Clock, Log } from '../../core/ports.ts'
import { makeSecretCache, type SecretReader, secretEntry } from './secret-cache.ts'

/** The first read loads the client and opens a connection. A function that answers a browser may take this long. */
const PATIENCE_MS = 2_000

/**
 * One entry of the secret, cached like the API keys (see secret-cache.ts). Null if the entry is missing or the secret
 * cannot be read; the latter is logged. `load` is called when the entry is first needed. Never throws.
 */
export function makeSecretEntry(
  name: string,
  { load, clock, log }: { load: () => Promise<SecretReader>; clock: Clock; log: Log },
): () => Promise<string | null> {
  let reader: Promise<SecretReader> | undefined
  const secret: SecretReader = {
    async read() {
      reader ??= load()
      return (await reader).read()
    },
  }
  const cache = makeSecretCache({ secret, clock, log })
  return async () => {
    const entries = await cache.keys(undefined, PATIENCE_MS, name)
    return entries === null ? null : secretEntry(entries, name)
  }
}
