import { describe, expect, it } from 'vitest'
import type { BalanceAnswer } from '../../functions/core/provider/answers.ts'
import { viewOf } from '../../functions/core/record/view.ts'
import { makeSweep } from '../../functions/sweep/sweep.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { HOUR, MINUTE, NOON, SECOND } from '../build/evidence.ts'
import { accepted, expired, failed, parked, polled, received, solved } from '../build/outcomes.ts'
import { recordIn, sweptFleet } from './swept-fleet.ts'

describe('a sweep', () => {
  it('writes a record and publishes it', async () => {
    const fleet = sweptFleet()
    await fleet.write([received(NOON), accepted(NOON)])
    fleet.queues.polls = 1
    const record = await fleet.sweepAfter(60)
    expect(record).toMatchObject({
      ...{
        schema: 1,
        version: 1,
        sweptAt: NOON + MINUTE,
        status: 'ready',
        mode: 'normal',
        activeProvider: 'captchaai',
      },
      evidence: { queue: { waiting: 0, inFlight: 1 }, workersAlive: 1, demand: true, totals: { received: 1 } },
    })
    expect(fleet.record.stored()).toEqual(record)
    expect(fleet.metrics.published[0]).toContainEqual({ name: 'Ready', unit: 'None', value: 1 })
    expect(fleet.metrics.published[0]).toContainEqual({ name: 'SweepHeartbeat', unit: 'Count', value: 1 })
  })

  it('first minutes after deploy: starting, not not-ready for lack of solves (row 41)', async () => {
    const fleet = sweptFleet()
    expect(await fleet.sweepAfter(60)).toMatchObject({ status: 'ready', warnings: ['starting'] })
    fleet.queues.tasks = 3
    expect(await fleet.sweepAfter(60)).toMatchObject({ status: 'ready', issues: [], warnings: ['starting'] })
    await fleet.write([received(fleet.clock.now() + 30 * SECOND)], { at: fleet.clock.now() + 30 * SECOND })
    expect(await fleet.sweepAfter(60)).toMatchObject({ status: 'ready', warnings: [] })
  })

  it('no tasks for hours, then one: idle, ready, before and at that one; not "no solve for" (row 39)', async () => {
    const fleet = sweptFleet()
    await fleet.write([received(NOON), solved(NOON)])
    for (let minute = 0; minute < 180; minute += 1)
      expect(await fleet.sweepAfter(60)).toMatchObject({ status: 'ready', issues: [], evidence: { demandSeconds: 0 } })
    await fleet.write([received(fleet.clock.now() + 58 * SECOND)], { at: fleet.clock.now() + 58 * SECOND })
    fleet.queues.polls = 1
    expect(await fleet.sweepAfter(60)).toMatchObject({ status: 'ready', issues: [], evidence: { demandSeconds: 2 } })
  })

  it('work waits and nothing happens: stalled_for; not ready (row 40)', async () => {
    const fleet = sweptFleet()
    await fleet.write([received(NOON), accepted(NOON), solved(NOON)])
    await fleet.sweepAfter(60)
    fleet.queues.tasks = 2
    const seen = []
    for (let n = 0; n < 5; n += 1) seen.push((await fleet.sweepAfter(60)).issues)
    expect(seen).toEqual([[], [], [], ['stalled_for=180s'], ['stalled_for=240s']])
  })

  it('everything is accepted and nothing solved: overdue; not ready (row 40)', async () => {
    const fleet = sweptFleet()
    await fleet.write([accepted(NOON)])
    fleet.queues.polls = 4
    await fleet.sweepAfter(60)
    const { clock } = fleet
    const slow = ['a', 'b', 'c'].map((taskId) => ({
      ...{ kind: 'slow' as const, at: NOON + 95 * SECOND, taskId, method: 'turnstile', submittedAt: NOON },
    }))
    await fleet.write(slow, { at: NOON + 95 * SECOND })
    expect(await fleet.sweepAfter(60)).toMatchObject({ status: 'not_ready', issues: ['overdue=3'] })
    await fleet.write([solved(clock.now())])
    await fleet.sweepAfter(60)
    expect(await fleet.sweepAfter(60)).toMatchObject({ status: 'ready', issues: [] })
  })

  it('counts demand without a solve into no_solve_for, and begins anew at the solve', async () => {
    const fleet = sweptFleet()
    fleet.queues.polls = 1
    await fleet.write([received(NOON), accepted(NOON)])
    await fleet.sweepAfter(0)
    for (let minute = 1; minute < 10; minute += 1) {
      await fleet.write([polled(fleet.clock.now())])
      expect((await fleet.sweepAfter(60)).issues).toEqual([])
    }
    expect((await fleet.sweepAfter(60)).issues).toEqual(['no_solve_for=600s'])
    await fleet.write([solved(fleet.clock.now())])
    fleet.queues.polls = 0
    expect((await fleet.sweepAfter(60)).evidence.demandSeconds).toBe(0)
  })

  it('takes a solve that was written late, after the sweep that should have seen it, for a solve', async () => {
    const fleet = sweptFleet()
    fleet.queues.polls = 1
    await fleet.write([received(NOON)])
    for (let n = 0; n < 5; n += 1) await fleet.sweepAfter(60)
    expect(fleet.record.stored()?.evidence.demandSeconds).toBe(300)
    const at = fleet.clock.now() - 2 * SECOND
    await fleet.write([solved(at)], { at })
    expect((await fleet.sweepAfter(60)).evidence).toMatchObject({ demandSeconds: 60, totals: { lastSolveAt: at } })
  })

  it('calls an error rate an issue in its second bad sweep, and leaves after two good ones', async () => {
    const fleet = sweptFleet({ streakFailures: 1000 })
    const bad = Array.from({ length: 12 }, () => failed(NOON))
    await fleet.write([...bad, solved(NOON)])
    expect(await fleet.sweepAfter(30)).toMatchObject({ status: 'degraded', mode: 'emergency', issues: [] })
    expect(await fleet.sweepAfter(60)).toMatchObject({ status: 'not_ready', issues: ['error_rate=0.92'] })
    await fleet.write(Array.from({ length: 40 }, () => solved(fleet.clock.now())))
    const { raw, ...shown } = await fleet.sweepAfter(60)
    expect(raw).toMatchObject({ status: 'degraded', issues: [] })
    expect(shown).toMatchObject({ status: 'not_ready', issues: ['error_rate=0.92'] })
    expect((await fleet.sweepAfter(60)).status).not.toBe('not_ready')
  })

  it('does not fill the streak with tasks that expired while only waiting', async () => {
    const fleet = sweptFleet()
    await fleet.write(Array.from({ length: 30 }, () => expired(NOON, null)))
    expect(await fleet.sweepAfter(60)).toMatchObject({ status: 'ready', evidence: { totals: { expiredWaiting: 30 } } })
  })

  it('counts the workers that wrote something in the last two minutes', async () => {
    const fleet = sweptFleet()
    for (const worker of ['a', 'b', 'b']) await fleet.write([polled(NOON)], { worker })
    const alive = []
    for (let n = 0; n < 3; n += 1) alive.push((await fleet.sweepAfter(50)).evidence.workersAlive)
    expect(alive).toEqual([2, 2, 0])
  })

  it('late, duplicate or skewed outcomes (± 5 min clocks): streak and totals stay right (row 38)', async () => {
    const fleet = sweptFleet()
    await fleet.write([failed(NOON)])
    await fleet.sweepAfter(60)
    const at = fleet.clock.now()
    // Late: after the sweep that ran past its time. Twice: a retried write of the same item. Ahead: its time comes.
    const late = { at: at - 5 * SECOND, invocation: 'late' }
    await fleet.write([failed(late.at), failed(late.at)], late)
    await fleet.write([failed(late.at), failed(late.at)], late)
    await fleet.write([solved(at + 5 * MINUTE)], { at: at + 5 * MINUTE })
    expect((await fleet.sweepAfter(60)).evidence.totals).toMatchObject({ failed: 3, trailingFailures: 3, solved: 0 })
    for (let n = 0; n < 5; n += 1) await fleet.sweepAfter(60)
    expect(fleet.record.stored()?.folded).toMatchObject({ failed: 3, trailingFailures: 0, solved: 1 })
    expect([fleet.sum('Solved'), fleet.sum('Failed')]).toEqual([1, 3])
  })

  it('knows the age of a backlog from tasks that were parked', async () => {
    const fleet = sweptFleet()
    fleet.queues.tasks = 9
    await fleet.write([accepted(NOON), parked(NOON, NOON - 400 * SECOND)])
    await fleet.sweepAfter(60)
    expect(fleet.metrics.published[0]).toContainEqual({ name: 'BacklogSeconds', unit: 'Seconds', value: 460 })
  })
})

describe('accounts', () => {
  const money: BalanceAnswer = { kind: 'balance', value: 5, ms: 30 }
  const lost: BalanceAnswer = {
    kind: 'failed',
    ms: 10_000,
    failure: { class: 'transient', code: 'TIMEOUT', message: '' },
  }
  const refused: BalanceAnswer = {
    kind: 'failed',
    ms: 40,
    failure: { class: 'auth', code: 'ERROR_WRONG_USER_KEY', message: '' },
  }

  it('are asked when the balance is as old as it may be, not with every sweep', async () => {
    const fleet = sweptFleet({ sweepSeconds: 5 })
    for (let n = 0; n < 25; n += 1) await fleet.sweepAfter(5)
    expect(fleet.calls.balance).toBe(3)
  })
  it('are asked one thing after the other: a refused key goes out once', async () => {
    let threads = 0
    const script = { balance: () => refused, threads: () => ({ kind: 'threads' as const, total: ++threads, free: 0 }) }
    const { sweepAfter } = sweptFleet({}, script)
    expect((await sweepAfter(60)).issues).toEqual(['api_key_refused=captchaai'])
    expect(threads).toBe(0)
  })
  it('that fail to answer leave the old balance, marked with its age', async () => {
    let answer: BalanceAnswer = money
    const fleet = sweptFleet({}, { balance: () => answer })
    await fleet.sweepAfter(60)
    answer = lost
    const { evidence } = await fleet.sweepAfter(60)
    expect(evidence.providers[0]).toMatchObject({ balance: 5, balanceAt: NOON + MINUTE, checkedAt: NOON + 2 * MINUTE })
  })
  it('lost three times with no solve since make the provider unusable, after 15 s; an answer makes it usable', async () => {
    let answer: BalanceAnswer = lost
    const fleet = sweptFleet({}, { balance: () => answer })
    const seen = []
    for (let n = 0; n < 4; n += 1) seen.push((await fleet.sweepAfter(60)).issues)
    expect(seen).toEqual([[], [], [], ['no_usable_provider']])
    answer = money
    expect((await fleet.sweepAfter(60)).raw.issues).toEqual([])
  })
  it('are asked at once when workers were refused as a whole', async () => {
    let answer: BalanceAnswer = money
    const fleet = sweptFleet({ sweepSeconds: 5 }, { balance: () => answer })
    await fleet.sweepAfter(5)
    answer = refused
    const code = 'ERROR_KEY_DOES_NOT_EXIST'
    await fleet.write([{ kind: 'refused', at: fleet.clock.now(), provider: 'captchaai', class: 'auth', code }])
    expect(await fleet.sweepAfter(5)).toMatchObject({ status: 'not_ready', issues: ['api_key_refused=captchaai'] })
    expect(fleet.calls.balance).toBe(2)
    expect((await fleet.sweepAfter(15)).issues).toEqual(['api_key_refused=captchaai', 'no_usable_provider'])
  })
  it('of which the secret cannot be read say so, by name', async () => {
    const failure = { class: 'auth' as const, code: 'SECRET_UNREADABLE', message: '' }
    const fleet = sweptFleet({}, { balance: () => ({ kind: 'failed', ms: 1, failure }) })
    expect(await fleet.sweepAfter(60)).toMatchObject({
      issues: ['secret_unreadable'],
      evidence: { secretReadable: false },
    })
  })
})

describe('sweep runs twice or overlaps: same record; fenced (row 36)', () => {
  const busy = async () => {
    const fleet = sweptFleet({ enterNotReadySweeps: 2, leaveNotReadySweeps: 3 })
    fleet.queues.tasks = 4
    fleet.queues.deadLetters = 2
    await fleet.write([received(NOON), ...Array.from({ length: 11 }, () => failed(NOON))])
    await fleet.sweepAfter(60)
    await fleet.write([solved(fleet.clock.now()), ...Array.from({ length: 11 }, () => failed(fleet.clock.now()))])
    return fleet
  }

  it('one after the other: the same but for its version, and nothing is told twice', async () => {
    const fleet = await busy()
    const { version, ...once } = await fleet.sweepAfter(60)
    const { version: next, ...twice } = await fleet.sweepAfter(0)
    expect(twice).toEqual(once)
    expect(next).toBe(version + 1)
    expect(fleet.sum('Solved')).toBe(1)
    expect(fleet.sum('Failed')).toBe(22)
    expect(fleet.sum('DeadLetters')).toBe(2)
  })
  it('at the same time: one writes, the other changes nothing and says so', async () => {
    const [alone, overlapped] = [await busy(), await busy()]
    const once = await alone.sweepAfter(60)
    overlapped.clock.set(overlapped.clock.now() + MINUTE)
    const ends = await Promise.all([overlapped.sweep(), overlapped.sweep()])
    expect(ends.map(({ kind }) => kind).sort()).toEqual(['overtaken', 'swept'])
    expect(overlapped.record.stored()).toEqual(once)
    expect(overlapped.metrics.published).toHaveLength(2)
    expect(overlapped.lines.map(({ message }) => message)).toContain('overtaken by another sweep')
  })
  it('counts each period once, however often it is swept', async () => {
    const fleet = await busy()
    await fleet.sweepAfter(60)
    for (let n = 0; n < 10; n += 1) await fleet.sweepAfter(1)
    expect(fleet.record.stored()).toMatchObject({ badSweeps: 2, status: 'not_ready' })
    for (let n = 0; n < 20; n += 1) await fleet.sweepAfter(5)
    expect(fleet.record.stored()?.badSweeps).toBe(2 + 110 / 30 - ((110 / 30) % 1))
  })
})

describe('more than one page of outcomes, or an outage of the sweep itself for a day: all folded, bounded time, resumes (row 37)', () => {
  it('more than one page', async () => {
    const fleet = sweptFleet({ pageItems: 3 })
    for (let n = 0; n < 500; n += 1) await fleet.write([solved(NOON + n)], { at: NOON + n * 10 })
    const record = await fleet.sweepAfter(60)
    expect(record).toMatchObject({ sweptAt: NOON + MINUTE, folded: { solved: 500 } })
    expect(fleet.calls.lists).toBeGreaterThan(32)
  })

  it('an outage of a day: each sweep reads no more than its bound, says unknown until it is caught up, and loses nothing', async () => {
    const bounds = { pageItems: 20, mostRounds: 3 }
    const fleet = sweptFleet(bounds)
    await fleet.write([received(NOON), solved(NOON)])
    await fleet.sweepAfter(60)
    const began = fleet.calls.read
    for (let n = 0; n < 4000; n += 1) {
      const at = NOON + MINUTE + n * 21_600
      await fleet.write(n % 4 === 0 ? [failed(at)] : [solved(at)], { at })
    }
    fleet.clock.set(NOON + 24 * HOUR + MINUTE)
    const statuses: string[] = []
    let sweeps = 0
    do {
      const before = fleet.calls.read
      const record = recordIn(await fleet.sweep())
      expect(fleet.calls.read - before).toBeLessThanOrEqual(16 * bounds.pageItems * bounds.mostRounds)
      statuses.push(
        viewOf({ kind: 'record', record, readAt: fleet.clock.now() }, fleet.clock.now(), fleet.settings).status,
      )
      fleet.clock.set(fleet.clock.now() + MINUTE)
      sweeps += 1
    } while (statuses.at(-1) === 'unknown' && sweeps < 100)
    expect(sweeps).toBeGreaterThan(3)
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set(['unknown']))
    expect(statuses.at(-1)).toBe('ready')
    expect(fleet.record.stored()?.evidence.totals).toMatchObject({ solved: 3001, failed: 1000 })
    await fleet.sweepAfter(60)
    expect([fleet.sum('Solved'), fleet.sum('Failed')]).toEqual([3001, 1000])
    expect(fleet.calls.read - began).toBeLessThan(4000 * 1.5)
  })

  it('and does not hold the outage against the fleet', async () => {
    const fleet = sweptFleet()
    fleet.queues.tasks = 1
    fleet.queues.polls = 1
    await fleet.write([received(NOON), accepted(NOON)])
    await fleet.sweepAfter(60)
    const { issues, evidence } = await fleet.sweepAfter(24 * 3600)
    expect(issues).toEqual([])
    expect(evidence.demandSeconds).toBeLessThanOrEqual(60 + 180)
  })

  it('reads the same number of items per sweep at the same rate, whatever is stored', async () => {
    const readWith = async (stored: number) => {
      const fleet = sweptFleet()
      for (let n = 0; n < stored; n += 1) await fleet.write([solved(NOON + n)], { at: NOON + n * 100 })
      fleet.clock.set(NOON + stored * 100)
      while ((await fleet.sweep()).kind === 'swept' && fleet.calls.read < stored) {}
      const perSweep = []
      for (let sweep = 0; sweep < 5; sweep += 1) {
        const began = fleet.clock.now()
        for (let n = 0; n < 600; n += 1) await fleet.write([solved(began)], { at: began + n * 100 })
        const before = fleet.calls.read
        await fleet.sweepAfter(60)
        perSweep.push(fleet.calls.read - before)
      }
      return Math.max(...perSweep)
    }
    const [few, many] = [await readWith(1_000), await readWith(100_000)]
    console.log(`items read per sweep at 10 outcomes a second: ${few} of 1e3 stored, ${many} of 1e5 stored`)
    expect(Math.abs(many - few) / few).toBeLessThan(0.1)
    expect(many).toBeLessThanOrEqual(600 * 1.2)
  })
})

describe('what is told to CloudWatch', () => {
  it('adds up to what happened, each outcome once, also those that were shown provisionally', async () => {
    const fleet = sweptFleet()
    for (let n = 0; n < 300; n += 1) {
      const at = fleet.clock.now()
      await fleet.write(n % 5 === 0 ? [failed(at)] : [solved(at)])
      if (n % 10 === 3) await fleet.sweepAfter(0)
      fleet.clock.set(at + 7 * SECOND)
    }
    await fleet.sweepAfter(60)
    expect([fleet.sum('Solved'), fleet.sum('Failed')]).toEqual([240, 60])
    expect(fleet.record.stored()?.folded).toMatchObject({ solved: 240, failed: 60 })
  })
  it('is dead letters since the last sweep, not those that lie there', async () => {
    const fleet = sweptFleet()
    const told = []
    for (const count of [0, 3, 3, 1, 2]) {
      fleet.queues.deadLetters = count
      await fleet.sweepAfter(60)
      told.push(fleet.metrics.published.at(-1)?.find(({ name }) => name === 'DeadLetters')?.value)
    }
    expect(told).toEqual([0, 3, 0, 0, 1])
  })
})

describe('a sweep that fails', () => {
  it('rejects when it cannot read, and leaves record and metrics alone', async () => {
    const fleet = sweptFleet()
    for (const broken of [
      { outcomes: { list: () => Promise.reject(new Error('table down')) } },
      { depths: { read: () => Promise.reject(new Error('queue down')) } },
      { admission: { ...fleet.admission, read: () => Promise.reject(new Error('table down')) } },
      { admission: { ...memoryAdmissionStore(), create: () => Promise.reject(new Error('table down')) } },
      { record: { ...fleet.record, read: () => Promise.reject(new Error('table down')) } },
      { record: { ...fleet.record, write: () => Promise.reject(new Error('table down')) } },
    ])
      await expect(makeSweep({ ...fleet.ports, ...broken }, fleet.settings)()).rejects.toThrow('down')
    expect(fleet.record.stored()).toBeNull()
    expect(fleet.metrics.published).toEqual([])
  })
  it('rejects when nothing can be published, after the record was written', async () => {
    const fleet = sweptFleet()
    const metrics = { publish: () => Promise.reject(new Error('no metrics')) }
    await expect(makeSweep({ ...fleet.ports, metrics }, fleet.settings)()).rejects.toThrow('no metrics')
    expect(fleet.record.stored()?.version).toBe(1)
    expect(fleet.lines.map(({ message }) => message)).toContain('metrics not published')
  })
})

describe('a record that cannot be used (row 34)', () => {
  it('corrupt or of an older version: written over, and what outcomes there are is folded again', async () => {
    const fleet = sweptFleet()
    await fleet.write([solved(NOON)])
    await fleet.sweepAfter(60)
    fleet.record.corrupt('schema 0')
    expect(await fleet.sweepAfter(60)).toMatchObject({ version: 2, folded: { solved: 1 } })
    expect(fleet.lines.map(({ message }) => message)).toContain('readiness record unreadable, a new one is begun')
  })
  it('that can be neither read nor written over makes the sweep fail', async () => {
    const fleet = sweptFleet()
    const record = { read: async () => ({ unreadable: 'corrupt' }), write: async () => false }
    await expect(makeSweep({ ...fleet.ports, record }, fleet.settings)()).rejects.toThrow('nor replaced')
  })
  it('from the future: does not hide outcomes, nor invent demand', async () => {
    const fleet = sweptFleet()
    await fleet.write([solved(NOON)])
    const record = await fleet.sweepAfter(60)
    const ahead = { ...record, sweptAt: NOON + HOUR, cursor: NOON + HOUR, countedAt: NOON + HOUR }
    const later = sweptFleet({}, {}, { ...ahead, evidence: { ...record.evidence, ranAt: NOON + HOUR, demand: true } })
    later.clock.set(NOON + 2 * MINUTE)
    later.queues.polls = 1
    await later.sweepAfter(0)
    await later.write([solved(NOON + 3 * MINUTE)], { at: NOON + 3 * MINUTE })
    expect(await later.sweepAfter(120)).toMatchObject({ sweptAt: NOON + 4 * MINUTE, folded: { solved: 2 } })
  })
})
