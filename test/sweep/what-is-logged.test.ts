import { describe, expect, it } from 'vitest'
import type { Admission, AdmissionReading, Control } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../functions/core/admission/item/initial.ts'
import type { AdmissionStore, Intake, IntakeState, RecordStore } from '../../functions/core/ports.ts'
import { ensureAdmission } from '../../functions/sweep/ensure-admission.ts'
import { keepChanges } from '../../functions/sweep/keep-changes.ts'
import { keepGate } from '../../functions/sweep/keep-gate.ts'
import { saveHistory } from '../../functions/sweep/save-history.ts'
import { makeSweep, type SweepPorts } from '../../functions/sweep/sweep.ts'
import { writeControl } from '../../functions/sweep/write-control.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { memoryRecordStore } from '../../sim/memory/record-store.ts'
import { received } from '../build/outcomes.ts'
import { recordOf } from '../build/record.ts'
import { sweptFleet } from './swept-fleet.ts'

const first = initialAdmission(['captchaai'])
const down = Object.assign(new Error('a secret'), { name: 'ThrottlingException' })
/** One sweep with these ports: what it comes to, and the lines that say this. */
async function sweptWith(
  ports: Partial<SweepPorts>,
  message: string,
  last: Parameters<typeof recordOf>[0] | null = null,
) {
  const fleet = sweptFleet({}, {}, last === null ? null : recordOf(last))
  const outcome = await makeSweep({ ...fleet.ports, ...ports }, fleet.settings)().catch((error: unknown) => error)
  expect(JSON.stringify(fleet.lines)).not.toContain('a secret')
  return { fleet, outcome, lines: fleet.lines.filter((line) => line.message === message) }
}

describe('a sweep logs', () => {
  it('what it found, in one line, with how long it took and how far behind it is', async () => {
    const fleet = sweptFleet()
    await fleet.write([received(NOON)])
    await fleet.write([received(NOON)], { invocation: 'i-2' })
    fleet.queues.tasks = 200
    fleet.queues.polls = 4
    await fleet.sweepAfter(60)
    expect(fleet.lines.filter(({ message }) => message.startsWith('swept'))).toStrictEqual([
      {
        level: 'info',
        message: 'swept',
        fields: {
          ...{ version: 1, status: 'degraded', mode: 'degraded', issues: '', warnings: expect.any(String) },
          ...{ waiting: 200, inFlight: 4, outcomes: 2, behindSeconds: 0, milliseconds: 0 },
        },
      },
    ])
  })

  it.each([
    [180, 'info', 'swept'],
    [181, 'warn', 'swept, outcomes are still unread'],
  ])(
    'that outcomes of the last %i s are unread, in a line of level %s and with the words "%s", and says no more of it once they are read',
    async (seconds, level, message) => {
      const fleet = sweptFleet({ pageItems: 1, mostRounds: 1 })
      await fleet.write([received(NOON)], { invocation: 'i' })
      await fleet.write([received(NOON)], { at: NOON + 1, invocation: 'i' })
      await fleet.sweepAfter(seconds)
      await fleet.sweepAfter(1)
      expect(fleet.lines.filter((line) => line.message.startsWith('swept'))).toMatchObject([
        { level, message, fields: { outcomes: 1, behindSeconds: seconds } },
        { level: 'info', message: 'swept', fields: { outcomes: 1, behindSeconds: 0 } },
      ])
    },
  )

  it('a change of the state, from what and why, and nothing where it stays', async () => {
    const fleet = sweptFleet()
    const changes = () => fleet.lines.filter(({ message }) => message === 'readiness changed')
    await fleet.sweepAfter(60)
    const { warnings } = await fleet.sweepAfter(60)
    expect(changes()).toStrictEqual([
      {
        level: 'info',
        message: 'readiness changed',
        fields: { from: null, to: 'ready', issues: '', warnings: warnings.join(' ') },
      },
    ])
  })

  it('several issues and warnings apart from each other, in both lines', async () => {
    const refused = { kind: 'failed', ms: 40, failure: { class: 'auth', code: 'BAD_KEY', message: '' } } as const
    const fleet = sweptFleet({}, { balance: () => refused })
    fleet.queues.tasks = 5000
    const { issues, warnings } = (await fleet.sweepAfter(60)).raw
    expect([issues.length, warnings.length]).toEqual([2, 2])
    for (const message of ['swept', 'readiness changed'])
      expect(fleet.lines.find((line) => line.message === message)?.fields).toMatchObject({
        ...{ issues: issues.join(' '), warnings: warnings.join(' ') },
      })
  })

  it('that another sweep was first, with the version that it wanted to write, and changes nothing', async () => {
    const stored = memoryRecordStore(null)
    const record: RecordStore = { read: stored.read, write: async () => false }
    const { fleet, outcome, lines } = await sweptWith({ record }, 'overtaken by another sweep')
    expect(outcome).toEqual({ kind: 'overtaken', version: 1 })
    expect(lines).toEqual([{ level: 'warn', message: 'overtaken by another sweep', fields: { version: 1 } }])
    expect(fleet.metrics.published).toEqual([])
    expect(fleet.intake.asked).toEqual([])
    expect(fleet.lines).toHaveLength(1)
  })

  it('a record that cannot be read, and why, and begins a new one; where that is refused too, it fails', async () => {
    const broken = (version: number | undefined, isWritten: boolean): RecordStore => ({
      read: async () => ({ unreadable: 'schema 9', ...(version === undefined ? {} : { version }) }),
      write: async () => isWritten,
    })
    const message = 'readiness record unreadable, a new one is begun'
    const { outcome, lines } = await sweptWith({ record: broken(7, true) }, message)
    expect(outcome).toMatchObject({ kind: 'swept', record: { version: 8 } })
    expect(lines).toEqual([{ level: 'error', message, fields: { why: 'schema 9' } }])
    const overtaken = await sweptWith({ record: broken(7, false) }, message)
    expect(overtaken.outcome).toEqual({ kind: 'overtaken', version: 8 })
    const hopeless = await sweptWith({ record: broken(undefined, false) }, message)
    expect(hopeless.outcome).toEqual(new Error('the readiness record can neither be read nor replaced'))
  })

  it('how many metrics could not be published, and fails, after its record was written', async () => {
    const metrics = { publish: () => Promise.reject(down) }
    const { fleet, outcome, lines } = await sweptWith({ metrics }, 'metrics not published')
    expect(outcome).toBe(down)
    expect(lines).toMatchObject([{ level: 'error', fields: { metrics: expect.any(Number) } }])
    expect(fleet.record.stored()).toMatchObject({ version: 1 })
  })

  it('that item or gate cannot be kept, and fails after its metrics are out', async () => {
    const message = 'the admission item or the gate cannot be kept'
    const intake: Intake = { read: () => Promise.reject(down), set: () => Promise.reject(down) }
    const { fleet, outcome, lines } = await sweptWith({ intake }, message)
    expect(outcome).toBe(down)
    expect(lines).toEqual([{ level: 'error', message, fields: { why: 'ThrottlingException' } }])
    expect(fleet.metrics.published).toHaveLength(1)
  })

  it('that the item cannot be written, and keeps no change that was not made', async () => {
    const stored = memoryAdmissionStore({ kind: 'admission', admission: first })
    const admission: AdmissionStore = { ...stored, write: () => Promise.reject(down) }
    const { fleet, outcome, lines } = await sweptWith({ admission }, 'the admission item or the gate cannot be kept')
    expect(outcome).toBe(down)
    expect(lines).toHaveLength(1)
    expect(fleet.record.stored()).toMatchObject({ version: 1, folded: { changes: [] } })
  })

  it('how many hours and days of the history wait for the next sweep, and goes on', async () => {
    const fleet = sweptFleet()
    await fleet.sweepAfter(60)
    const message = 'history not stored, the next sweep tries again'
    const history = { save: () => Promise.reject(down) }
    fleet.clock.set(NOON + 3_600_000)
    const sweep = makeSweep({ ...fleet.ports, history }, fleet.settings)
    expect(await sweep()).toMatchObject({ kind: 'swept', record: { history: { finished: [expect.anything()] } } })
    const told = { level: 'warn', message, fields: { buckets: 1, why: 'ThrottlingException' } }
    expect(fleet.lines.filter((line) => line.message === message)).toEqual([told])
    await fleet.sweepAfter(60)
    expect(fleet.record.stored()).toMatchObject({ history: { finished: [] } })
    expect(fleet.lines.filter((line) => line.message === message)).toHaveLength(1)
  })
})

describe('what a sweep changed in the fleet', () => {
  const changes = [{ at: NOON, what: 'mode', provider: '', from: 'normal', to: 'degraded', cause: 'test' }] as const
  const kept = async (write: RecordStore['write'], told: Parameters<typeof keepChanges>[1] = changes) => {
    const { log, lines } = memoryLog()
    const asked: [number, number | null][] = []
    const before = recordOf()
    const counted: RecordStore['write'] = (record, previous) => {
      asked.push([record.version, previous])
      return write(record, previous)
    }
    return { before, after: await keepChanges(before, told, { write: counted }, log), asked, lines }
  }

  it('is kept by a second write of the record, and by none where nothing changed', async () => {
    const { after, asked, lines } = await kept(async () => true)
    expect(after).toMatchObject({ version: 42, folded: { changes }, evidence: { totals: { changes } } })
    expect({ asked, lines }).toEqual({ asked: [[42, 41]], lines: [] })
    const quiet = await kept(async () => true, [])
    expect(quiet.after).toBe(quiet.before)
    expect(quiet.asked).toEqual([])
  })

  it.each<[string, RecordStore['write'], string, object]>([
    ['another sweep was faster', async () => false, 'changes not kept, another sweep was faster', { changes: 1 }],
    ['it is not answered', () => Promise.reject(down), 'changes not kept', { changes: 1, why: 'ThrottlingException' }],
  ])('is only in the log where %s', async (_, write, message, fields) => {
    const { before, after, lines } = await kept(write)
    expect(after).toBe(before)
    expect(lines).toEqual([{ level: 'warn', message, fields }])
  })
})

it('a record without a history is written as it is', async () => {
  const record = recordOf({ history: null })
  expect(await saveHistory(record, { save: () => Promise.reject(down) }, () => {})).toBe(record)
})

describe('an admission item that is not there', () => {
  const create = async (found: AdmissionReading, created: AdmissionReading) => {
    const { log, lines } = memoryLog()
    const admission: AdmissionStore = {
      read: async () => found,
      write: async () => ({ applied: false, reading: found }),
      create: async () => ({ applied: created !== found, reading: created }),
    }
    const made = await ensureAdmission(
      { admission, log },
      { providers: ['captchaai'], inFlight: 7, pause: null },
    ).catch((error: unknown) => error)
    return { made, lines }
  }
  const there: AdmissionReading = { kind: 'admission', admission: first }

  it.each<[string, AdmissionReading, string, object]>([
    ['missing, as in a new fleet', { kind: 'missing' }, 'info', { found: 'missing', why: undefined }],
    ['unreadable', { kind: 'unreadable', why: 'schema 2' }, 'error', { found: 'unreadable', why: 'schema 2' }],
  ])(
    'is created where it is %s, and that is logged with the tasks that it begins with',
    async (_, found, level, why) => {
      const { made, lines } = await create(found, there)
      expect(made).toBe(first)
      expect(lines).toStrictEqual([{ level, message: 'admission item is created', fields: { ...why, inFlight: 7 } }])
    },
  )

  it('is neither created nor logged where it is there', async () => {
    const { made, lines } = await create(there, { kind: 'missing' })
    expect({ made, lines }).toEqual({ made: first, lines: [] })
  })

  it('fails the sweep where it cannot be created either', async () => {
    const { made } = await create({ kind: 'missing' }, { kind: 'unreadable', why: 'schema 2' })
    expect(made).toEqual(new Error('the admission item can neither be read nor created'))
  })
})

describe('the gate', () => {
  const kept = async (found: IntakeState, shut: Parameters<typeof keepGate>[1], becomes: IntakeState = 'changing') => {
    const { log, lines } = memoryLog()
    const asked: boolean[] = []
    const set = async (open: boolean) => {
      asked.push(open)
      return becomes
    }
    const state = await keepGate({ read: async () => found, set }, shut, log)
    return { state, asked, lines }
  }

  it.each<[IntakeState, 'paused' | null]>([
    ['open', null],
    ['shut', 'paused'],
    ['changing', null],
    ['changing', 'paused'],
  ])('that is %s where the wish is %s is neither asked for anything nor logged', async (found, shut) => {
    expect(await kept(found, shut)).toEqual({ state: found, asked: [], lines: [] })
  })

  it.each<[IntakeState, 'paused' | 'no_usable_provider' | null, boolean, string]>([
    ['shut', null, true, 'intake is opened'],
    ['open', 'paused', false, 'intake is shut'],
    ['open', 'no_usable_provider', false, 'intake is shut'],
  ])(
    'that is %s where the wish is %s is asked once, and that is logged with the reason',
    async (found, shut, open, message) => {
      expect(await kept(found, shut)).toEqual({
        state: 'changing',
        asked: [open],
        lines: [{ level: 'info', message, fields: { why: shut, state: 'changing' } }],
      })
    },
  )
})

const WANTED = { surplus: 0, causeOfMode: 'test' }

describe('the write of the control', () => {
  const changed = (control: Control): Control => ({ ...control, callbacks: true })
  const world = (stored: Admission, wrap: (real: AdmissionStore) => AdmissionStore = (real) => real) => {
    const clock = memoryClock(NOON, { skip: true })
    const { log, lines } = memoryLog()
    const store = memoryAdmissionStore({ kind: 'admission', admission: stored })
    return { ports: { admission: wrap(store), clock, log }, store, lines, clock }
  }

  it('that loses five races waits longer after each, says so, and leaves the rest to the next sweep', async () => {
    const { ports, lines, clock } = world(first, (real) => ({
      ...real,
      write: async () => ({ applied: false, reading: await real.read() }),
    }))
    expect(await writeControl(ports, first, { ...WANTED, control: changed, surplus: 2 })).toEqual({
      admission: first,
      changes: [],
    })
    expect(clock.now() - NOON).toBe(40 + 80 + 120 + 160 + 200)
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'the admission item changes too often; the next sweep tries again',
        fields: { tries: 5 },
      },
    ])
  })

  it('that was overtaken by a worker tells what the sweep changed, and not what the worker did', async () => {
    const breaker = { state: 'open', since: NOON, until: NOON + 10_000, seconds: 10, cause: 'HTTP_502' } as const
    const { ports, store, lines } = world(first)
    const byWorker = { ...first.control, providers: { captchaai: { ...initialProvider, breaker } } }
    await store.write({ epoch: first.epoch, control: byWorker })
    const control = (before: Control): Control => ({ ...before, mode: 'degraded' })
    const { changes, admission } = await writeControl(ports, first, { ...WANTED, control })
    expect(admission.control).toMatchObject({ mode: 'degraded', providers: { captchaai: { breaker } } })
    expect(changes.map(({ what }) => what)).toEqual(['mode'])
    expect(lines.map(({ fields }) => fields?.what)).toEqual(['mode'])
  })

  it('fails where the item is gone', async () => {
    const { ports } = world(first, (real) => ({
      ...real,
      write: async () => ({ applied: false, reading: { kind: 'missing' } }),
    }))
    await expect(writeControl(ports, first, { ...WANTED, control: changed })).rejects.toThrow(
      'the admission item is missing',
    )
  })

  it('logs each change of the fleet and the places that it gives back, and no more', async () => {
    const breaker = { state: 'open', since: NOON, until: NOON + 10_000, seconds: 10, cause: 'HTTP_502' } as const
    const counted = { ...first, counts: { inFlight: 5, inFlight_captchaai: 5 } }
    const { ports, lines, store } = world(counted)
    const providers = { captchaai: { ...initialProvider, breaker } }
    await writeControl(ports, counted, { ...WANTED, control: (before) => ({ ...before, providers }), surplus: 2 })
    expect(lines).toStrictEqual([
      {
        level: 'info',
        message: 'fleet changed',
        fields: { what: 'breaker', provider: 'captchaai', from: 'closed', to: 'open', cause: 'HTTP_502' },
      },
      { level: 'warn', message: 'places are given back that no task has', fields: { places: 2 } },
    ])
    expect(store.stored()).toMatchObject({ admission: { counts: { inFlight: 3, inFlight_captchaai: 3 } } })
    const quiet = world(first)
    await writeControl(quiet.ports, first, { ...WANTED, control: changed })
    expect(quiet.lines).toEqual([])
  })

  it('leaves the control alone where only counts are repaired, so that no reservation under way is refused', async () => {
    const counted = { ...first, counts: { inFlight: 5, inFlight_captchaai: 5 } }
    const asked: object[] = []
    const { ports } = world(counted, (real) => ({
      ...real,
      write: (change) => {
        asked.push(change)
        return real.write(change)
      },
    }))
    await writeControl(ports, counted, { ...WANTED, control: (before) => before, surplus: 2 })
    expect(asked).toEqual([{ epoch: first.epoch, add: { inFlight: -2, inFlight_captchaai: -2 } }])
  })

  it('takes what is too many from the provider with most tasks first, and no more than it has', async () => {
    const two = initialAdmission(['captchaai', 'twocaptcha'])
    const counts = { inFlight: 9, inFlight_captchaai: 2, inFlight_twocaptcha: 7 }
    const countsAfter = async (surplus: number) => {
      const { ports, store } = world({ ...two, counts })
      await writeControl(ports, { ...two, counts }, { ...WANTED, control: (before) => before, surplus })
      const found = store.stored()
      return found.kind === 'admission' ? found.admission.counts : null
    }
    expect(await countsAfter(3)).toEqual({ inFlight: 6, inFlight_captchaai: 2, inFlight_twocaptcha: 4 })
    expect(await countsAfter(8)).toEqual({ inFlight: 1, inFlight_captchaai: 1, inFlight_twocaptcha: 0 })
    expect(await countsAfter(20)).toEqual({ inFlight: 0, inFlight_captchaai: 0, inFlight_twocaptcha: 0 })
  })
})
