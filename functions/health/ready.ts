import { SETTINGS } from '../contract/settings.ts'
import type { ReadinessRecord } from '../core/record/record.ts'
import { gradeOf, type HealthContext, isoTime, publicPart, publicRuleLines, ruleLines } from './context.ts'
import type { CheckLine, Rendering } from './rendering.ts'
import type { ReadyBody } from './schemas/ready-body.ts'
import { THRESHOLDS } from './settings.ts'

const HOUR_MS = 3_600_000

/** Whether tasks may be sent to the fleet. The status `unknown` means no. */
export function renderReady({ view, now, self }: HealthContext): Rendering {
  const { status, mode, issues, warnings, trace, sweptAt, ageSeconds, maxAgeSeconds } = view
  const evidence = { sweptAt: isoTime(sweptAt), ageSeconds, maxAgeSeconds }
  const settings = { ...self.settings, minBalance: self.settings.minBalance ?? SETTINGS.minBalance.whenUnset }
  const thresholds = Object.fromEntries(THRESHOLDS.map((name) => [name, settings[name]]))
  const stats = statsOf(view.record, now)
  const grade = gradeOf(status === 'ready' || status === 'degraded', view)
  const own: CheckLine = { name: 'ready', grade, says: status, at: evidence.sweptAt }
  const body: ReadyBody = { status, mode, issues, warnings, stats, evidence, thresholds, trace }
  return {
    grade,
    full: () => ({ kind: 'report', body, checks: [own, ...ruleLines(view)] }),
    reduced: () => ({
      kind: 'report',
      body: { status, ...publicPart(view) },
      checks: [{ ...own, at: null }, ...publicRuleLines(view)],
    }),
  }
}

/** Statistics of the last hour, in whole UTC minutes. A value without data is null and not 100 %. */
export function statsOf(record: ReadinessRecord | null, now: number) {
  if (record === null) return { solved: null, failed: null, successRate: null, balance: null }
  const minutes = record.evidence.minutes.filter(({ at }) => at > now - HOUR_MS)
  const sum = (count: (minute: (typeof minutes)[number]) => number) => minutes.reduce((all, m) => all + count(m), 0)
  const solved = sum((minute) => minute.solved)
  const failed = sum((minute) => minute.failed + minute.expired)
  const active = record.evidence.providers.find(({ name }) => name === record.activeProvider)
  return {
    solved,
    failed,
    successRate: solved + failed === 0 ? null : solved / (solved + failed),
    balance: active?.balance ?? null,
  }
}
