import { acceptingNothing, acceptingOf, admittingNothing, admittingOf } from '../core/record/accepting.ts'
import type { View } from '../core/record/record.ts'
import {
  admittedBy,
  freshEvidence,
  gradeOf,
  type HealthContext,
  publicPart,
  publicRuleLines,
  ruleLines,
} from './context.ts'
import type { CheckLine, Rendering } from './rendering.ts'
import type { OverviewBody } from './schemas/overview-body.ts'
import type { Capacity } from './settings.ts'

const OVERLOADED_PCT = 90

interface Load {
  workersAlive: number | null
  activeTasks: number | null
  maxConcurrent: number
  loadPct: number | null
  queueDepth: number | null
  queueCapacity: number
}

/** The load of the fleet, and the priorities that it accepts. May answer 503 while the fleet is ready. */
export function renderOverview({ view, look, self }: HealthContext): Rendering {
  const load = loadOf(view, self.settings)
  const status = statusOf(view, load)
  const known = view.status !== 'unknown'
  const fleet = admittedBy({ view, look })
  const accepting = known ? acceptingOf(fleet) : acceptingNothing
  const admitting = known ? admittingOf(fleet, load.maxConcurrent) : admittingNothing
  const grade = gradeOf(status === 'healthy', view)
  const own: CheckLine[] = [
    { name: 'fleet', grade, says: status },
    { name: 'mode', grade: view.mode === 'normal' ? 'pass' : 'warn', says: view.mode },
  ]
  const body: OverviewBody = { status, mode: view.mode, ...load, accepting, admitting }
  return {
    grade,
    full: () => ({ kind: 'report', body, checks: [...own, ...loadLines(load), ...ruleLines(view)] }),
    reduced: () => ({
      kind: 'report',
      body: { status, ...publicPart(view) },
      checks: [...own, ...publicRuleLines(view)],
    }),
  }
}

function statusOf(view: View, load: Load): 'healthy' | 'degraded' | 'overloaded' {
  const full = load.queueDepth !== null && load.queueDepth >= load.queueCapacity
  const busy = load.loadPct !== null && load.loadPct >= OVERLOADED_PCT
  if (full || busy || view.mode === 'emergency') return 'overloaded'
  const ready = view.status === 'ready' || view.status === 'degraded'
  return ready && view.mode === 'normal' ? 'healthy' : 'degraded'
}

/** A number that is not known makes no line. */
const loadLines = ({ activeTasks, maxConcurrent, loadPct, queueDepth, queueCapacity }: Load): CheckLine[] => [
  ...lineIf('load', loadPct !== null && loadPct < OVERLOADED_PCT, activeTasks, maxConcurrent),
  ...lineIf('queue', queueDepth !== null && queueDepth < queueCapacity, queueDepth, queueCapacity),
]

const lineIf = (name: string, good: boolean, value: number | null, most: number): CheckLine[] =>
  value === null ? [] : [{ name, grade: good ? 'pass' : 'fail', says: `${value} of ${most}` }]

/** Stale evidence says nothing about the present load. */
function loadOf(view: View, { maxInFlight, queueCapacity }: Capacity): Load {
  const evidence = freshEvidence(view)
  const activeTasks = evidence?.queue.inFlight ?? null
  return {
    workersAlive: evidence?.workersAlive ?? null,
    activeTasks,
    maxConcurrent: maxInFlight,
    loadPct: activeTasks === null ? null : Math.floor((100 * activeTasks) / maxInFlight),
    queueDepth: evidence?.queue.waiting ?? null,
    queueCapacity,
  }
}
