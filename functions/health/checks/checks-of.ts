import type { IssueCode } from '../../contract/issues.ts'
import { hasIssue } from '../../core/rules/issue.ts'
import { freshEvidence, type HealthContext } from '../context.ts'
import { type Check, proofOf } from './check.ts'
import { deepFindingOf } from './deep-finding.ts'
import { providerCheck, shownProviders } from './provider-check.ts'
import { issueSentence } from './reason.ts'

/** Runs every check. None waits for anything, and a check that fails is answered with the status unknown. */
export function checksOf(seen: HealthContext): Record<string, Check> {
  const checks = [
    ...shownProviders(seen).map((name) => [`${name}Api`, () => providerCheck(name, seen)] as const),
    ['table', () => tableCheck(seen)] as const,
    ['taskQueue', () => taskQueueCheck(seen)] as const,
    ['secret', () => secretCheck(seen)] as const,
    ['sweep', () => sweepCheck(seen)] as const,
  ]
  return Object.fromEntries(checks.map(([name, check]) => [name, guarded(check)]))
}

function guarded(check: () => Check): Check {
  try {
    return check()
  } catch {
    const reason = 'The check itself failed: the record holds something that cannot be shown.'
    return {
      ...{
        status: 'unknown',
        responseMs: null,
        checkedAt: null,
        ageSeconds: null,
        evidence: null,
        criticality: 'hard',
      },
      ...{ error: 'check_failed', reason },
    }
  }
}

/** The read of the record for this view is the evidence. */
function tableCheck({ look: { reading, milliseconds }, now }: HealthContext): Check {
  const down = reading.kind === 'unreachable'
  const proof = proofOf({ traffic: reading.readAt, probe: null }, { now, recentSeconds: 0 })
  const wrong = { error: 'unreachable', reason: 'The table does not answer, or refuses the read.' }
  return { status: down ? 'down' : 'ok', responseMs: milliseconds, ...proof, criticality: 'hard', ...(down && wrong) }
}

/** A submit that worked was a message of the queue; the sweep counts the queue's messages. */
function taskQueueCheck(seen: HealthContext): Check {
  const traffic = freshEvidence(seen.view)?.totals.lastWorkingSubmitAt ?? null
  return deepOr(sweptCheck(seen, traffic, null), 'taskQueue', seen, traffic)
}

/** A worker whom a provider answered had a key from the secret. */
function secretCheck(seen: HealthContext): Check {
  const evidence = freshEvidence(seen.view)
  const answers = Object.values(evidence?.totals.accountAnswers ?? {}).map(({ at }) => at)
  const readable = evidence?.secretReadable !== false
  const traffic = answers.length === 0 ? null : Math.max(...answers)
  return deepOr(sweptCheck(seen, traffic, readable ? null : 'secret_unreadable'), 'secret', seen, traffic)
}

/** What a deep run found is the check where nothing newer is known of it. */
function deepOr({ criticality, ...swept }: Check, name: string, seen: HealthContext, traffic: number | null): Check {
  return { ...(deepFindingOf(name, seen, [traffic, seen.view.sweptAt]) ?? swept), criticality }
}

/** Something that the last sweep reached, unless it found a problem. */
function sweptCheck({ view, now }: HealthContext, traffic: number | null, problem: IssueCode | null): Check {
  const known = freshEvidence(view) !== null
  const proof = proofOf({ traffic, probe: view.sweptAt }, { now, recentSeconds: view.maxAgeSeconds })
  const check = { responseMs: null, ...proof, criticality: 'hard' } as const
  if (!known)
    return { ...check, status: 'unknown', error: 'no_fresh_evidence', reason: 'No sweep has looked at it lately.' }
  if (problem === null) return { ...check, status: 'ok' }
  return { ...check, status: 'down', error: problem, reason: issueSentence(problem, null) }
}

function sweepCheck({ view, now }: HealthContext): Check {
  const stale = hasIssue(view.issues, 'stale_evidence')
  const error: IssueCode = stale ? 'stale_evidence' : 'record_unreadable'
  const status = view.status !== 'unknown' ? 'ok' : stale ? 'down' : 'unknown'
  const proof = proofOf({ traffic: view.sweptAt, probe: null }, { now, recentSeconds: view.maxAgeSeconds })
  const wrong = { error, reason: issueSentence(error, view.ageSeconds === null ? null : `${view.ageSeconds}s`) }
  return { status, responseMs: null, ...proof, criticality: 'hard', ...(status !== 'ok' && wrong) }
}
