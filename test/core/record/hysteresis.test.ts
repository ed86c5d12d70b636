import { describe, expect, it } from 'vitest'
import {
  applyHysteresis,
  type HysteresisSettings,
  type PublishedStatus,
} from '../../../functions/core/record/hysteresis.ts'
import type { Verdict } from '../../../functions/core/rules/rule.ts'

const entry = {
  rule: 'queue_full',
  observed: 1000,
  threshold: 1000,
  since: null,
  runbook: 'docs/runbook.md#queue-full',
}
const BAD: Verdict = { status: 'not_ready', mode: 'normal', issues: ['queue_full=1000'], warnings: [], trace: [entry] }
const GOOD: Verdict = { status: 'ready', mode: 'normal', issues: [], warnings: [], trace: [] }
const DEFAULT = { enterNotReadySweeps: 1, leaveNotReadySweeps: 2 }

function shownAfter(sweeps: string, settings: HysteresisSettings = DEFAULT): PublishedStatus[] {
  const shown: PublishedStatus[] = []
  for (const sweep of sweeps)
    shown.push(applyHysteresis(shown.at(-1) ?? null, sweep === 'b' ? BAD : GOOD, { isNewPeriod: true }, settings))
  return shown
}
const statuses = (sweeps: string, settings?: HysteresisSettings) =>
  shownAfter(sweeps, settings)
    .map(({ status }) => (status === 'not_ready' ? 'b' : 'g'))
    .join('')

describe('what is shown', () => {
  it('enters not ready with the first bad sweep and leaves it with the second good one', () => {
    expect(statuses('gbgg')).toBe('gbbg')
  })
  it('readings flap around a threshold: one transition each way (row 42)', () => {
    expect(statuses('gggbgbgbgbgbggg')).toBe('gggbbbbbbbbbbgg')
  })
  it('enters and leaves by separate counts', () => {
    expect(statuses('gbgbbggbggg', { enterNotReadySweeps: 2, leaveNotReadySweeps: 3 })).toBe('ggggbbbbbbg')
  })
  it('is the first verdict as it is', () => {
    expect(statuses('b', { enterNotReadySweeps: 3, leaveNotReadySweeps: 3 })).toBe('b')
  })
  it('keeps its reasons as long as it is not ready, each with its trace', () => {
    expect(shownAfter('bg').at(-1)).toMatchObject({ status: 'not_ready', issues: ['queue_full=1000'], trace: [entry] })
    expect(shownAfter('bgg').at(-1)).toMatchObject({ status: 'ready', issues: [], trace: [] })
  })
  it('goes on holding an issue while a sweep finds one that is not held', () => {
    const paused: Verdict = { ...BAD, issues: ['paused'], trace: [] }
    const shown: PublishedStatus[] = []
    const settings = { enterNotReadySweeps: 1, leaveNotReadySweeps: 3 }
    for (const verdict of [BAD, paused, GOOD, GOOD, GOOD])
      shown.push(applyHysteresis(shown.at(-1) ?? null, verdict, { isNewPeriod: true }, settings))
    expect(shown.map(({ issues }) => issues)).toEqual([
      ['queue_full=1000'],
      ['paused', 'queue_full=1000'],
      ['queue_full=1000'],
      [],
      [],
    ])
  })
  it('says a reason as a warning as long as it is not yet not ready', () => {
    const shown = shownAfter('gb', { enterNotReadySweeps: 2, leaveNotReadySweeps: 2 }).at(-1)
    expect(shown).toMatchObject({ status: 'degraded', issues: [], warnings: ['queue_full=1000'], trace: [entry] })
  })
  it('counts a sweep that runs twice in a period once', () => {
    const bad = applyHysteresis(null, BAD, { isNewPeriod: true }, DEFAULT)
    const good = applyHysteresis(bad, GOOD, { isNewPeriod: true }, DEFAULT)
    const again = applyHysteresis(good, GOOD, { isNewPeriod: false }, DEFAULT)
    expect(again).toEqual(good)
    expect(applyHysteresis(again, GOOD, { isNewPeriod: true }, DEFAULT).status).toBe('ready')
  })
})

describe('an issue that ends by a proof', () => {
  const verdictOf = (...issues: string[]): Verdict => ({ ...BAD, issues, trace: [] })
  const left = (...issues: string[]) =>
    applyHysteresis(
      applyHysteresis(null, verdictOf(...issues), { isNewPeriod: true }, DEFAULT),
      GOOD,
      { isNewPeriod: true },
      DEFAULT,
    )
  it.each([
    'consecutive_failures=12',
    'no_solve_for=700s',
    'overdue=4',
    'stalled_for=200s',
    'low_balance=$0.50',
    'no_threads=captchaai',
    'secret_unreadable',
    'spend_limit=hour',
  ])('is not held: %s', (issue) => {
    expect(left(issue)).toMatchObject({ status: 'ready', issues: [] })
  })
  it('does not end what is held, which compares a changing number with a threshold', () => {
    const issues = ['error_rate=0.62', 'queue_full=1000']
    expect(left('overdue=4', ...issues)).toMatchObject({ status: 'not_ready', issues })
  })
})

it('a breaker that was closed since the last sweep ends not_ready at once: it has a hysteresis of its own', () => {
  const bad = applyHysteresis(null, BAD, { isNewPeriod: true }, DEFAULT)
  expect(applyHysteresis(bad, GOOD, { isNewPeriod: true, hasRecovered: true }, DEFAULT).status).toBe('ready')
  expect(applyHysteresis(bad, BAD, { isNewPeriod: true, hasRecovered: true }, DEFAULT).status).toBe('not_ready')
})
