import { describe, expect, it } from 'vitest'
import { CLOSED } from '../../functions/core/admission/breaker/breaker-periods.ts'
import type { Admission, Control, ProviderControl } from '../../functions/core/admission/item/admission.ts'
import { initialProvider } from '../../functions/core/admission/item/initial.ts'
import { makeSweep } from '../../functions/sweep/sweep.ts'
import { writeControl } from '../../functions/sweep/write-control.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock } from '../../sim/memory/clock.ts'
import { accepted, solved } from '../build/outcomes.ts'
import { recordOf } from '../build/record.ts'
import { sweptFleet } from './swept-fleet.ts'

type Fleet = ReturnType<typeof sweptFleet>
const itemOf = (fleet: Fleet): Admission => {
  const reading = fleet.admission.stored()
  if (reading.kind !== 'admission') throw new Error(reading.kind)
  return reading.admission
}
const put = async (fleet: Fleet, provider: Partial<ProviderControl>, more: Partial<Control> = {}) => {
  const { epoch, control } = itemOf(fleet)
  const providers = { captchaai: { ...initialProvider, ...provider } }
  await fleet.admission.write({ epoch, control: { ...control, ...more, providers } })
}
const opened = (at: number, seconds = 10) =>
  ({ state: 'open', since: at, until: at + seconds * 1000, seconds, cause: 'HTTP_502' }) as const
const LOST = { kind: 'failed', failure: { class: 'transient', code: 'REFUSED', message: '' }, ms: 1 } as const

describe('the admission item after a sweep', () => {
  it('is not written while nothing is different: a quiet fleet costs no write', async () => {
    const fleet = sweptFleet()
    await fleet.sweepAfter(60)
    const writes = fleet.admission.writes()
    for (let n = 0; n < 5; n += 1) await fleet.sweepAfter(60)
    expect(fleet.admission.writes()).toBe(writes)
  })

  it('has mode and threads by one write, and what the workers counted meanwhile stays', async () => {
    const fleet = sweptFleet({}, { threads: () => ({ kind: 'threads', total: 7, free: 7 }) })
    await fleet.admission.write({ add: { inFlight: 3, inFlight_captchaai: 3 } })
    fleet.queues.tasks = 200
    fleet.queues.polls = 3
    const before = fleet.admission.writes()
    await fleet.sweepAfter(60)
    const { control, counts } = itemOf(fleet)
    expect(fleet.admission.writes() - before).toBe(1)
    expect({ mode: control.mode, threads: control.providers.captchaai?.threads }).toEqual({
      mode: 'degraded',
      threads: 7,
    })
    expect(counts).toEqual({ inFlight: 3, inFlight_captchaai: 3 })
  })

  it('learns of the drain rate from the outcomes', async () => {
    // Seven places can settle 0.56 tasks a second, of which four fifths are counted on.
    const fleet = sweptFleet({ maxInFlight: 7 })
    for (let n = 0; n < 60; n += 1) await fleet.write([solved(fleet.clock.now())], { at: fleet.clock.now() + n })
    await fleet.sweepAfter(60)
    expect(itemOf(fleet).control.drainPerSecond).toBe(0.5)
  })

  it('counts on the places where less was settled, as after a quiet time', async () => {
    // Ten threads.
    const fleet = sweptFleet()
    await fleet.write([solved(fleet.clock.now())], { at: fleet.clock.now() })
    await fleet.sweepAfter(60)
    expect(itemOf(fleet).control.drainPerSecond).toBe(0.53)
  })

  it("keeps a person's pause through every change", async () => {
    const fleet = sweptFleet()
    const pause = { by: 'ops/anna', at: 1, reason: 'moving house' }
    await put(fleet, {}, { pause })
    fleet.queues.tasks = 200
    await fleet.sweepAfter(60)
    expect(itemOf(fleet).control).toMatchObject({ mode: 'degraded', pause })
  })
})

describe('an outage', () => {
  it('shuts the gate; the account is asked at each sweep, and its first answer opens gate and breaker for a real task', async () => {
    let isDown = true
    const fleet = sweptFleet({}, { balance: () => (isDown ? LOST : { kind: 'balance', value: 9, ms: 3 }) })
    await fleet.sweepAfter(60)
    await put(fleet, { breaker: opened(fleet.clock.now()) })
    fleet.queues.tasks = 40
    const { status, issues } = await fleet.sweepAfter(20)
    expect({ status, issues }).toEqual({
      status: 'not_ready',
      issues: ['no_usable_provider', 'circuit_open=captchaai'],
    })
    expect(fleet.intake.state()).toBe('shut')
    const asked = fleet.calls.balance
    for (let n = 0; n < 3; n += 1) await fleet.sweepAfter(60)
    expect(fleet.calls.balance - asked).toBe(3)
    expect(itemOf(fleet).control.providers.captchaai?.breaker.state).toBe('open')
    isDown = false
    await fleet.sweepAfter(60)
    expect(itemOf(fleet).control.providers.captchaai?.breaker).toMatchObject({ state: 'half_open', successes: 0 })
    expect(fleet.intake.asked).toEqual([false, true])
    expect(fleet.lines).toContainEqual(
      expect.objectContaining({ message: 'fleet changed', fields: expect.objectContaining({ to: 'half_open' }) }),
    )
  })

  it('of which the account knows nothing leaves the gate open, so that real tasks can try', async () => {
    const fleet = sweptFleet()
    await put(fleet, { breaker: opened(fleet.clock.now()) })
    fleet.queues.tasks = 40
    await fleet.sweepAfter(20)
    expect(itemOf(fleet).control.providers.captchaai?.breaker.state).toBe('half_open')
    expect(fleet.intake.asked).toEqual([])
  })
})

describe('what a sweep changes in the fleet', () => {
  const kept = (fleet: Fleet) => fleet.record.stored()?.evidence.totals.changes ?? []
  const by = (what: string, from: string, to: string, cause: string) => ({ what, from, to, cause })

  it('is kept with its cause in the record that the views read: mode and breaker', async () => {
    const fleet = sweptFleet()
    await fleet.sweepAfter(60)
    const { version } = await fleet.sweepAfter(60)
    fleet.queues.tasks = 200
    const busy = await fleet.sweepAfter(60)
    expect(kept(fleet)).toMatchObject([by('mode', 'normal', 'degraded', '200 tasks wait')])
    expect([busy.version, fleet.record.stored()?.version]).toEqual([version + 2, version + 2])
    await fleet.write([...Array(20)].map(() => ({ ...accepted(fleet.clock.now()), isSlow: true })))
    fleet.queues.tasks = 0
    await fleet.sweepAfter(60)
    await fleet.sweepAfter(60)
    expect(kept(fleet)).toMatchObject([
      by('mode', 'normal', 'degraded', '200 tasks wait'),
      by('breaker', 'closed', 'open', '20 of 20 submits were slow'),
      by('mode', 'degraded', 'normal', 'error rate and queue are in order'),
      by('breaker', 'open', 'half_open', 'one probe may be sent'),
    ])
  })

  it('is kept once, however many sweeps follow, beside what workers changed, at most twenty in all', async () => {
    const fleet = sweptFleet()
    const change = { what: 'hold', provider: 'captchaai', from: 'none', to: 'rate', cause: 'MAX_USER_TURN' } as const
    for (let n = 0; n < 12; n += 1) {
      await fleet.write([{ kind: 'changed', at: fleet.clock.now(), ...change }])
      fleet.queues.tasks = n % 2 === 0 ? 200 : 0
      await fleet.sweepAfter(60)
    }
    for (let n = 0; n < 3; n += 1) await fleet.sweepAfter(60)
    expect(kept(fleet)).toHaveLength(20)
    expect(kept(fleet).filter(({ what }) => what === 'mode')).toHaveLength(10)
  })

  it('of a key, by its own account call, is kept too', async () => {
    const fleet = sweptFleet()
    const change = {
      at: 5,
      what: 'key',
      provider: 'captchaai',
      from: 'untried',
      to: 'good',
      cause: 'accepted',
    } as const
    const told = [{ kind: 'changed' as const, ...change }]
    const sweep = makeSweep(
      { ...fleet.ports, known: { takeChanges: () => told.splice(0), last: () => null } },
      fleet.settings,
    )
    await sweep()
    await sweep()
    expect(kept(fleet)).toEqual([change])
  })

  it('is left out, and the sweep goes on, where another sweep was faster with the record', async () => {
    const fleet = sweptFleet()
    let writes = 0
    const store = fleet.ports.record
    const record = {
      read: () => store.read(),
      write: async (...given: Parameters<typeof store.write>) => (++writes === 2 ? false : store.write(...given)),
    }
    fleet.queues.tasks = 200
    const swept = await makeSweep({ ...fleet.ports, record }, fleet.settings)()
    expect(swept).toMatchObject({ kind: 'swept', record: { version: 1 } })
    expect(fleet.lines.map(({ message }) => message)).toContain('changes not kept, another sweep was faster')
    expect(fleet.metrics.published).toHaveLength(1)
  })
})

describe('places that no task has', () => {
  it('are given back by the third sweep, in one write, and said', async () => {
    const fleet = sweptFleet()
    await fleet.admission.write({ add: { inFlight: 4, inFlight_captchaai: 4 } })
    await fleet.sweepAfter(60)
    await fleet.sweepAfter(60)
    expect(itemOf(fleet).counts).toEqual({ inFlight: 4, inFlight_captchaai: 4 })
    const before = fleet.admission.writes()
    await fleet.sweepAfter(60)
    expect(itemOf(fleet).counts).toEqual({ inFlight: 0, inFlight_captchaai: 0 })
    expect(fleet.admission.writes() - before).toBe(1)
    expect(fleet.lines.filter(({ message }) => message === 'places are given back that no task has')).toHaveLength(1)
    await fleet.sweepAfter(60)
    expect(itemOf(fleet).counts.inFlight).toBe(0)
  })

  it('are given back behind an open breaker too, while its probes are refused; and never by the poll queue alone', async () => {
    const fleet = sweptFleet({}, { balance: () => LOST })
    await fleet.admission.write({ add: { inFlight: 5, inFlight_captchaai: 5 } })
    await fleet.write([accepted(fleet.clock.now()), accepted(fleet.clock.now())])
    for (let n = 0; n < 4; n += 1) {
      await put(fleet, { breaker: opened(fleet.clock.now(), 600) })
      const refusal = { kind: 'refused', at: fleet.clock.now(), provider: 'captchaai' } as const
      await fleet.write(Array.from({ length: 4 }, () => ({ ...refusal, class: 'transient', code: 'HTTP_502' })))
      expect(itemOf(fleet).counts.inFlight).toBe(5)
      await fleet.sweepAfter(60)
    }
    // Three were lost on the way. Two were accepted and are not settled, though the poll queue looks empty.
    expect(itemOf(fleet).counts.inFlight).toBe(2)
    for (let n = 0; n < 4; n += 1) await fleet.sweepAfter(60)
    expect(itemOf(fleet).counts.inFlight).toBe(2)
  })

  it('are not those of tasks that the outcomes know, though the poll queue looks empty', async () => {
    const fleet = sweptFleet()
    await fleet.admission.write({ add: { inFlight: 2, inFlight_captchaai: 2 } })
    await fleet.write([accepted(fleet.clock.now()), accepted(fleet.clock.now())])
    for (let n = 0; n < 6; n += 1) await fleet.sweepAfter(60)
    expect(itemOf(fleet).counts.inFlight).toBe(2)
  })
})

it('what the account calls learn of the admission item counts from the moment at which they began', async () => {
  const balance = () => {
    fleet.clock.set(fleet.clock.now() + 250)
    return { kind: 'balance' as const, value: 25, ms: 250 }
  }
  const fleet = sweptFleet({}, { balance })
  const within: number[] = []
  const last = (milliseconds: number) => {
    within.push(milliseconds)
    return null
  }
  await makeSweep({ ...fleet.ports, known: { takeChanges: () => [], last } }, fleet.settings)()
  expect(within).toEqual([250])
})

describe('counts that cannot be right', () => {
  it.each([
    ['below zero', { inFlight: -1, inFlight_captchaai: -6 }, { inFlight: 0, inFlight_captchaai: 0 }],
    ['that do not add up', { inFlight: 9, inFlight_captchaai: 4 }, { inFlight: 4, inFlight_captchaai: 4 }],
  ])('%s are mended by the next sweep', async (_, add, counts) => {
    const fleet = sweptFleet()
    await fleet.admission.write({ add })
    fleet.queues.polls = counts.inFlight
    await fleet.sweepAfter(60)
    expect(itemOf(fleet).counts).toMatchObject(counts)
  })
})

describe('a change by the sweep that meets a change by a worker', () => {
  it('is computed again from what is there then, and what the worker wrote stays', async () => {
    const clock = memoryClock(undefined, { skip: true })
    const fleet = sweptFleet()
    const store = memoryAdmissionStore({ kind: 'admission', admission: itemOf(fleet) })
    const first = itemOf(fleet)
    await store.write({ epoch: first.epoch, control: { ...first.control, drainPerSecond: 5 } })
    const ports = { admission: store, clock, log: () => {} }
    const { admission: after, changes } = await writeControl(ports, first, {
      control: (before) => ({ ...before, mode: 'emergency' }),
      surplus: 0,
      causeOfMode: 'error rate 0.62',
    })
    expect(changes).toEqual([
      { at: clock.now(), what: 'mode', provider: '', from: 'normal', to: 'emergency', cause: 'error rate 0.62' },
    ])
    expect(after.control).toMatchObject({ mode: 'emergency', drainPerSecond: 5 })
    expect(after.epoch).toBe(first.epoch + 2)
  })

  const halfOpen = { state: 'half_open', since: 0, seconds: 10, successes: 2, lease: null } as const
  const inRamp = { ...CLOSED, rampSince: 1 }
  it.each([
    ['goes on where a worker has closed the breaker meanwhile', halfOpen, inRamp, 7],
    ['begins where the sweep closes a breaker that is half-open by now', inRamp, halfOpen, 0],
  ])('the ramp of submits %s', async (_, breakerRead, breakerThen, submits) => {
    const fleet = sweptFleet()
    await put(fleet, { breaker: breakerRead })
    const first = itemOf(fleet)
    await fleet.admission.write({ add: { ramped_captchaai: 7 } })
    await put(fleet, { breaker: breakerThen })
    const ports = { admission: fleet.admission, clock: memoryClock(undefined, { skip: true }), log: () => {} }
    const closed = { captchaai: { ...initialProvider, breaker: inRamp } }
    const control = (before: Control): Control => ({ ...before, mode: 'emergency', providers: closed })
    await writeControl(ports, first, { control, surplus: 0, causeOfMode: '' })
    expect(itemOf(fleet)).toMatchObject({ control: { mode: 'emergency' }, counts: { ramped_captchaai: submits } })
  })

  it('is given up after five lost races: the next sweep tries again', async () => {
    const clock = memoryClock(undefined, { skip: true })
    const admission = itemOf(sweptFleet())
    let writes = 0
    const lost = {
      ...memoryAdmissionStore(),
      async write() {
        writes += 1
        return { applied: false, reading: { kind: 'admission' as const, admission } }
      },
    }
    const control = (before: Control): Control => ({ ...before, mode: 'emergency' })
    const wanted = { control, surplus: 0, causeOfMode: '' }
    const ports = { admission: lost, clock, log: () => {} }
    expect(await writeControl(ports, admission, wanted)).toEqual({ admission, changes: [] })
    expect(writes).toBe(5)
  })
})

describe('an admission item that is missing, corrupt or of a later version', () => {
  const broken = [{ kind: 'missing' }, { kind: 'unreadable', why: 'schema 2' }] as const
  it.each(broken)('is written anew with the most tasks in flight that anybody knows ($kind)', async (first) => {
    const most = async (polls: number, paid: number, counted: number) => {
      const last = recordOf({
        drift: { sample: { at: 1, counted, polls: 0, accepted: 0, settled: 0, refused: 0 }, surplus: null },
      })
      const fleet = sweptFleet({}, {}, last)
      for (let n = 0; n < paid; n += 1) await fleet.write([accepted(fleet.clock.now())], { invocation: `i-${n}` })
      fleet.queues.polls = polls
      const admission = memoryAdmissionStore(first)
      await makeSweep({ ...fleet.ports, admission }, fleet.settings)()
      const reading = admission.stored()
      return reading.kind === 'admission' ? reading.admission.counts : reading
    }
    expect(await most(5, 2, 1)).toEqual({ inFlight: 5, inFlight_captchaai: 5 })
    expect(await most(1, 6, 2)).toEqual({ inFlight: 6, inFlight_captchaai: 6 })
    expect(await most(1, 2, 7)).toEqual({ inFlight: 7, inFlight_captchaai: 7 })
  })

  it.each(broken)("keeps a person's pause, and the gate stays shut ($kind)", async (first) => {
    const pause = { by: 'ops/anna', at: 1, reason: 'moving house' }
    const fleet = sweptFleet({}, {}, recordOf({ status: 'not_ready', issues: ['paused'], evidence: { pause } }))
    fleet.intake.turn(false)
    const admission = memoryAdmissionStore(first)
    await makeSweep({ ...fleet.ports, admission }, fleet.settings)()
    expect(admission.stored()).toMatchObject({ admission: { control: { pause } } })
    expect(fleet.intake.asked).toEqual([])
  })
})
