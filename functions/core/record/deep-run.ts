/** What one probe of a deep run found. */
export interface DeepCheck {
  status: 'ok' | 'degraded' | 'down' | 'unknown'
  /** The run is good if every hard check is `ok`. */
  criticality: 'hard' | 'soft'
  responseMs: number | null
  /** A code for programs. Absent: nothing is wrong. */
  error?: string | undefined
  /** What that means, in one sentence. */
  reason?: string | undefined
}

/** One run of every probe, asked for by a person or a program that has the token. */
export interface DeepRun {
  id: string
  /** When it ended, milliseconds since 1970. */
  ranAt: number
  /** Who asked for it, as far as the request tells. */
  ranBy: string
  /** Whether it was allowed to submit one paid task. */
  paid: boolean
  checks: Record<string, DeepCheck>
}

/**
 * When a person's run last found that the provider accepts its key, milliseconds since 1970. A balance that is too low
 * is told to those with a good key only.
 */
export function keyAcceptedAt(run: DeepRun | null, provider: string): number | null {
  const check = run?.checks[`${provider}Api`]
  if (run === null || check === undefined) return null
  return check.status === 'ok' || check.error === 'low_balance' ? run.ranAt : null
}
