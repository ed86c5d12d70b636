import { headlineOf } from '../../core/record/headline.ts'
import type { Status } from '../../core/record/record.ts'
import { isoOf } from '../../core/record/time-text.ts'
import type { Check } from '../checks/check.ts'
import type { PageSource } from './page-source.ts'

/** Statuspage's words, from the best to the worst. A fleet that nobody can see is not better than one that is down. */
const INDICATORS = { ready: 'none', degraded: 'minor', not_ready: 'major', unknown: 'critical' } as const

/** Statuspage has no word for unknown; its strongest one keeps a reader from relying on what nobody knows. */
const COMPONENTS: Readonly<Record<Check['status'], string>> = {
  ok: 'operational',
  degraded: 'degraded_performance',
  down: 'major_outage',
  unknown: 'major_outage',
}
const FLEET: Readonly<Record<Status, Check['status']>> = {
  ready: 'ok',
  degraded: 'degraded',
  not_ready: 'down',
  unknown: 'unknown',
}

/** The state in the shape of Statuspage's `summary.json`, for the tools that read that. */
export function statusJsonOf(source: PageSource): object {
  const { status, now, checks } = source
  const { word, reason } = headlineOf(source)
  const cannotTell = status === 'unknown' ? 'cannot tell: ' : ''
  const updatedAt = isoOf(now)
  const component = (id: string, name: string, of: Check['status'], position: number) => ({
    ...{ id, name, status: COMPONENTS[of], position, updated_at: updatedAt },
    description: of === 'unknown' ? 'Unknown: the fleet cannot tell.' : null,
  })
  return {
    page: { id: 'lifesign', name: 'Lifesign', time_zone: 'Etc/UTC', updated_at: updatedAt },
    status: { indicator: INDICATORS[status], description: `${word}: ${cannotTell}${reason}` },
    components: [
      component('fleet', 'Task solving', FLEET[status], 1),
      ...Object.entries(checks).map(([name, check], i) => component(name, name, check.status, i + 2)),
    ],
    incidents: status === 'ready' ? [] : [incidentOf(source, `${word}: ${cannotTell}${reason}`)],
    scheduled_maintenances: [],
  }
}

/** The present state as an open incident. */
function incidentOf({ status, since, now, issues, warnings }: PageSource, name: string) {
  const at = isoOf(since ?? now)
  return {
    ...{ id: `${status}-${at}`, name, status: 'investigating', impact: INDICATORS[status] },
    ...{ created_at: at, started_at: at, updated_at: isoOf(now), resolved_at: null },
    incident_updates: [
      { id: 'latest', status: 'investigating', body: [...issues, ...warnings].join(', '), created_at: isoOf(now) },
    ],
  }
}
