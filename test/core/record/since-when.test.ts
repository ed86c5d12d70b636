import { describe, expect, it } from 'vitest'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import type { Status, View } from '../../../functions/core/record/record.ts'
import { stateSince } from '../../../functions/core/record/state-since.ts'
import { viewOf } from '../../../functions/core/record/view.ts'
import { MINUTE, NOON, SECOND, VIEW_SETTINGS } from '../../build/evidence.ts'
import { recordOf } from '../../build/record.ts'

const entry = (rule: string, at: number | null) => ({
  ...{ rule, observed: 1, threshold: 1, runbook: `docs/runbook.md#${rule}` },
  since: at === null ? null : new Date(at).toISOString(),
})
const changed = (status: Status, at: number) => ({ at, status, reasons: [] })
const view = (changes: Partial<View>): View => ({
  ...{ status: 'not_ready', mode: 'normal', issues: [], warnings: [], trace: [], record: null },
  ...{ sweptAt: NOON, ageSeconds: 0, maxAgeSeconds: 180 },
  ...changes,
})
const at = (minutes: number) => NOON - minutes * MINUTE

describe('since when a state is shown', () => {
  it('is the change that the record keeps, where it is that state', () => {
    const record = recordOf({ changes: [changed('not_ready', at(7)), changed('ready', at(60))] })
    const trace = [entry('queue_full', at(3))]
    expect(stateSince(view({ record, issues: ['queue_full=1'], trace }))).toBe(at(7))
    expect(stateSince(view({ record, status: 'degraded', warnings: ['queue_full=1'], trace }))).toBe(at(3))
    expect(stateSince(view({ record, status: 'ready' }))).toBeNull()
  })

  it('is the earliest of its reasons where the record does not know the state, and of other rules none', () => {
    const trace = [
      entry('starting', at(90)),
      entry('paused', at(4)),
      entry('circuit_open', at(9)),
      entry('overdue', null),
    ]
    const issues = ['paused', 'circuit_open=captchaai', 'overdue=3']
    expect(stateSince(view({ issues, warnings: ['starting'], trace }))).toBe(at(9))
    expect(stateSince(view({ warnings: ['paused'], status: 'degraded', trace }))).toBe(at(4))
    expect(stateSince(view({ issues: ['overdue=3'], trace }))).toBeNull()
    expect(stateSince(view({ issues: ['queue_full=1'], trace }))).toBeNull()
    expect(stateSince(view({ status: 'ready', warnings: ['starting'], trace }))).toBeNull()
  })

  it('is not the change of the record for an unknown state, whatever the record says of it', () => {
    const record = recordOf({ changes: [changed('unknown', at(60))] })
    const trace = [entry('stale_evidence', at(2))]
    expect(stateSince(view({ status: 'unknown', record, issues: ['stale_evidence=300s'], trace }))).toBe(at(2))
  })
})

describe('what the admission item adds between two sweeps', () => {
  const pause = { by: 'kim', at: NOON - SECOND, reason: 'plan change' }
  const breaker = { state: 'open', since: NOON - 2 * SECOND, until: NOON + MINUTE, seconds: 60, cause: 'X' } as const
  const { control: quiet } = initialAdmission(['captchaai'])
  const control = { ...quiet, pause, providers: { captchaai: { ...initialProvider, breaker } } }
  const record = recordOf({
    ...{
      status: 'not_ready',
      issues: ['secret_unreadable', 'stalled_for=200s', 'queue_full=1200'],
      warnings: ['client_errors=0.40'],
    },
    trace: [
      entry('secret_unreadable', at(2)),
      entry('stalled_for', at(3)),
      entry('queue_full', at(5)),
      entry('paused', at(50)),
    ],
  })
  const seen = () => viewOf({ kind: 'record', record, readAt: NOON }, NOON, VIEW_SETTINGS, { control, counts: {} })

  it('stands among the issues of the sweep in the order of all sweeps, with one trace entry each', () => {
    const { issues, warnings, trace } = seen()
    expect(issues).toEqual([
      'paused',
      'secret_unreadable',
      'circuit_open=captchaai',
      'stalled_for=200s',
      'queue_full=1200',
    ])
    expect(warnings).toEqual(['client_errors=0.40'])
    expect(trace.map(({ rule }) => rule)).toEqual(issues.map((issue) => issue.split('=')[0]))
    expect(trace[0]?.since).toBe(new Date(pause.at).toISOString())
  })
})
