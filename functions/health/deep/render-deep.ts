import type { DeepCheck, DeepRun } from '../../core/record/deep-run.ts'
import { isGood } from '../checks/check.ts'
import { isoTime } from '../context.ts'
import type { CheckLine, CheckReport, Grade, Refusal, Rendering } from '../rendering.ts'
import type { DeepBody } from '../schemas/deep-body.ts'
import type { DeepOutcome } from './deep.ts'

/** An older run says nothing about the present. */
const FRESH_SECONDS = 3600

/** The answer of the deep view, whoever ran the probes and whenever. */
export function renderDeep(outcome: DeepOutcome, now: number): Rendering | Refusal {
  switch (outcome.kind) {
    case 'badRequest':
      return { status: 400, error: 'bad_request' }
    case 'running':
      return { status: 409, error: 'already_running', retryAfter: (outcome.until - now) / 1000 }
    case 'unreachable':
      return rendered('fail', report(null, 'unknown', now, 'the last run cannot be read'))
    case 'run':
      return renderRun(outcome.run, now)
  }
}

function renderRun(run: DeepRun | null, now: number): Rendering {
  if (run === null) return rendered('fail', report(null, 'unknown', now, 'never run'))
  const good = Object.values(run.checks).every(isGood)
  if (now - run.ranAt > FRESH_SECONDS * 1000)
    return rendered('fail', report(run, 'unknown', now, 'the last run is old'))
  return good ? rendered('pass', report(run, 'ok', now)) : rendered('fail', report(run, 'degraded', now))
}

/** Only for requests with the token, so there is no other form. */
const rendered = (grade: Grade, content: CheckReport): Rendering => ({
  grade,
  full: () => content,
  reduced: () => content,
})

function report(run: DeepRun | null, status: 'ok' | 'degraded' | 'unknown', now: number, why?: string): CheckReport {
  const checkedAt = isoTime(run?.ranAt ?? null)
  const checks = Object.entries(run?.checks ?? {})
  const body: DeepBody = {
    status,
    ranAt: checkedAt,
    ageSeconds: run === null ? null : Math.max(0, Math.floor((now - run.ranAt) / 1000)),
    ranBy: run?.ranBy ?? null,
    paid: run?.paid ?? false,
    checks: Object.fromEntries(checks.map(([name, check]) => [name, { ...check, checkedAt }])),
  }
  return {
    kind: 'report',
    body,
    checks: [
      {
        name: 'deep',
        grade: status === 'ok' ? 'pass' : 'fail',
        says: why === undefined ? status : `${status}: ${why}`,
      },
      ...checks.map(([name, check]) => lineOf(name, check, checkedAt)),
    ],
  }
}

const lineOf = (name: string, check: DeepCheck, at: string | null): CheckLine => ({
  name,
  grade: check.status === 'ok' ? 'pass' : isGood(check) ? 'warn' : 'fail',
  says: [check.status, check.error, check.reason].filter((part) => part !== undefined).join(': '),
  at,
  responseMs: check.responseMs,
})
