import { describe, expect, it, test } from 'vitest'
import type { Admission, AdmissionReading, Counters } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { AdmissionStore } from '../../functions/core/ports.ts'
import type { ErrorClass } from '../../functions/core/provider/error-class.ts'
import { makeAdmitter } from '../../functions/submit/admitter.ts'
import { makeKnownAdmission } from '../../functions/worker/known-admission.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { defaultObserveSettings } from '../../sim/memory/observe-settings.ts'
import { memoryProvider, type SubmitFate } from '../../sim/memory/provider.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'

const first = initialAdmission(['captchaai'])
const reading = (admission: Admission): AdmissionReading => ({ kind: 'admission', admission })
const withCounts = (counts: Counters): AdmissionReading => reading({ ...first, counts })
const refuse = (kind: ErrorClass, code: string, retryAfterSeconds?: number) =>
  ({
    kind: 'refused',
    failure: {
      class: kind,
      code,
      message: 'The provider said no.',
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  }) as const

/** The calls of a store, in their order. */
function counting(store: AdmissionStore) {
  const calls: string[] = []
  const counted: AdmissionStore = {
    async read() {
      calls.push('read')
      return store.read()
    },
    async write(change) {
      const answer = await store.write(change)
      calls.push(answer.applied ? 'write' : 'refused write')
      return answer
    },
    create: store.create,
  }
  return { counted, calls }
}

function admissionOf(stored: AdmissionReading, maxInFlight = 20) {
  const clock = memoryClock(NOON, { skip: true })
  const store = memoryAdmissionStore(stored)
  const environment = (of: AdmissionStore = store) => {
    const { counted, calls } = counting(of)
    const provider = memoryProvider(() => clock.now())
    const admission = makeAdmitter({
      known: makeKnownAdmission({ admission: counted, clock }),
      providers: [provider],
      clock,
      fraction: () => 0.5,
      log: () => {},
      settings: {
        providers: [provider],
        maxInFlight,
        leaseSeconds: 18,
        ...defaultObserveSettings,
        order: [provider.name],
        spendPerHour: null,
        spendPerDay: null,
      },
    })
    const reserve = (count: number) =>
      admission.reserve(
        Array.from({ length: count }, () => 'normal' as const),
        'i-1',
      )
    return { reserve, calls }
  }
  const counts = () => {
    const found = store.stored()
    return found.kind === 'admission' ? found.admission.counts : null
  }
  return { clock, store, environment, counts }
}

describe('a reservation', () => {
  it('costs one read in a cold environment, and one write for each batch while there is room', async () => {
    const { environment } = admissionOf(withCounts({}), 100)
    const { reserve, calls } = environment()
    for (let n = 0; n < 3; n += 1) expect(await reserve(10)).toMatchObject({ granted: 10 })
    expect(calls).toEqual(['read', 'write', 'write', 'write'])
  })

  it('that does not fit is planned again from the item that came with the refusal', async () => {
    const { environment, counts } = admissionOf(withCounts({}))
    const [mine, other] = [environment(), environment()]
    await mine.reserve(1)
    await other.reserve(10)
    expect(await mine.reserve(10)).toMatchObject({ granted: 9, waiting: { class: 'inflight' } })
    expect(mine.calls).toEqual(['read', 'write', 'refused write', 'write'])
    expect(counts()).toEqual({ inFlight: 20, inFlight_captchaai: 20 })
    expect(await mine.reserve(10)).toMatchObject({ granted: 0, waiting: { while: 'max_in_flight=20' } })
    expect(mine.calls.slice(4)).toEqual(['refused write'])
  })

  it('of nothing costs nothing', async () => {
    const { reserve, calls } = admissionOf(withCounts({})).environment()
    expect(await reserve(0)).toMatchObject({ granted: 0 })
    expect(calls).toEqual([])
  })

  it('grants nothing where its write is not answered, and is not sent again: the count errs upward', async () => {
    const { environment, store, counts } = admissionOf(withCounts({}))
    const silent: AdmissionStore = {
      ...store,
      async write(change) {
        await store.write(change)
        throw new Error('no answer')
      },
    }
    const { reserve } = environment(silent)
    expect(await reserve(5)).toMatchObject({ granted: 0, waiting: { class: 'store', while: 'table_unreachable' } })
    expect(counts()).toEqual({ inFlight: 5, inFlight_captchaai: 5 })
  })

  it.each<[string, AdmissionReading, string]>([
    ['missing', { kind: 'missing' }, 'admission_missing'],
    ['corrupt', { kind: 'unreadable', why: 'corrupt: control' }, 'admission_unreadable'],
    ['of a later version', { kind: 'unreadable', why: 'schema 2' }, 'admission_unreadable'],
  ])('with an item that is %s grants nothing, until the sweep has made a new one', async (_, stored, reason) => {
    const { environment, store } = admissionOf(stored)
    const { reserve } = environment()
    expect(await reserve(5)).toMatchObject({ granted: 0, waiting: { class: 'store', while: reason } })
    await store.create(first)
    expect(await reserve(5)).toMatchObject({ granted: 5 })
  })

  it('that an older knowledge forbids is checked against the item as it is', async () => {
    const pause = { by: 'kim', at: NOON, reason: 'plan change' }
    const { environment, store, clock } = admissionOf(reading({ ...first, control: { ...first.control, pause } }))
    const { reserve, calls } = environment()
    expect(await reserve(5)).toMatchObject({ granted: 0, waiting: { while: 'paused' } })
    await store.write({ epoch: 1, control: first.control })
    expect(await reserve(5)).toMatchObject({ granted: 0 })
    await clock.advance(1001)
    expect(await reserve(5)).toMatchObject({ granted: 5 })
    expect(calls).toEqual(['read', 'read', 'write'])
  })

  it('heeds what the provider told this environment, also where the table could not be told of it', async () => {
    const fleet = smallFleet({ script: { submit: () => refuse('rate', 'MAX_USER_TURN', 40) } })
    const { write } = fleet.admission
    fleet.admission.write = (change) =>
      change.control === undefined ? write(change) : Promise.reject(new Error('no answer'))
    const paidCallsAfter = async (seconds: number) => {
      await fleet.clock.advance(seconds * 1000)
      fleet.send(recaptcha())
      await fleet.submit()
      return fleet.provider.submits.length
    }
    expect([await paidCallsAfter(0), await paidCallsAfter(1), await paidCallsAfter(38)]).toEqual([1, 1, 1])
    expect(await paidCallsAfter(2)).toBeGreaterThan(1)
  })

  it('under 50 environments that reserve at once is exact: not one place too many, and none is lost', async () => {
    const { environment, counts } = admissionOf(withCounts({}), 120)
    const environments = Array.from({ length: 50 }, () => environment())
    const reservations = await Promise.all(environments.map(({ reserve }) => reserve(10)))
    const granted = reservations.reduce((sum, one) => sum + one.granted, 0)
    expect(granted).toBe(120)
    expect(counts()).toEqual({ inFlight: 120, inFlight_captchaai: 120 })
  })
})

describe('the admission item over the life of tasks', () => {
  const countsOf = (fleet: ReturnType<typeof smallFleet>) => {
    const found = fleet.admission.stored()
    return found.kind === 'admission' ? found.admission.counts : null
  }

  it('a batch that is bought and solved costs two writes of the item: one reserves, one gives back', async () => {
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', afterSeconds: 5 }) } })
    for (let n = 0; n < 10; n += 1) fleet.send(recaptcha())
    await fleet.submit()
    expect(fleet.admission.writes()).toBe(1)
    expect(countsOf(fleet)).toEqual({ inFlight: 10, inFlight_captchaai: 10 })
    await fleet.clock.advance(16_000)
    await fleet.collect()
    expect(fleet.results()).toHaveLength(10)
    expect(fleet.admission.writes()).toBe(2)
    expect(countsOf(fleet)).toEqual({ inFlight: 0, inFlight_captchaai: 0, solved: 10 })
  })

  it.each(['capacity', 'transient', 'auth', 'task'] as const)(
    'what is refused (%s) is given back at the end of the batch, its charge too',
    async (kind) => {
      const script = {
        submit: (_: unknown, n: number) => (n < 3 ? refuse(kind, 'NO') : ({ kind: 'accept' } as const)),
      }
      const fleet = smallFleet({ script, spendPerDay: 100 })
      for (let n = 0; n < 5; n += 1) fleet.send(recaptcha())
      await fleet.submit()
      expect(countsOf(fleet)).toMatchObject({ inFlight: 2, inFlight_captchaai: 2, spentHour: 2, spentDay: 2 })
      expect(fleet.admission.writes()).toBe(2)
    },
  )

  it.each<[string, SubmitFate, number]>([
    ['a lost answer gives its place back and keeps its charge', { kind: 'lose' }, 1],
    ['an HTTP error gives its place back and keeps its charge', { kind: 'httpErrorCharged' }, 1],
    ['a refusal gives its place and its charge back', refuse('capacity', 'NO'), 0],
  ])('%s, in the hour and in the day', async (_, fate, spent) => {
    const fleet = smallFleet({ script: { submit: () => fate }, spendPerDay: 100, spendPerHour: 50 })
    fleet.send(recaptcha())
    await fleet.submit()
    expect(countsOf(fleet)).toEqual({ inFlight: 0, inFlight_captchaai: 0, spentHour: spent, spentDay: spent })
  })

  it('a task that goes back for another attempt gives its place back, and takes one again', async () => {
    const unsolvable = { class: 'unsolvable', code: 'ERROR_CAPTCHA_UNSOLVABLE', message: 'nobody could' } as const
    const answer = { kind: 'failed', failure: unsolvable } as const
    const script = {
      submit: (_: unknown, n: number) =>
        n === 0
          ? ({ kind: 'accept', answer, afterSeconds: 5 } as const)
          : ({ kind: 'accept', afterSeconds: 5 } as const),
    }
    const fleet = smallFleet({ script })
    fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(16_000)
    await fleet.collect()
    expect(countsOf(fleet)).toMatchObject({ inFlight: 0 })
    await fleet.submit()
    expect(countsOf(fleet)).toMatchObject({ inFlight: 1 })
    await fleet.drain()
    expect(countsOf(fleet)).toEqual({ inFlight: 0, inFlight_captchaai: 0, solved: 1 })
  })

  it('two copies of one poll message give one place back and count one solve', async () => {
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', afterSeconds: 5 }) } })
    for (let n = 0; n < 3; n += 1) fleet.send(recaptcha())
    await fleet.submit()
    const [poll] = [...fleet.queues.polls.held.values()]
    fleet.queues.polls.send({ body: poll?.body ?? '' })
    await fleet.clock.advance(16_000)
    await fleet.drain()
    expect(countsOf(fleet)).toEqual({ inFlight: 0, inFlight_captchaai: 0, solved: 3 })
  })

  test.each<[string, ...[ErrorClass, number][]]>([
    ['the longer one came last', ['rate', 10], ['blocked', 60]],
    ['the shorter one came last', ['blocked', 60], ['rate', 10]],
  ])(
    'a provider that asked for two waits is left alone by the whole fleet for the longer one when %s',
    async (_, ...asked) => {
      const fleet = smallFleet({
        script: {
          submit: (_task, n) => {
            const wait = asked[n]
            return wait === undefined ? { kind: 'accept' } : refuse(wait[0], wait[0].toUpperCase(), wait[1])
          },
        },
      })
      for (let n = 0; n < 2; n += 1) fleet.send(recaptcha())
      await fleet.submit()
      expect(fleet.provider.submits).toHaveLength(2)
      for (let n = 0; n < 59; n += 1) {
        fleet.send(recaptcha())
        await fleet.submit()
        await fleet.clock.advance(1000)
      }
      expect(fleet.provider.submits).toHaveLength(2)
      const held = fleet.lines.filter(({ message, fields }) => message === 'fleet changed' && fields.what === 'hold')
      expect(held).toHaveLength(1)
      await fleet.clock.advance(1000)
      fleet.send(recaptcha())
      await fleet.submit()
      expect(fleet.provider.submits.length).toBeGreaterThan(2)
    },
  )
})
