import type { Clock, Log } from '../../core/ports.ts'

/** Provider name → API key. Throws what the secret store throws. */
export interface SecretReader {
  read(): Promise<Record<string, string>>
}

/** Seconds. A key is looked up again after `FRESH`; while the secret cannot be read, the old one serves `STALE`. */
const FRESH = 300
const STALE = 900
/** A value without the entry that is wanted is looked up again after this: a person may just be putting it there. */
const MISSING = 10
/** Between two tries at a secret that cannot be read. */
const RETRY = 10
/** A read that takes longer than this goes on by itself and serves the next call. */
const PATIENCE_MS = 3_000

/** The secret's value, read at most once at a time and no oftener than needed. */
export function makeSecretCache({ secret, clock, log }: { secret: SecretReader; clock: Clock; log: Log }) {
  let known: { keys: Record<string, string>; at: number } | null = null
  let failedAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | null = null

  const age = (at: number) => (clock.now() - at) / 1000

  async function fetch(): Promise<void> {
    const startedAt = clock.now()
    try {
      known = { keys: await secret.read(), at: startedAt }
      failedAt = Number.NEGATIVE_INFINITY
    } catch (error) {
      failedAt = clock.now()
      log('warn', 'secret unreadable', { error: error instanceof Error ? error.name : 'unknown' })
    } finally {
      reading = null
    }
  }

  return {
    /**
     * The entries as of at most `maxAgeSeconds` ago where that can be had; null: unreadable for too long. `entry`: what
     * they are read for.
     */
    async keys(
      maxAgeSeconds = FRESH,
      patienceMs = PATIENCE_MS,
      entry?: string,
    ): Promise<Record<string, string> | null> {
      const lacksEntry = known !== null && entry !== undefined && secretEntry(known.keys, entry) === null
      const wanted = Math.min(maxAgeSeconds, lacksEntry ? MISSING : FRESH)
      const isFresh = known !== null && age(known.at) < wanted
      if (!isFresh && age(failedAt) >= RETRY) {
        reading ??= fetch()
        await noLongerThan(Math.min(patienceMs, PATIENCE_MS), reading)
      }
      return known !== null && age(known.at) < STALE ? known.keys : null
    },
  }
}

/** One entry of the secret; an empty one is none. */
export const secretEntry = (keys: Record<string, string>, name: string): string | null =>
  (Object.hasOwn(keys, name) && keys[name]) || null

/** Waits for the promise, but not for ever. */
export async function noLongerThan(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, enough])
  clearTimeout(timer)
}
