import type { Clock, Log } from '../../core/ports.ts'
import { makeSecretCache, type SecretReader, secretEntry } from './secret-cache.ts'

/** The first read loads the client and opens a connection; a function that is asked in a browser may take so long. */
const PATIENCE_MS = 2_000

/**
 * One entry of the secret, cached as the keys are (see secret-cache.ts); null where there is none, or where the secret
 * cannot be read, which is logged. `load` is called when the entry is first asked for. Never throws.
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
