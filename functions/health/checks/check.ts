import { isoTime } from '../context.ts'

/** One dependency, as its view shows it. */
export interface Check {
  status: 'ok' | 'degraded' | 'down' | 'unknown'
  /** How long the last probe of it took, milliseconds. */
  responseMs: number | null
  /** The time of the last real evidence, ISO 8601, and its age when the view is read. */
  checkedAt: string | null
  ageSeconds: number | null
  /** Whether that evidence is the fleet's own work, a call that the sweep made to find out, or that of a deep run. */
  evidence: 'traffic' | 'probe' | 'deep' | null
  criticality: 'hard' | 'soft'
  /** A code. Absent: nothing is wrong. */
  error?: string | undefined
  /** The same in one sentence for a person. */
  reason?: string | undefined
}

export const isGood = ({ criticality, status }: Pick<Check, 'criticality' | 'status'>): boolean =>
  criticality === 'soft' || status === 'ok'

/** A kind of evidence with its time, milliseconds since 1970. */
type Proof = Pick<Check, 'checkedAt' | 'ageSeconds' | 'evidence'>

/**
 * The evidence that counts: traffic while there was any within `recentSeconds`, otherwise the later of both. A null is
 * evidence that there never was.
 */
export function proofOf(
  { traffic, probe }: { traffic: number | null; probe: number | null },
  { now, recentSeconds }: { now: number; recentSeconds: number },
): Proof {
  const isRecent = traffic !== null && now - traffic <= recentSeconds * 1000
  const byTraffic = traffic !== null && (isRecent || probe === null || traffic >= probe)
  const at = byTraffic ? traffic : probe
  return {
    checkedAt: isoTime(at),
    ageSeconds: at === null ? null : Math.max(0, Math.floor((now - at) / 1000)),
    evidence: byTraffic ? 'traffic' : at === null ? null : 'probe',
  }
}
