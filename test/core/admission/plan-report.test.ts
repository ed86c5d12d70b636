import { describe, expect, it } from 'vitest'
import type {
  Admission,
  AdmissionReading,
  Control,
  Counters,
} from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { type AdmissionReport, planReport } from '../../../functions/core/admission/steps/plan-report.ts'
import { observationOf } from '../../../functions/core/provider/observation.ts'
import { NOON } from '../../../sim/memory/clock.ts'
import { defaultObserveSettings } from '../../../sim/memory/observe-settings.ts'

const SETTINGS = { ...defaultObserveSettings, order: ['captchaai', 'twocaptcha'] }
const SPEND = { hour: '2026-11-21T12', day: '2026-11-21' }
const first = initialAdmission(['captchaai', 'twocaptcha'])
const stored = (control: Partial<Control> = {}, counts: Counters = {}): AdmissionReading => {
  const admission: Admission = { epoch: 7, counts, control: { ...first.control, ...control } }
  return { kind: 'admission', admission }
}
const report = (more: Partial<AdmissionReport> = {}): AdmissionReport => ({
  ...{ by: 'i-1', freed: [], ended: { solved: 0, failed: 0 }, unspent: null, observations: [] },
  ...more,
})
const planned = (reading: AdmissionReading | null, told: Partial<AdmissionReport> = {}) =>
  planReport(reading, report(told), NOON, SETTINGS)

const THREE = ['captchaai', 'captchaai', 'twocaptcha']
const THREE_LESS = { inFlight: -3, inFlight_captchaai: -2, inFlight_twocaptcha: -1 }
const noFunds = observationOf('captchaai', 'submit', { class: 'funds', code: 'ERROR_ZERO_BALANCE' }, NOON)
const noThread = observationOf('captchaai', 'submit', { class: 'capacity', code: 'NO_SLOT' }, NOON)

describe('the write that ends an invocation', () => {
  it.each<[string, AdmissionReading | null]>([
    ['known', stored({ spend: SPEND })],
    ['unknown', null],
    ['missing', { kind: 'missing' }],
  ])('is not made where nothing is to be told of an item that is %s', (_, reading) => {
    expect(planned(reading)).toBeNull()
    expect(planned(reading, { unspent: { count: 0, spend: SPEND } })).toBeNull()
    expect(planned(reading, { observations: [observationOf('captchaai', 'submit', null, NOON)] })).toBeNull()
  })

  it.each<[string, AdmissionReading | null]>([
    ['unknown', null],
    ['missing', { kind: 'missing' }],
    ['unreadable', { kind: 'unreadable', why: 'corrupt' }],
  ])(
    'gives the places back at once, in any epoch, where the item is %s, and leaves the rest for later',
    (_, reading) => {
      const told = { freed: THREE, observations: [noFunds], unspent: { count: 1, spend: SPEND } }
      expect(planned(reading, told)).toEqual({ change: { add: THREE_LESS }, isWhole: false })
      expect(planned(reading, { ...told, freed: [] })).toBeNull()
    },
  )

  it('gives back nothing but places in any epoch, each to its provider', () => {
    expect(planned(stored(), { freed: THREE })).toEqual({ change: { add: THREE_LESS }, isWhole: true })
  })

  it('counts in the same write how their tasks ended, and makes none for that alone', () => {
    const ended = { solved: 2, failed: 1 }
    const change = { add: { ...THREE_LESS, solved: 2, failed: 1 } }
    expect(planned(stored(), { freed: THREE, ended })).toEqual({ change, isWhole: true })
    expect(planned(null, { freed: THREE, ended, observations: [noFunds] })).toEqual({ change, isWhole: false })
    expect(planned(stored(), { freed: THREE, ended, observations: [noFunds] })?.change.add).toEqual(change.add)
    expect(planned(stored(), { ended })).toBeNull()
  })

  it('counts no end of a task without its place, whatever else there is to tell', () => {
    const told = { ended: { solved: 2, failed: 1 }, observations: [noFunds] }
    expect(planned(stored(), told)?.change.add).toEqual({})
    expect(planned(null, told)).toBeNull()
  })

  it('holds the places alone where the item is not known, and is never the whole report then', () => {
    const change = { add: { inFlight: -1, inFlight_twocaptcha: -1 } }
    for (const reading of [null, { kind: 'missing' }, { kind: 'unreadable', why: 'schema 2' }] as const)
      expect(planned(reading, { freed: ['twocaptcha'] })).toEqual({ change, isWhole: false })
  })

  it.each<[string, Control['spend'], object]>([
    ['of the same hour and day', SPEND, { spentHour: -2, spentDay: -2 }],
    ['of the hour before', { ...SPEND, hour: '2026-11-21T13' }, { spentDay: -2 }],
    ['of another day, as a clock that is behind sees it', { ...SPEND, day: '2026-11-22' }, { spentHour: -2 }],
  ])('gives charges back where they were taken, fenced by the epoch: %s', (_, spend, add) => {
    const unspent = { count: 2, spend: SPEND }
    expect(planned(stored({ spend }), { unspent })).toEqual({ change: { epoch: 7, add }, isWhole: true })
    expect(planned(stored({ spend }), { unspent, freed: ['captchaai'] })).toEqual({
      change: { epoch: 7, add: { inFlight: -1, inFlight_captchaai: -1, ...add } },
      isWhole: true,
    })
  })

  it('gives no charge back where the counters are of another hour and day, or of none', () => {
    const unspent = { count: 2, spend: { hour: '2026-11-20T12', day: '2026-11-20' } }
    expect(planned(stored({ spend: SPEND }), { unspent })).toBeNull()
    expect(planned(stored({ spend: null }), { unspent })).toBeNull()
  })

  it('tells what providers answered in the same write, which begins a new epoch', () => {
    const told = { freed: ['captchaai'], observations: [noFunds], unspent: { count: 1, spend: SPEND } }
    const plan = planned(stored({ spend: SPEND }), told)
    expect(plan).toMatchObject({
      isWhole: true,
      change: {
        epoch: 7,
        add: { inFlight: -1, inFlight_captchaai: -1, spentHour: -1, spentDay: -1 },
        set: {},
        control: {
          spend: SPEND,
          providers: { captchaai: { hold: { until: NOON + 60_000, class: 'funds', code: 'ERROR_ZERO_BALANCE' } } },
        },
      },
    })
  })

  it('learns a limit from what is in flight once the places are given back', () => {
    const limits = (counts: Counters) =>
      planned(stored({}, counts), { freed: ['captchaai', 'captchaai'], observations: [noThread] })?.change.control
        ?.providers.captchaai?.learned?.limit
    expect(limits({ inFlight_captchaai: 7 })).toBe(5)
    // Another worker gave places back that were not counted here: never below one.
    expect(limits({})).toBe(1)
  })

  it('begins the counter of a ramp with the breaker that closes', () => {
    const lease = { id: 'i-1', until: NOON + 18_000 }
    const breaker = { state: 'half_open', since: NOON, seconds: 10, successes: 2, result: null, lease } as const
    const reading = stored({ providers: { captchaai: { ...initialProvider, breaker } } }, { ramped_captchaai: 40 })
    const plan = planned(reading, { observations: [observationOf('captchaai', 'submit', null, NOON)] })
    expect(plan?.change).toMatchObject({ epoch: 7, add: {}, set: { ramped_captchaai: 0 } })
    expect(plan?.change.control?.providers.captchaai?.breaker.state).toBe('closed')
  })
})
