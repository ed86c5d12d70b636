import { describe, expect, it } from 'vitest'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import { type HealthStores, makeRecordCache } from '../../functions/health/record-cache.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { recordOf } from '../build/record.ts'

type Answer = Awaited<ReturnType<HealthStores['record']['read']>>
type AdmissionAnswer = Awaited<ReturnType<HealthStores['admission']['read']>>

/** The cache over a table whose answers the test gives; a read after the last one hangs. */
function cacheOver(...answers: (() => Promise<Answer>)[]) {
  const clock = memoryClock()
  const { log, lines } = memoryLog()
  let reads = 0
  const read = () => {
    reads += 1
    return answers[reads - 1]?.() ?? new Promise<never>(() => {})
  }
  let admission = async (): Promise<AdmissionAnswer> => ({ kind: 'missing' })
  const stores: HealthStores = { record: { read }, admission: { read: () => admission() } }
  const look = makeRecordCache({ load: async () => stores, clock, ticks: clock.now, log })
  return {
    ...{ look, clock, lines },
    /** What is read a second after the last time, and how long that took. */
    async next() {
      await clock.advance(1000)
      const began = clock.now()
      const looked = look().then((found) => ({ ...found, took: clock.now() - began }))
      await clock.advance(0)
      await clock.advance(2000)
      return looked
    },
    answerAdmission: (answer: typeof admission) => {
      admission = answer
    },
  }
}
const found = (version: number) => async (): Promise<Answer> => ({ record: recordOf({ version }) })
const failing = (error: unknown) => () => Promise.reject(error)

describe('one read of the table', () => {
  it('waits for 900 ms while no record is known, and for 700 ms while there is one to show', async () => {
    const cache = cacheOver(() => new Promise(() => {}), found(1))
    expect(await cache.next()).toMatchObject({ took: 900, reading: { kind: 'unreachable', last: null } })
    expect(await cache.next()).toMatchObject({ took: 0, reading: { kind: 'record', record: { version: 1 } } })
    expect(await cache.next()).toMatchObject({ took: 700, reading: { kind: 'unreachable', last: { version: 1 } } })
  })

  it('shows no record again that was gone or unreadable when it was last read', async () => {
    const gone = async (): Promise<Answer> => ({ record: null })
    const corrupt = async (): Promise<Answer> => ({ unreadable: 'schema 0' })
    const cache = cacheOver(found(1), gone, () => new Promise(() => {}), corrupt)
    await cache.next()
    expect((await cache.next()).reading).toMatchObject({ kind: 'missing', readAt: NOON + 4_000 })
    expect(await cache.next()).toMatchObject({ took: 900, reading: { last: null } })
    expect((await cache.next()).reading).toMatchObject({ kind: 'unreadable', why: 'schema 0' })
    expect(await cache.next()).toMatchObject({ took: 900, reading: { last: null } })
  })

  it('fails since the first one of a row was begun, and not since it was given up', async () => {
    const hanging = () => new Promise<never>(() => {})
    const cache = cacheOver(hanging, failing(new Error('x')), found(1), hanging, hanging)
    const rows: number[] = []
    for (let n = 0; n < 5; n += 1) {
      const began = cache.clock.now() + 1000
      const { reading } = await cache.next()
      if (reading.kind === 'unreachable') rows.push(began - reading.failingSince)
    }
    expect(rows).toEqual([0, 3000, 0, 3000])
  })

  it('tells how long the table took', async () => {
    const clock = { sleep: async (_: number) => {} }
    const cache = cacheOver(async () => {
      await clock.sleep(40)
      return { record: recordOf() }
    })
    clock.sleep = cache.clock.sleep
    expect(await cache.next()).toMatchObject({ took: 40, milliseconds: 40 })
  })

  it('that answers after a later one changes nothing', async () => {
    const late = Promise.withResolvers<Answer>()
    const cache = cacheOver(() => late.promise, found(2))
    await cache.next()
    await cache.next()
    late.resolve({ record: recordOf({ version: 1 }) })
    expect(await cache.next()).toMatchObject({ reading: { kind: 'unreachable', last: { version: 2 } } })
  })

  it('that answers too late for itself is what the next one shows while the table hangs', async () => {
    const late = Promise.withResolvers<Answer>()
    const cache = cacheOver(() => late.promise)
    expect((await cache.next()).reading).toMatchObject({ last: null })
    late.resolve({ record: recordOf({ version: 1 }) })
    expect((await cache.next()).reading).toMatchObject({ last: { version: 1 } })
  })

  it('that answers too late for itself is shown although a later one was begun and hangs', async () => {
    const late = Promise.withResolvers<Answer>()
    const cache = cacheOver(() => late.promise)
    await cache.next()
    await cache.next()
    late.resolve({ record: recordOf({ version: 1 }) })
    expect((await cache.next()).reading).toMatchObject({ last: { version: 1 } })
  })

  it('serves for a second from its answer on, however long it took', async () => {
    const slow = Promise.withResolvers<Answer>()
    const cache = cacheOver(() => slow.promise, found(2))
    const first = cache.look()
    await cache.clock.advance(600)
    slow.resolve({ record: recordOf({ version: 1 }) })
    await first
    for (const [milliseconds, version] of [
      [999, 1],
      [1, 2],
    ] as const) {
      await cache.clock.advance(milliseconds)
      expect((await cache.look()).reading).toMatchObject({ record: { version } })
    }
  })

  it('is the only one while the stores are loaded, however long that takes', async () => {
    const clock = memoryClock()
    const loading = Promise.withResolvers<HealthStores>()
    const { log } = memoryLog()
    let loads = 0
    const load = () => {
      loads += 1
      return loading.promise
    }
    const look = makeRecordCache({ load, clock, ticks: clock.now, log })
    const looks = [look()]
    for (let n = 0; n < 3; n += 1) {
      await clock.advance(1000)
      looks.push(look())
    }
    expect(loads).toBe(1)
    let reads = 0
    const read = async () => {
      reads += 1
      return { record: recordOf() }
    }
    loading.resolve({ record: { read }, admission: { read: async () => ({ kind: 'missing' }) } })
    await Promise.all(looks)
    expect(reads).toBe(1)
  })
})

describe('the admission item beside the record', () => {
  const { control, ...rest } = initialAdmission(['captchaai'])
  const admission = { ...rest, control }

  it('is read with it', async () => {
    const cache = cacheOver(found(1))
    cache.answerAdmission(async () => ({ kind: 'admission', admission }))
    expect((await cache.next()).admission).toEqual(admission)
  })

  it.each([
    ['is missing', async (): Promise<AdmissionAnswer> => ({ kind: 'missing' })],
    ['cannot be read', () => Promise.reject(new Error('down'))],
  ])('that %s leaves the record to speak alone', async (_, answer) => {
    const cache = cacheOver(found(1))
    cache.answerAdmission(answer)
    expect(await cache.next()).toMatchObject({ reading: { kind: 'record' }, admission: null })
  })
})

describe('the log of the reads', () => {
  it('has one line when they begin to fail, and one when they work again', async () => {
    const error = Object.assign(new Error('connect 10.0.0.1'), { code: 'ECONNREFUSED' })
    const cache = cacheOver(found(1), failing(error), failing(error), found(2), found(3), failing(error))
    for (let n = 0; n < 6; n += 1) await cache.next()
    const failed = { level: 'warn', message: 'the readiness record cannot be read', fields: { why: 'ECONNREFUSED' } }
    const back = { level: 'info', message: 'the readiness record can be read again', fields: { milliseconds: 0 } }
    expect(cache.lines).toEqual([failed, back, failed])
  })

  it.each([
    ['TIMEOUT', () => new Promise<Answer>(() => {})],
    ['ECONNREFUSED', failing(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))],
    ['TypeError', failing(new TypeError('arn:aws'))],
    ['TypeError', failing(Object.assign(new TypeError('x'), { code: 7 }))],
    ['unknown', failing('arn:aws')],
    ['unknown', failing(undefined)],
  ])('names the cause by %s, case %#', async (why, answer) => {
    const cache = cacheOver(answer)
    await cache.next()
    expect(cache.lines.map(({ fields }) => fields)).toEqual([{ why }])
  })
})
