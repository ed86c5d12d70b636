import { describe, expect, it } from 'vitest'
import type { AdmissionReading } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { AdmissionReport } from '../../functions/core/admission/steps/plan-report.ts'
import { ack, retryLater } from '../../functions/core/message/disposition.ts'
import { observationOf } from '../../functions/core/provider/observation.ts'
import { makeKnownAdmission } from '../../functions/worker/known-admission.ts'
import { makeSendReport, reportOf } from '../../functions/worker/report.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { defaultObserveSettings } from '../../sim/memory/observe-settings.ts'

const first = initialAdmission(['captchaai'])
const READY: AdmissionReading = { kind: 'admission', admission: { ...first, counts: { inFlight: 7 } } }
const good = observationOf('captchaai', 'submit', null, NOON)
const noFunds = observationOf('captchaai', 'submit', { class: 'funds', code: 'ERROR_ZERO_BALANCE' }, NOON)
const blocked = observationOf('captchaai', 'result', { class: 'blocked', code: 'IP_BLOCKED' }, NOON)
const unsolvable = observationOf('captchaai', 'result', { class: 'unsolvable', code: 'NOBODY_COULD' }, NOON)
const report = (more: Partial<AdmissionReport> = {}): AdmissionReport => ({
  ...{ by: 'i-1', freed: [], ended: { solved: 0, failed: 0 }, unspent: null, observations: [] },
  ...more,
})
/** What becomes of a write; default: it is applied. */
type Fate = 'another was first' | 'applied, no answer'

/** One environment, and when it asks the table for what: milliseconds since the start. */
function environment({ stored = READY, fates = [] }: { stored?: AdmissionReading; fates?: Fate[] } = {}) {
  const clock = memoryClock(NOON, { skip: true })
  const store = memoryAdmissionStore(stored)
  const { log, lines } = memoryLog()
  const calls: [number, string][] = []
  const known = makeKnownAdmission({
    clock,
    admission: {
      create: store.create,
      async read() {
        calls.push([clock.now() - NOON, 'read'])
        return store.read()
      },
      async write(change) {
        const what = { places: change.add?.inFlight !== undefined, control: change.control !== undefined }
        calls.push([
          clock.now() - NOON,
          Object.entries(what)
            .flatMap(([name, is]) => (is ? [name] : []))
            .join(' and '),
        ])
        const fate = fates.shift()
        if (fate === 'another was first') await changeElsewhere()
        const answer = await store.write(change)
        if (fate === 'applied, no answer') throw new TypeError('a secret')
        return answer
      },
    },
  })
  const settings = { ...defaultObserveSettings, order: ['captchaai'] }
  const send = makeSendReport({ known, clock, fraction: () => 0.5, log, settings })
  async function changeElsewhere() {
    const reading = store.stored()
    if (reading.kind === 'admission')
      await store.write({ epoch: reading.admission.epoch, control: reading.admission.control })
  }
  const inTable = () => {
    const reading = store.stored()
    if (reading.kind !== 'admission') return null
    const { counts, control } = reading.admission
    return {
      inFlight: counts.inFlight,
      solved: counts.solved ?? 0,
      hold: control.providers.captchaai?.hold?.class ?? null,
    }
  }
  return { clock, store, known, lines, calls, send, inTable, changeElsewhere }
}
const HELD = { kind: 'changed', what: 'hold', provider: 'captchaai', from: 'none', cause: 'ERROR_ZERO_BALANCE' }
/** The item before and after this was told once. */
const BEFORE = { inFlight: 7, solved: 0 }
const AFTER = { inFlight: 5, solved: 2 }
const FREED = { freed: ['captchaai', 'captchaai'], ended: { solved: 2, failed: 0 } }

describe('a report', () => {
  it.each<[string, number | null, Partial<AdmissionReport>, [number, string][]]>([
    ['that has nothing to tell asks for nothing', null, {}, []],
    ['of places needs no knowledge of the item: one write', null, FREED, [[0, 'places']]],
    ['of a good answer asks what the fleet goes by, and writes nothing', null, { observations: [good] }, [[0, 'read']]],
    [
      'of a failure of the task’s own reads the item, which has nothing to learn from it',
      null,
      { observations: [unsolvable] },
      [[0, 'read']],
    ],
    [
      'of a refusal reads the item first',
      null,
      { observations: [noFunds] },
      [
        [0, 'read'],
        [0, 'control'],
      ],
    ],
    [
      'of both gives the places back first, and the answer brings the item for the rest',
      null,
      { ...FREED, observations: [noFunds] },
      [
        [0, 'places'],
        [0, 'control'],
      ],
    ],
    [
      'of both is one write where the item was seen 5 s ago',
      5000,
      { ...FREED, observations: [noFunds] },
      [[5000, 'places and control']],
    ],
    [
      'of both is two writes where the item was seen longer ago',
      5001,
      { ...FREED, observations: [noFunds] },
      [
        [5001, 'places'],
        [5001, 'control'],
      ],
    ],
    [
      'of a refusal reads the item again where it was seen longer ago',
      5001,
      { observations: [noFunds] },
      [
        [5001, 'read'],
        [5001, 'control'],
      ],
    ],
  ])('%s', async (_, seenAgo, more, expected) => {
    const { clock, known, calls, send, inTable } = environment()
    if (seenAgo !== null) {
      await known.read()
      calls.splice(0)
      await clock.advance(seenAgo)
    }
    const events = await send(report(more))
    expect(calls).toEqual(expected)
    const isHeld = more.observations?.includes(noFunds) === true
    expect(inTable()).toEqual({ ...(more.freed === undefined ? BEFORE : AFTER), hold: isHeld ? 'funds' : null })
    expect(events).toEqual(isHeld ? [{ ...HELD, at: clock.now(), to: 'funds' }] : [])
    expect(known.unreported).toEqual([])
  })

  it('that loses a race waits a moment and tells what the item does not have yet, once; the change is told and logged', async () => {
    const { clock, known, calls, send, inTable, lines } = environment({ fates: Array(3).fill('another was first') })
    await known.read()
    known.keepChanges([
      { kind: 'changed', at: NOON, what: 'key', provider: 'captchaai', from: 'untried', to: 'good', cause: 'accepted' },
    ])
    const events = await send(report({ ...FREED, observations: [noFunds] }))
    const all = 'places and control'
    expect(calls.slice(1)).toEqual([
      [0, all],
      [20, all],
      [40, all],
      [60, all],
    ])
    expect(inTable()).toEqual({ ...AFTER, hold: 'funds' })
    expect(events).toEqual([expect.objectContaining({ what: 'key' }), { ...HELD, at: clock.now(), to: 'funds' }])
    const { kind: _, ...change } = HELD
    expect(lines).toEqual([{ level: 'warn', message: 'fleet changed', fields: { ...change, to: 'funds' } }])
    expect([known.unreported, known.takeChanges()]).toEqual([[], []])
  })

  it.each<[string, boolean, Partial<AdmissionReport>, [number, string][]]>([
    [
      'gives the places back alone',
      true,
      FREED,
      [
        [0, 'places and control'],
        [20, 'places and control'],
        [40, 'places and control'],
        [60, 'places and control'],
        [80, 'places'],
      ],
    ],
    [
      'gives no place back twice',
      false,
      FREED,
      [
        [0, 'places'],
        [0, 'control'],
        [20, 'control'],
        [40, 'control'],
      ],
    ],
    [
      'writes no more where no place was freed',
      true,
      {},
      [
        [0, 'control'],
        [20, 'control'],
        [40, 'control'],
        [60, 'control'],
      ],
    ],
  ])('that loses every race is kept for the next report, and %s', async (_, isKnown, more, expected) => {
    const { known, calls, send, inTable, lines, changeElsewhere } = environment({
      fates: Array(4).fill('another was first'),
    })
    if (isKnown) await known.read()
    calls.splice(0)
    expect(await send(report({ ...more, observations: [good, noFunds] }))).toEqual([])
    expect(calls).toEqual(expected)
    expect(inTable()).toEqual({ ...(more.freed === undefined ? BEFORE : AFTER), hold: null })
    expect(lines).toEqual([{ level: 'warn', message: 'report given up', fields: { observations: 2 } }])
    expect(known.unreported).toEqual([noFunds])
    await changeElsewhere()
    await send(report({ observations: [blocked] }))
    expect(inTable()?.hold).toBe('funds')
    expect(known.unreported).toEqual([])
  })

  it('that is not answered is kept with what was kept before it: of more than 20 failures the oldest are forgotten', async () => {
    const { known, send } = environment({ fates: ['applied, no answer'] })
    const failures = Array.from({ length: 22 }, (_, n) =>
      observationOf('captchaai', 'submit', { class: 'transient', code: `HTTP_5${n + 10}` }, NOON - 3000 + n),
    )
    known.keepUnreported(failures.slice(0, 20))
    await send(report({ ...FREED, observations: failures.slice(20) }))
    expect(known.unreported).toEqual(failures.slice(2))
  })

  it('of places and of charges that were not made, in a cold environment, gives back each of them once', async () => {
    const spend = { hour: '2026-11-21T12', day: '2026-11-21' }
    const counts = { inFlight: 7, inFlight_captchaai: 7, spentHour: 11, spentDay: 13 }
    const admission = { ...first, counts, control: { ...first.control, spend } }
    const { send, calls, store } = environment({ stored: { kind: 'admission', admission } })
    expect(await send(report({ ...FREED, unspent: { count: 3, spend } }))).toEqual([])
    expect(calls.map(([, what]) => what)).toEqual(['places', ''])
    const after = store.stored()
    expect(after.kind === 'admission' ? after.admission.counts : null).toEqual({
      ...{ inFlight: 5, inFlight_captchaai: 5, solved: 2, spentHour: 8, spentDay: 10 },
    })
  })

  it.each<AdmissionReading>([{ kind: 'missing' }, { kind: 'unreadable', why: 'corrupt' }])(
    'is not tried again while the item is $kind: the sweep makes a new one, which counts the places anew',
    async (stored) => {
      const { known, calls, send, lines } = environment({ stored })
      expect(await send(report({ ...FREED, observations: [noFunds] }))).toEqual([])
      expect(calls).toEqual([[0, 'places']])
      expect([known.unreported, lines]).toEqual([[noFunds], []])
    },
  )

  it('that is not answered is never sent again, for its additions could count twice; what providers answered is told later', async () => {
    const { known, calls, send, inTable, lines } = environment({ fates: ['applied, no answer'] })
    expect(await send(report({ ...FREED, observations: [good, noFunds] }))).toEqual([])
    expect([calls, inTable()]).toEqual([[[0, 'places']], { ...AFTER, hold: null }])
    expect(lines).toEqual([
      { level: 'error', message: 'report not answered', fields: { freed: 2, error: 'TypeError' } },
    ])
    expect(known.unreported).toEqual([noFunds])
    expect(await send(report())).toMatchObject([HELD])
    expect([inTable(), known.unreported]).toEqual([{ ...AFTER, hold: 'funds' }, []])
  })
})

it('the report of a batch holds the freed places and the answers of all its messages, in their order', () => {
  const handled = [
    { ...ack(), freed: ['captchaai'], observations: [good] },
    retryLater(),
    { ...ack(), freed: ['twocaptcha', 'captchaai'], observations: [noFunds, blocked] },
  ]
  expect(reportOf('i-1', handled)).toEqual(
    report({ freed: ['captchaai', 'twocaptcha', 'captchaai'], observations: [good, noFunds, blocked] }),
  )
})
