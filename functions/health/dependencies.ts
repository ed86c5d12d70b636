import { type Check, isGood } from './checks/check.ts'
import { checksOf } from './checks/checks-of.ts'
import { gradeOf, type HealthContext, publicPart } from './context.ts'
import type { Asked, CheckLine, Grade, Rendering } from './rendering.ts'
import type { DependenciesBody } from './schemas/dependencies-body.ts'

/** Good if every hard dependency is ok. */
export function renderDependencies(seen: HealthContext): Rendering {
  const checks = checksOf(seen)
  const good = Object.values(checks).every(isGood)
  const status = good ? 'ok' : 'degraded'
  const body: DependenciesBody = { status, checks }
  const all = Object.entries(checks)
  const names = Object.fromEntries(all.map(([name, check]) => [name, { status: check.status }]))
  return {
    grade: gradeOf(good, seen.view),
    full: () => ({
      kind: 'report',
      body,
      checks: all.map(([name, check]) => fullLine(name, check)),
    }),
    reduced: () => ({
      kind: 'report',
      body: { status, ...publicPart(seen.view), checks: names },
      checks: all.map(([name, check]) => reducedLine(name, check)),
    }),
  }
}

/** Null: no dependency has this name. */
export function renderDependency(seen: HealthContext, { name }: Asked): Rendering | null {
  const checks = checksOf(seen)
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined
  if (check === undefined) return null
  return {
    grade: gradeOfCheck(check),
    full: () => ({ kind: 'report', body: check, checks: [fullLine(name, check)] }),
    reduced: () => ({
      kind: 'report',
      body: { status: check.status, ...publicPart(seen.view) },
      checks: [reducedLine(name, check)],
    }),
  }
}

const gradeOfCheck = (check: Check): Grade => (check.status === 'ok' ? 'pass' : isGood(check) ? 'warn' : 'fail')

const reducedLine = (name: string, check: Check): CheckLine => ({
  name,
  grade: gradeOfCheck(check),
  says: check.status,
})

const fullLine = (name: string, check: Check): CheckLine => ({
  ...reducedLine(name, check),
  says: [check.status, check.error, check.reason].filter((part) => part !== undefined).join(': '),
  at: check.checkedAt,
  responseMs: check.responseMs,
})
