import { looseObject, nullable, number, optional, safeParse, string } from 'zod/mini'

const Settled = looseObject({
  taskId: string(),
  status: string(),
  seconds: number(),
  code: optional(string()),
  class: optional(string()),
  while: optional(string()),
  provider: optional(string()),
})
const Readiness = looseObject({ from: nullable(string()), to: string(), issues: string(), warnings: string() })

/** The console line of a settled task, from the log line `settled` of submit, collect or pingback. */
export function settledWords(fields: unknown): string | null {
  const { data } = safeParse(Settled, fields)
  if (data === undefined) return null
  const { taskId, status, code, seconds, provider } = data
  const by = provider === undefined ? '' : ` by ${provider}`
  const reason = data.while === undefined ? '' : `, because of ${data.while}`
  const why = code === undefined ? '' : `: ${code}${data.class === undefined ? '' : ` (${data.class})`}${reason}`
  return `${status} ${taskId}${why}${by} after ${seconds.toFixed(1)} s`
}

/**
 * The console line of a change of readiness, from the log line `readiness changed` of sweep. It shows how long the
 * earlier status lasted, as far as this process saw it.
 */
export function makeReadinessWords(now: () => number): (fields: unknown) => string | null {
  let since: number | null = null
  return (fields) => {
    const { data } = safeParse(Readiness, fields)
    if (data === undefined) return null
    const { from, to, issues, warnings } = data
    const lasted = since === null ? '' : ` (was ${from} for ${duration(now() - since)})`
    since = now()
    const reasons = [issues, warnings].filter(Boolean).join(' ')
    return `${from === null ? '' : `${from} -> `}${to}${reasons === '' ? '' : `: ${reasons}`}${from === null ? '' : lasted}`
  }
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
}
