import { ISSUE_CODES } from '../../contract/issues.ts'
import { issueCode } from '../../core/rules/issue.ts'
import { checksOf } from '../checks/checks-of.ts'
import type { HealthContext } from '../context.ts'
import { type Family, gauge, labelled, oneHot } from './family.ts'

const STATUSES = ['ready', 'degraded', 'not_ready', 'unknown'] as const
const MODES = ['normal', 'degraded', 'emergency'] as const

/** What everybody may see: state, mode, codes, the age of the evidence, and the dependencies. */
export function publicFamilies(seen: HealthContext): Family[] {
  const { view, self } = seen
  const dependencies = Object.entries(checksOf(seen))
  return [
    gauge(
      'lifesign_ready',
      'Whether tasks may be sent: 1 for ready and degraded, 0 for not ready and unknown.',
      view.status === 'ready' || view.status === 'degraded' ? 1 : 0,
    ),
    oneHot(
      'lifesign_status',
      'The state that the health views show: 1 for one of them.',
      'status',
      STATUSES,
      view.status,
    ),
    oneHot(
      'lifesign_mode',
      'The mode of the fleet as the last sweep found it: 1 for one of them.',
      'mode',
      MODES,
      view.mode,
    ),
    codes('lifesign_issue', 'Whether this issue makes the fleet not ready (1) or is absent (0).', view.issues),
    codes('lifesign_warning', 'Whether this warning is shown (1) or absent (0).', view.warnings),
    gauge('lifesign_evidence_age_seconds', 'Age of the evidence of the last sweep.', view.ageSeconds),
    gauge(
      'lifesign_evidence_max_age_seconds',
      'Age from which the evidence is stale and the state unknown.',
      view.maxAgeSeconds,
    ),
    labelled(
      'gauge',
      'lifesign_dependency_up',
      'Whether the dependency works: 1 for ok and degraded, 0 for down. Absent if nobody knows.',
      'dependency',
      dependencies.map(([name, { status }]) => [name, status === 'unknown' ? null : status === 'down' ? 0 : 1]),
    ),
    labelled('gauge', 'lifesign_build_info', 'The version of the fleet; always 1.', 'version', [[self.version, 1]]),
  ]
}

/** One series for each code of the closed list, whatever the record says. */
function codes(name: string, help: string, said: readonly string[]): Family {
  const present = new Set(said.map(issueCode))
  const values = ISSUE_CODES.map((code) => [code, present.has(code) ? 1 : 0] as const)
  return labelled('gauge', name, help, 'code', values)
}
