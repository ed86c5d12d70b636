import { describe, expect, it } from 'vitest'
import { CLOSED } from '../../functions/core/admission/breaker/breaker-periods.ts'
import type { OutcomeEvent } from '../../functions/core/outcome/event.ts'
import { summarise } from '../../functions/core/outcome/summary-of.ts'
import { emptyBucket } from '../../functions/core/record/history-bucket.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import { START } from '../../sim/fleet/world.ts'
import type { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { minute, paidByBalance, provider } from '../build/evidence.ts'
import { outcome, slow } from '../build/outcomes.ts'
import { recordOf } from '../build/record.ts'
import { admissionOf, recordedSweep, type SweptScene } from './recorded-sweep.ts'

/** So many milliseconds before the sweep of the story. */
const ago = (milliseconds: number): number => START - milliseconds
const SPENT = { resubmitted: 1, unknown: 2 }
const event = (kind: 'solved' | 'failed' | 'expired', at: number): OutcomeEvent => {
  if (kind === 'solved') return { kind, at, method: 'turnstile', seconds: 14.25, spent: SPENT }
  if (kind === 'failed') return { kind, at, class: 'unsolvable', counted: true, charged: true, spent: SPENT }
  return { kind, at, submittedAt: at - 131_000, counted: true, spent: SPENT }
}

/** What workers of three kinds did since the last sweep, and one of them before it, written late. */
const OUTCOMES = [
  outcome(ago(64_001), [event('solved', ago(64_901)), { kind: 'polled', at: ago(64_801) }], {
    invocation: 'late',
    worker: 'c1',
  }),
  outcome(
    ago(48_003),
    [
      { kind: 'received', at: ago(48_903) },
      { kind: 'received', at: ago(48_803) },
      { kind: 'accepted', at: ago(48_703), provider: 'captchaai', isSlow: true },
      { kind: 'parked', at: ago(48_603), enqueuedAt: ago(73_003) },
      { kind: 'refused', at: ago(48_503), provider: 'twocaptcha', class: 'transient', code: 'HTTP_502', isSlow: true },
    ],
    { function: 'submit', invocation: 'bought', worker: 's1' },
  ),
  outcome(
    ago(31_007),
    [
      { kind: 'polled', at: ago(31_907) },
      event('failed', ago(31_807)),
      event('expired', ago(31_707)),
      slow(ago(31_607), 'slow-7', ago(131_607), 'turnstile'),
      { kind: 'pollRefused', at: ago(31_507), provider: 'twocaptcha', class: 'funds', code: 'ERROR_ZERO_BALANCE' },
      { kind: 'changed', at: ago(31_407), what: 'hold', provider: 'twocaptcha', from: 'none', to: 'funds', cause: 'X' },
    ],
    { invocation: 'polled', worker: 'c2' },
  ),
  outcome(
    ago(17_011),
    [event('solved', ago(17_911)), event('solved', ago(17_811)), { kind: 'late', at: ago(17_711) }],
    { function: 'pingback', invocation: 'called', worker: 'p1' },
  ),
  outcome(ago(6_013), [event('failed', ago(6_913)), { kind: 'fault', at: ago(6_813) }], {
    ...{ invocation: 'young', worker: 'c1' },
  }),
  outcome(START + 29_017, [{ kind: 'invalid', at: START + 28_017, code: 'INVALID_TASK' }], {
    ...{ function: 'submit' as const, invocation: 'ahead', worker: 's2' },
  }),
]

const FOLDED = {
  ...summarise([event('failed', ago(811_000)), { kind: 'parked', at: ago(701_000), enqueuedAt: ago(733_000) }]),
  ...{ accepted: 9, solved: 3, lastSolveAt: ago(900_019), refusedByClass: { funds: 2, transient: 5 } },
  ...{ lost: { twocaptcha: 4 }, slowSubmits: { captchaai: 1 } },
}
const DRIFT = {
  sample: { at: ago(61_290), counted: 12, polls: 5, received: 1, accepted: 9, settled: 7, refused: 6 },
  ...{ surplus: { since: ago(183_000), tasks: 2 }, reserved: 1 },
}
/** The last sweep: 61.3 s before, in the hour and the minute before, of a fleet that was failing. */
const LAST: ReadinessRecord = recordOf({
  ...{ version: 41, sweptAt: ago(61_300), status: 'not_ready', mode: 'degraded', issues: ['consecutive_failures=11'] },
  ...{ badSweeps: 3, goodSweeps: 0, countedAt: ago(61_290), since: { consecutive_failures: ago(245_021) } },
  ...{
    cursor: ago(71_300),
    folded: FOLDED,
    foldedMinutes: [minute(ago(300_000), { failed: 3, counted: 2, solved: 1 })],
  },
  drift: DRIFT,
  changes: [{ at: ago(245_021), status: 'not_ready', reasons: ['consecutive_failures=10'] }],
  history: {
    hour: { ...emptyBucket('hour', START - 34 * 60_000), solved: 4, failed: 3, solveSeconds: [1, 0, 2] },
    day: { ...emptyBucket('day', START - (12 * 60 + 34) * 60_000), solved: 40, failed: 30 },
    finished: [],
  },
  evidence: {
    ...{ queue: { waiting: 3, available: 1, received: 2, inFlight: 5, deadLetters: 2 }, totals: FOLDED },
    ...{
      demandSeconds: 437,
      demand: true,
      waitingSince: ago(211_000),
      lastOutcomeAt: ago(95_000),
      startedAt: ago(9e6),
    },
    ...{ workers: { c1: ago(95_000), gone: ago(119_000) }, badRateSweeps: 1, ended: { solved: 31, failed: 17 } },
    usableAgainAt: ago(612_345),
    providers: [
      provider({ balance: 24.75, balanceAt: ago(53_999), checkedAt: ago(53_999), burnPerSecond: 0.001, lostCalls: 0 }),
      paidByBalance({
        balance: 3.5,
        balanceAt: ago(181_000),
        checkedAt: ago(121_000),
        lostCalls: 2,
        lostSince: ago(122_000),
      }),
    ],
  },
})
const SCENE: SweptScene = {
  ...{ last: LAST, outcomes: OUTCOMES },
  queues: { tasks: [11, 7, 23], polls: [2, 3, 1], deadLetters: [4, 0, 1] },
  accounts: {
    captchaai: {
      balance: () => ({ kind: 'balance', value: 24.25, ms: 113 }),
      threads: () => ({ kind: 'threads', total: 15, free: 6 }),
    },
    twocaptcha: { balance: () => ({ kind: 'balance', value: 2.75, ms: 109 }) },
  },
  admission: admissionOf(
    {
      ...{
        mode: 'degraded',
        drainPerSecond: 0.25,
        route: { active: 'captchaai', since: ago(500_000), badSweeps: 1, goodSweeps: 0 },
      },
      spend: { hour: '2026-11-21T12', day: '2026-11-21' },
      providers: {
        captchaai: { threads: 12 },
        twocaptcha: {
          breaker: { state: 'open', since: ago(20_000), until: ago(1), seconds: 20, cause: '5 submits: HTTP_502' },
          hold: { until: START + 31_000, class: 'funds', code: 'ERROR_ZERO_BALANCE' },
        },
      },
    },
    { inFlight: 13, inFlight_captchaai: 8, inFlight_twocaptcha: 5, spentHour: 7, spentDay: 19, solved: 34, failed: 19 },
  ),
}
const told = (name: string) => `told/${name}.txt`

describe('every call of a port and every field that changes in one sweep', () => {
  it('of a fleet that was failing, with two providers, five queues of work and outcomes of three functions', async () => {
    await expect(await recordedSweep(SCENE)).toMatchFileSnapshot(told('a-busy-fleet'))
  })

  it('the first one, with no record and no admission item', async () => {
    const { last: _, ...scene } = SCENE
    await expect(await recordedSweep({ ...scene, admission: { kind: 'missing' } })).toMatchFileSnapshot(
      told('the-first-one'),
    )
  })

  it('after the admission item was lost: the drift memory and the pause of the last sweep are the best there is', async () => {
    const pause = { by: 'ops/anna', at: ago(777_000), reason: 'moving house' }
    const last = { ...LAST, evidence: { ...LAST.evidence, pause } }
    const admission = { kind: 'unreadable', why: 'schema 2' } as const
    await expect(await recordedSweep({ ...SCENE, last, admission })).toMatchFileSnapshot(told('the-item-is-lost'))
  })

  it('that reads page by page and is out of time before it is through', async () => {
    await expect(
      await recordedSweep({
        ...SCENE,
        settings: { pageItems: 1, mostRounds: 1 },
        outcomes: [...OUTCOMES, ...manyOf('polled')],
      }),
    ).toMatchFileSnapshot(told('page-by-page'))
  })

  it('that reads in three rounds: all that they read is told', async () => {
    const settings = { pageItems: 2, mostRounds: 3 }
    await expect(
      await recordedSweep({ ...SCENE, settings, outcomes: [...OUTCOMES, ...manyOf('polled')] }),
    ).toMatchFileSnapshot(told('three-rounds'))
  })

  it.each([
    ['rate', 'no account is asked'],
    ['auth', 'the account that does not count its requests is asked'],
  ] as const)('after a submit was refused with class %s, of accounts that were asked lately: %s', async (name, _) => {
    const at = ago(19_000)
    const providers = LAST.evidence.providers.map((facts, n) => ({
      ...facts,
      checkedAt: ago(20_000 + n),
      balanceAt: ago(23_000),
    }))
    const last = { ...LAST, evidence: { ...LAST.evidence, providers } }
    const refused: OutcomeEvent = { kind: 'refused', at, provider: 'captchaai', class: name, code: 'OF_TEST' }
    const outcomes = [outcome(at, [refused], { function: 'submit', invocation: 'refused', worker: 's1' })]
    const admission = admissionOf({ route: { active: 'twocaptcha', since: ago(1_000), badSweeps: 0, goodSweeps: 3 } })
    const recorded = await recordedSweep({ ...SCENE, last, outcomes, admission })
    await expect(recorded).toMatchFileSnapshot(told(`refused-with-class-${name}`))
  })

  it('over the end of an hour whose spend limit is reached: judged at its beginning', async () => {
    const from = 26 * 60 - 0.05
    const scene = { ...SCENE, from, settings: { spendPerHour: 7, spendPerDay: 20 } }
    await expect(await recordedSweep(scene)).toMatchFileSnapshot(told('over-the-end-of-an-hour'))
  })

  it('whose accounts do not answer, while both providers were refused to workers', async () => {
    const lost = () =>
      ({ kind: 'failed', failure: { class: 'transient', code: 'TIMEOUT', message: 'no' }, ms: 9000 }) as const
    const refused = () =>
      ({ kind: 'failed', failure: { class: 'auth', code: 'KEY_GONE', message: 'no' }, ms: 77 }) as const
    const accounts = { captchaai: { balance: refused }, twocaptcha: { balance: lost } }
    await expect(await recordedSweep({ ...SCENE, accounts })).toMatchFileSnapshot(told('accounts-do-not-answer'))
  })

  it('whose account calls learn something of the admission item, and that loses a race for it', async () => {
    const learned = admissionOf({ mode: 'normal', drainPerSecond: 0.5 }, { inFlight: 3, inFlight_captchaai: 3 })
    const change = {
      at: ago(-180),
      what: 'key',
      provider: 'twocaptcha',
      from: 'untried',
      to: 'good',
      cause: 'accepted',
    } as const
    const within: number[] = []
    const known = {
      last: (milliseconds: number) => {
        within.push(milliseconds)
        return learned
      },
      takeChanges: () => [{ kind: 'changed' as const, ...change }],
    }
    const meanwhile: SweptScene['meanwhile'] = [
      (store) =>
        store.write({
          epoch: 71,
          control: { ...controlIn(SCENE), mode: 'emergency' },
          add: { inFlight: 4, inFlight_twocaptcha: 4 },
        }),
    ]
    await expect(await recordedSweep({ ...SCENE, known, meanwhile })).toMatchFileSnapshot(told('a-lost-race'))
    expect(within).toEqual([348])
  })

  it('that loses all of its races, the last one to a person who pauses the fleet: the gate follows that', async () => {
    const pause = { by: 'ops/anna', at: ago(-400), reason: 'moving house' }
    const byWorker = (n: number) => (store: ReturnType<typeof memoryAdmissionStore>) => {
      const control = { ...controlIn(SCENE), drainPerSecond: n, ...(n === 5 ? { pause } : {}) }
      return store.write({ epoch: 70 + n, control, add: { inFlight: n } })
    }
    const meanwhile = [1, 2, 3, 4, 5].map(byWorker)
    await expect(await recordedSweep({ ...SCENE, meanwhile })).toMatchFileSnapshot(told('all-races-lost'))
  })

  it('whose account calls learn something of the admission item: that is judged and changed', async () => {
    const breaker = { ...CLOSED, rampSince: ago(4_000) }
    const control = { drainPerSecond: 0.5, callbacks: true, providers: { captchaai: { breaker } } }
    const learned = admissionOf(control, { inFlight: 3, inFlight_captchaai: 3 })
    const known = { last: () => learned, takeChanges: () => [] }
    await expect(await recordedSweep({ ...SCENE, known })).toMatchFileSnapshot(told('learned-by-the-account-calls'))
  })

  it('that finds no issue any more while the last one is held: nothing is said of a change', async () => {
    const shown = { issues: ['queue_full=1200'], warnings: [], trace: [] }
    const last = { ...LAST, ...shown, raw: { ...LAST.raw, ...shown }, goodSweeps: 0 }
    const outcomes = OUTCOMES.filter(({ solved, slow: slowOnes }) => solved + slowOnes.length === 0)
    await expect(await recordedSweep({ ...SCENE, last, outcomes })).toMatchFileSnapshot(told('a-held-issue'))
  })

  it('that finds an issue for the first of two times: it is delayed, and shown as a warning', async () => {
    const ready = { status: 'ready' as const, issues: [], warnings: [], trace: [], badSweeps: 0 }
    const last = { ...LAST, ...ready, raw: { ...LAST.raw, ...ready } }
    const scene = { ...SCENE, last, settings: { spendPerDay: 19, enterNotReadySweeps: 2 } }
    await expect(await recordedSweep(scene)).toMatchFileSnapshot(told('a-delayed-issue'))
  })

  it('behind two open breakers, whose probe’s lease ends while the sweep runs; one place has no task', async () => {
    const { control, counts } = itemIn(SCENE)
    const lease = { id: 'submit-9', until: START + 151 }
    const halfOpen = { state: 'half_open', since: ago(9_000), seconds: 10, successes: 1, lease } as const
    const providers = { ...control.providers, captchaai: { ...control.providers.captchaai, breaker: halfOpen } }
    const drift = { sample: DRIFT.sample, reserved: 1, surplus: { since: ago(183_000), tasks: 1 } }
    const scene = { ...SCENE, last: { ...LAST, drift }, admission: admissionOf({ ...control, providers }, counts) }
    await expect(await recordedSweep(scene)).toMatchFileSnapshot(told('behind-open-breakers'))
  })

  it.each([
    ['just-fresh-enough', 180_000],
    ['half-a-second-too-old', 180_501],
  ])('whose unread outcomes are %s, judged at its beginning', async (name, age) => {
    const at = START + 11 - age
    const outcomes = [0, 7].map((later) => outcome(at + later, [{ kind: 'polled', at }], { invocation: 'unread' }))
    const last = { ...LAST, cursor: at - 60_000, sweptAt: at - 50_000 }
    const recorded = await recordedSweep({ ...SCENE, last, outcomes, settings: { pageItems: 1, mostRounds: 1 } })
    await expect(recorded).toMatchFileSnapshot(told(name))
  })

  it.each<[string, NonNullable<SweptScene['fates']>]>([
    ['history-is-not-stored', { 'history.save': ['fails'] }],
    ['record-is-not-answered', { 'record.write': ['lost'] }],
    ['changes-are-not-kept', { 'record.write': ['ok', 'fails'] }],
    ['gate-is-not-known', { 'intake.read': ['fails'] }],
    ['item-is-not-answered', { 'admission.write': ['lost'] }],
    ['metrics-are-refused', { metrics: ['fails'] }],
  ])('where a port fails: %s', async (name, fates) => {
    const pause = { by: 'ops/anna', at: ago(777_000), reason: 'moving house' }
    const { control, counts } = itemIn(SCENE)
    const { providers, ...others } = control
    const scene = {
      ...SCENE,
      from: 26 * 60 + 1.5,
      fates,
      admission: admissionOf({ ...others, providers, pause }, counts),
    }
    await expect(await recordedSweep(scene)).toMatchFileSnapshot(told(name))
  })
})

function itemIn({ admission }: SweptScene) {
  if (admission?.kind !== 'admission') throw new Error('no item')
  return admission.admission
}
const controlIn = (scene: SweptScene) => itemIn(scene).control
const manyOf = (kind: 'polled') =>
  Array.from({ length: 5 }, (_, n) =>
    outcome(ago(40_000 - n * 1_700), [{ kind, at: ago(41_000) }], { invocation: 'polled', worker: `w${n}` }),
  )
