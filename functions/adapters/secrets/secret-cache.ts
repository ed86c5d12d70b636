import { errorName } from '../../core/error-name.ts'
import type { Clock, Log } from '../../core/ports.ts'

/** Provider name → API key. Rejects with the error of the secret store. */
export interface SecretReader {
  read(): Promise<Record<string, string>>
}

/**
 * The secret is read again after `FRESH_SECONDS`. While it cannot be read, the old value is used for `STALE_SECONDS`.
 */
const FRESH_SECONDS = 300
const STALE_SECONDS = 900
/** How soon a secret that lacks the wanted entry is read again: somebody may be adding the entry right now. */
const MISSING_SECONDS = 10
/** The time between two tries to read a secret that cannot be read. */
const RETRY_SECONDS = 10
/** A caller waits this long for a read. A read that takes longer continues and serves the next caller. */
const PATIENCE_MS = 3_000

/** The value of the secret. At most one read runs at a time, and no read is made before it is needed. */
export function makeSecretCache({ secret, clock, log }: { secret: SecretReader; clock: Clock; log: Log }) {
  let known: { keys: Record<string, string>; at: number } | null = null
  let failedAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | null = null

  const age = (at: number) => (clock.now() - at) / 1000

  async function fetch(): Promise<void> {
    const startedAt = clock.now()
    try {
      known = { keys: await secret.read(), at: startedAt }
    } catch (error) {
      failedAt = clock.now()
      log('warn', 'secret unreadable', { error: errorName(error) })
    } finally {
      reading = null
    }
  }

  return {
    /**
     * The entries as they were at most `maxAgeSeconds` ago, if they can be read. Null: the secret has been unreadable
     * for too long. `entry` is the entry that the caller needs.
     */
    async keys(
      maxAgeSeconds = FRESH_SECONDS,
      patienceMs = PATIENCE_MS,
      entry?: string,
    ): Promise<Record<string, string> | null> {
      const lacksEntry = known !== null && entry !== undefined && secretEntry(known.keys, entry) === null
      const wanted = Math.min(maxAgeSeconds, lacksEntry ? MISSING_SECONDS : FRESH_SECONDS)
      const isFresh = known !== null && age(known.at) < wanted
      if (!isFresh && age(failedAt) >= RETRY_SECONDS) {
        reading ??= fetch()
        await noLongerThan(Math.min(patienceMs, PATIENCE_MS), reading)
      }
      return known !== null && age(known.at) < STALE_SECONDS ? known.keys : null
    },
  }
}

/** One entry of the secret. An empty entry counts as missing. */
export const secretEntry = (keys: Record<string, string>, name: string): string | null =>
  (Object.hasOwn(keys, name) && keys[name]) || null

/** Waits for the promise, but at most `ms` milliseconds. */
export async function noLongerThan(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, enough])
  clearTimeout(timer)
}
