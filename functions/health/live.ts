import type { FunctionFacts } from './context.ts'
import type { Report } from './rendering.ts'

/** That the function runs. Reads nothing. */
export const renderLive = ({ uptimeMs, version }: FunctionFacts): Report => ({
  kind: 'report',
  body: { status: 'ok', uptimeMs: uptimeMs(), version },
  checks: [{ name: 'live', grade: 'pass', says: 'ok' }],
})
