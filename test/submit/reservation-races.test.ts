import { describe, expect, it } from 'vitest'
import type { Admission, AdmissionChange, Counters } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../functions/core/admission/item/initial.ts'
import type { AdmissionStore } from '../../functions/core/ports.ts'
import type { Priority } from '../../functions/core/task/task.ts'
import { makeAdmitter } from '../../functions/submit/admitter.ts'
import { makeKnownAdmission } from '../../functions/worker/known-admission.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { defaultObserveSettings } from '../../sim/memory/observe-settings.ts'
import { memoryProvider } from '../../sim/memory/provider.ts'

const first = initialAdmission(['captchaai'])
const withCounts = (counts: Counters): Admission => ({ ...first, counts })
const inFlight = (count: number): Counters => ({ inFlight: count, inFlight_captchaai: count })

/** One environment of submit; `wrap`: what is between it and the stored item. */
function environment(stored: Admission, wrap: (real: AdmissionStore) => AdmissionStore = (real) => real) {
  const clock = memoryClock(NOON, { skip: true })
  const store = memoryAdmissionStore({ kind: 'admission', admission: stored })
  const wrapped = wrap(store)
  const calls: ('read' | AdmissionChange)[] = []
  const provider = memoryProvider(() => clock.now())
  const { log, lines } = memoryLog()
  const known = makeKnownAdmission({
    clock,
    admission: {
      ...wrapped,
      read: () => {
        calls.push('read')
        return wrapped.read()
      },
      write: (change) => {
        calls.push(change)
        return wrapped.write(change)
      },
    },
  })
  const admission = makeAdmitter({
    known,
    providers: [provider],
    clock,
    fraction: () => 0.5,
    log,
    settings: {
      ...{ providers: [provider], maxInFlight: 20, leaseSeconds: 18, spendPerHour: null, spendPerDay: null },
      ...defaultObserveSettings,
      order: [provider.name],
    },
  })
  const reserve = (count: number) => {
    const wanted: Priority[] = Array.from({ length: count }, () => 'normal')
    return admission.reserve(wanted, 'i-1')
  }
  return { admission, reserve, store, clock, calls, lines, known }
}

describe('a reservation', () => {
  it('in a cold environment is planned from what it has just read: no write in vain', async () => {
    const { reserve, calls } = environment(withCounts(inFlight(15)))
    expect(await reserve(10)).toMatchObject({ granted: 5, waiting: { class: 'inflight' } })
    expect(calls).toMatchObject(['read', { add: { inFlight: 5 } }])
  })

  it('after an older pause is planned from the item as it is now', async () => {
    const pause = { by: 'kim', at: NOON, reason: 'plan change' }
    const { reserve, calls, store, clock } = environment({ ...first, control: { ...first.control, pause } })
    await reserve(1)
    await store.write({ epoch: 1, control: first.control, set: inFlight(15) })
    await clock.advance(1001)
    expect(await reserve(10)).toMatchObject({ granted: 5 })
    expect(calls.slice(1)).toMatchObject(['read', { add: { inFlight: 5 } }])
  })

  it('that loses every race is tried five times within a few hundredths of a second, and then waits', async () => {
    const lost = (real: AdmissionStore): AdmissionStore => ({
      ...real,
      write: async () => ({ applied: false, reading: await real.read() }),
    })
    const { reserve, calls, clock } = environment(withCounts({}), lost)
    expect(await reserve(3)).toEqual({
      granted: 0,
      provider: null,
      waiting: { class: 'inflight', while: 'max_in_flight=20' },
      spend: null,
      polls: { waits: {}, callbacks: false },
      events: [],
    })
    expect(calls).toHaveLength(1 + 5)
    // None before the second try, which has the newest item; then half of 30 ms, by chance, before each.
    expect(clock.now()).toBe(NOON + 4 * 15)
  })

  it('that loses a race is planned anew for its own time: the lease of a probe lasts as long as the invocation', async () => {
    const { captchaai = initialProvider } = first.control.providers
    const times = { since: NOON - 20_000, until: NOON - 10_000, seconds: 10 }
    const breaker = { state: 'open', ...times, cause: 'HTTP_502' } as const
    const control = { ...first.control, providers: { captchaai: { ...captchaai, breaker } } }
    const world: { sleep?: (ms: number) => Promise<void> } = {}
    let writes = 0
    const { reserve, calls, clock } = environment({ ...first, control }, (real) => ({
      ...real,
      async write(change) {
        await world.sleep?.(700)
        writes += 1
        return writes === 1 ? { applied: false, reading: await real.read() } : real.write(change)
      },
    }))
    world.sleep = clock.sleep
    expect(await reserve(3)).toMatchObject({ granted: 1, events: [{ at: NOON + 700, what: 'breaker' }] })
    const leases = calls.map((call) => {
      const after = call === 'read' ? undefined : call.control?.providers.captchaai?.breaker
      return after?.state === 'half_open' ? after.lease : null
    })
    expect(leases).toEqual([null, { id: 'i-1', until: NOON + 18_000 }, { id: 'i-1', until: NOON + 18_700 }])
  })

  it('that is not answered is logged as an error, without the text of that error', async () => {
    const { reserve, lines } = environment(first, (real) => ({
      ...real,
      write: () => Promise.reject(Object.assign(new Error('a secret'), { name: 'ThrottlingException' })),
    }))
    await reserve(1)
    expect(lines).toEqual([
      { level: 'error', message: 'admission not possible', fields: { error: 'ThrottlingException' } },
    ])
  })
})

describe('the control, for who asks before a reservation', () => {
  it('is read once, and not again while this environment knows one', async () => {
    const { admission, calls } = environment(first)
    for (let n = 0; n < 3; n += 1) expect(await admission.control()).toEqual(first.control)
    expect(calls).toEqual(['read'])
  })

  it('is unknown where the table does not answer', async () => {
    const { admission } = environment(first, (real) => ({ ...real, read: () => Promise.reject(new Error('down')) }))
    expect(await admission.control()).toBeNull()
  })
})

describe('the place that is kept for a critical task', () => {
  async function kept(counts: Counters, wrap?: (real: AdmissionStore) => AdmissionStore) {
    const world = environment(withCounts(counts), wrap)
    await world.known.read()
    world.calls.length = 0
    return world
  }

  it('is kept for 6 s, fenced by the epoch and by what another environment keeps', async () => {
    const { admission, calls, store } = await kept({})
    await admission.keepPlace()
    expect(calls).toEqual([{ epoch: 1, most: { urgentUntil: NOON + 5000 }, set: { urgentUntil: NOON + 6000 } }])
    expect(store.stored()).toMatchObject({ admission: { counts: { urgentUntil: NOON + 6000 } } })
  })

  it.each([
    [5001, 0],
    [5000, 1],
    [0, 1],
  ])('where %i ms are left of it already, is kept anew by %i writes', async (leftMs, writes) => {
    const { admission, calls } = await kept({ urgentUntil: NOON + leftMs })
    await admission.keepPlace()
    expect(calls).toHaveLength(writes)
  })

  it('is not asked for where this environment has not seen the item for a second', async () => {
    const { admission, calls, clock } = await kept({})
    await clock.advance(1001)
    await admission.keepPlace()
    expect(calls).toEqual([])
    const cold = environment(first)
    await cold.admission.keepPlace()
    expect(cold.calls).toEqual([])
  })

  it('is done without where the write is not answered', async () => {
    const { admission, lines } = await kept({}, (real) => ({
      ...real,
      write: () => Promise.reject(new TypeError('no')),
    }))
    await admission.keepPlace()
    expect(lines).toEqual([
      { level: 'warn', message: 'no place kept for a critical task', fields: { error: 'TypeError' } },
    ])
  })
})
