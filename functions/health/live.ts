import type { FunctionFacts } from './context.ts'
import type { CheckReport } from './rendering.ts'
import type { LiveBody } from './schemas/live-body.ts'

/** That the function runs. Reads nothing. */
export function renderLive({ uptimeMs, version }: FunctionFacts): CheckReport {
  const body: LiveBody = { status: 'ok', uptimeMs: uptimeMs(), version }
  return { kind: 'report', body, checks: [{ name: 'live', grade: 'pass', says: 'ok' }] }
}
