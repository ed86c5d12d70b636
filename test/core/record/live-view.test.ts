import { describe, expect, it } from 'vitest'
import type { Breaker } from '../../../functions/core/admission/breaker/breaker-state.ts'
import type { Control, Counters, ProviderControl } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { viewOf } from '../../../functions/core/record/view.ts'
import type { Verdict } from '../../../functions/core/rules/rule.ts'
import { MINUTE, NOON, paidByBalance, SECOND, VIEW_SETTINGS } from '../../build/evidence.ts'
import { notReady, recordOf, SWEPT_AT, sweptProvider } from '../../build/record.ts'

const { control: quiet } = initialAdmission(['captchaai'])
const at = (changes: Partial<ProviderControl>, more: Partial<Control> = {}): Control => ({
  ...quiet,
  providers: { captchaai: { ...initialProvider, ...changes } },
  ...more,
})
const CAUSE = '20 submits: HTTP_502'
const open = (since = NOON - 2 * SECOND): Breaker => ({
  state: 'open',
  since,
  until: since + 10 * SECOND,
  seconds: 10,
  cause: CAUSE,
})
const half = (successes = 0): Breaker => ({ state: 'half_open', since: NOON, seconds: 10, successes, lease: null })
const seen = (control: Control | null, record = recordOf(), now = NOON, counts: Counters = {}) => {
  const reading = { kind: 'record', record, readAt: now } as const
  const { status, issues, warnings, trace } = viewOf(
    reading,
    now,
    VIEW_SETTINGS,
    control === null ? null : { control, counts },
  )
  return { status, issues, warnings, trace: trace.map(({ rule, observed, since }) => ({ rule, observed, since })) }
}

const full: Verdict = { status: 'not_ready', mode: 'normal', issues: ['queue_full=1200'], warnings: [], trace: [] }
/** Hysteresis shows the issue as a warning as long as one more sweep has to find it. */
const delayed = recordOf({ status: 'degraded', warnings: full.issues, raw: full })

describe('between two sweeps the admission item says what is newer', () => {
  it('changes nothing where nothing is new, or where the item is not known', () => {
    for (const control of [null, quiet])
      for (const record of [recordOf(), notReady(), delayed]) {
        const { status, issues, warnings } = seen(control, record)
        expect({ status, issues: issues.toSorted() }).toEqual({ status: record.status, issues: record.issues })
        // This record names a backup that it does not have.
        const isKnown = (text: string) => control === null || text !== 'on_backup=twocaptcha'
        expect(warnings).toEqual(record.warnings.filter(isKnown))
      }
  })

  it('the work went back to the first provider since the sweep: nothing is left that made it degraded', () => {
    const providers = [sweptProvider(), paidByBalance()]
    const record = recordOf({ status: 'degraded', warnings: ['on_backup=twocaptcha'], evidence: { providers } })
    expect(seen(quiet, record)).toMatchObject({ status: 'ready', warnings: [] })
  })

  it('the breaker of the only provider opened: not ready at once, with the cause and not with a number', () => {
    expect(seen(at({ breaker: open() }))).toEqual({
      status: 'not_ready',
      issues: ['circuit_open=captchaai'],
      warnings: [],
      trace: [{ rule: 'circuit_open', observed: CAUSE, since: new Date(NOON).toISOString() }],
    })
  })

  it('nothing could be used for 15 s: that is said too', () => {
    expect(seen(at({ breaker: open(NOON - 14 * SECOND) })).issues).toEqual(['circuit_open=captchaai'])
    expect(seen(at({ breaker: open(NOON - 15 * SECOND) })).issues).toEqual([
      'no_usable_provider',
      'circuit_open=captchaai',
    ])
  })

  it('it closed again after the sweep: what the outage made of waiting and overdue tasks is answered, the streak is not', () => {
    const outage = ['no_solve_for=625s', 'stalled_for=616s', 'overdue=5']
    const closed: Breaker = { state: 'closed', submit: null, result: null, rampSince: NOON - SECOND, seconds: 20 }
    const record = recordOf({ status: 'not_ready', issues: outage })
    expect(seen(at({ breaker: closed }), record).status).toBe('ready')
    const failing = recordOf({ status: 'not_ready', issues: ['consecutive_failures=12', ...outage] })
    expect(seen(at({ breaker: closed }), failing).issues).toEqual(['consecutive_failures=12'])
    const closedBefore: Breaker = { ...closed, rampSince: SWEPT_AT - SECOND }
    expect(seen(at({ breaker: closedBefore }), record).issues).toEqual(outage)
  })

  it('it closed again: ready at once, though the sweep found it open, and though two good sweeps would be needed', () => {
    const record = recordOf({
      status: 'not_ready',
      issues: ['no_usable_provider', 'circuit_open=captchaai'],
      since: { 'circuit_open=captchaai': NOON - MINUTE },
      evidence: {
        providers: [
          sweptProvider({
            unusableSince: NOON - MINUTE,
            breaker: { state: 'open', since: NOON - MINUTE, cause: CAUSE, isProven: false },
          }),
        ],
      },
    })
    expect(seen(null, record).status).toBe('not_ready')
    expect(seen(at({ breaker: open(NOON - 5 * SECOND) }), record).trace).toContainEqual({
      rule: 'circuit_open',
      observed: CAUSE,
      since: new Date(NOON - MINUTE).toISOString(),
    })
    expect(seen(quiet, record)).toEqual({ status: 'ready', issues: [], warnings: [], trace: [] })
  })

  it('it closed again, but what tasks say stays until the sweep says otherwise', () => {
    const record = recordOf({ status: 'not_ready', issues: ['circuit_open=captchaai', 'consecutive_failures=12'] })
    expect(seen(quiet, record)).toMatchObject({ status: 'not_ready', issues: ['consecutive_failures=12'] })
  })

  it('half-open keeps a fleet that is asked not ready until one real task was accepted', () => {
    expect(seen(at({ breaker: half() })).issues).toEqual(['circuit_open=captchaai'])
    expect(seen(at({ breaker: half(1) }))).toMatchObject({
      status: 'ready',
      issues: [],
      warnings: ['circuit_open=captchaai'],
    })
  })

  it('half-open does not keep a fleet red that nobody asks: no task could close it', () => {
    const idle = recordOf({ evidence: { demand: false } })
    expect(seen(at({ breaker: half() }), idle)).toMatchObject({
      status: 'ready',
      issues: [],
      warnings: ['circuit_open=captchaai'],
    })
    expect(seen(at({ breaker: open() }), idle).status).toBe('not_ready')
  })

  it('with another provider that is sound it is a warning, and on the backup the fleet is degraded', () => {
    const record = recordOf({ evidence: { providers: [sweptProvider(), paidByBalance()] } })
    const { control } = initialAdmission(['captchaai', 'twocaptcha'])
    const providers = { ...control.providers, captchaai: { ...initialProvider, breaker: open() } }
    const route = { ...control.route, active: 'twocaptcha' }
    expect(seen({ ...control, providers, route }, record)).toMatchObject({
      status: 'degraded',
      issues: [],
      warnings: ['circuit_open=captchaai', 'on_backup=twocaptcha'],
    })
  })

  it('what it warns of stands among the warnings of the sweep in the order of all sweeps', () => {
    const record = recordOf({ ...delayed, evidence: { providers: [sweptProvider(), paidByBalance()] } })
    const { control } = initialAdmission(['captchaai', 'twocaptcha'])
    const route = { ...control.route, active: 'twocaptcha' }
    expect(seen({ ...control, route }, record).warnings).toEqual(['queue_full=1200', 'on_backup=twocaptcha'])
  })

  it('a key that workers were refused is said at once, and its replacement too', () => {
    const refused = { fingerprint: 'aaaaaaaa', at: NOON - SECOND, code: 'ERROR_KEY_DOES_NOT_EXIST' }
    expect(seen(at({ key: { good: null, refused, lease: null } }))).toMatchObject({
      status: 'not_ready',
      issues: ['api_key_refused=captchaai'],
    })
    expect(seen(at({ key: { good: 'bbbbbbbb', refused: null, lease: null } })).status).toBe('ready')
  })

  it('a pause and a resume are said at once, by whom and why', () => {
    const pause = { by: 'ops/anna', at: SWEPT_AT - MINUTE, reason: 'moving house' }
    expect(seen({ ...quiet, pause })).toEqual({
      status: 'not_ready',
      issues: ['paused'],
      warnings: [],
      trace: [{ rule: 'paused', observed: 'ops/anna: moving house', since: new Date(pause.at).toISOString() }],
    })
    const paused = recordOf({ status: 'not_ready', issues: ['paused'], evidence: { pause } })
    expect(seen(quiet, paused)).toMatchObject({ status: 'ready', issues: [] })
  })

  it('a breaker that opens makes a fleet not ready, also where hysteresis delays what the sweep found', () => {
    expect(seen(at({ breaker: open() }), delayed)).toMatchObject({
      status: 'not_ready',
      issues: ['circuit_open=captchaai'],
      warnings: full.issues,
    })
  })

  it('what a closed breaker has answered leaves no trace either, and one that closed in the very moment of the sweep answers nothing', () => {
    const trace = ['stalled_for', 'queue_full'].map((rule) => ({
      ...{ rule, observed: 1, threshold: 1, since: null, runbook: '' },
    }))
    const record = recordOf({ status: 'not_ready', issues: ['stalled_for=616s', 'queue_full=1200'], trace })
    const closedAt = (rampSince: number) => {
      const { issues, trace } = seen(
        at({ breaker: { state: 'closed', submit: null, result: null, rampSince } }),
        record,
      )
      return { issues, rules: trace.map(({ rule }) => rule) }
    }
    expect(closedAt(SWEPT_AT + 1)).toEqual({ issues: ['queue_full=1200'], rules: ['queue_full'] })
    expect(closedAt(SWEPT_AT)).toEqual({ issues: record.issues, rules: ['stalled_for', 'queue_full'] })
  })

  it('stale evidence stays unknown, whatever the item says', () => {
    expect(seen(at({ breaker: open() }), recordOf(), NOON + 10 * MINUTE).status).toBe('unknown')
  })
})
