import { SETTINGS } from '../contract/settings.ts'
import type { ReadinessRecord, View } from '../core/record/record.ts'
import { gradeOf, type HealthContext, isoTime, publicPart, publicRuleLines, ruleLines } from './context.ts'
import type { CheckLine, Rendering } from './rendering.ts'
import type { ReadyBody } from './schemas/ready-body.ts'
import { THRESHOLDS, type Thresholds } from './settings.ts'

const HOUR_MS = 3_600_000

/** Whether tasks may be sent to the fleet. The status `unknown` means no. */
export function renderReady({ view, now, self }: HealthContext): Rendering {
  const { status, sweptAt } = view
  const grade = gradeOf(status === 'ready' || status === 'degraded', view)
  const at = isoTime(sweptAt)
  const own: CheckLine = { name: 'ready', grade, says: status, at }
  return {
    grade,
    full: () => ({
      kind: 'report',
      body: fullBody(view, at, now, self.settings),
      checks: [own, ...ruleLines(view)],
    }),
    reduced: () => ({
      kind: 'report',
      body: { status, ...publicPart(view) },
      checks: [{ ...own, at: null }, ...publicRuleLines(view)],
    }),
  }
}

function fullBody(view: View, sweptAt: string | null, now: number, settings: Thresholds): ReadyBody {
  const { status, mode, issues, warnings, trace, ageSeconds, maxAgeSeconds } = view
  const evidence = { sweptAt, ageSeconds, maxAgeSeconds }
  const stats = statsOf(view.record, now)
  return { status, mode, issues, warnings, stats, evidence, thresholds: thresholdsOf(settings), trace }
}

function thresholdsOf(settings: Thresholds): ReadyBody['thresholds'] {
  const thresholds: ReadyBody['thresholds'] = {}
  for (const name of THRESHOLDS) thresholds[name] = settings[name] ?? SETTINGS.minBalance.whenUnset
  return thresholds
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
