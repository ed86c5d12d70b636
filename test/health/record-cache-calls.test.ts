import { expect, it } from 'vitest'
import type { AdmissionStore, RecordStore } from '../../functions/core/ports.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import { type CachedReading, type HealthStores, makeRecordCache } from '../../functions/health/record-cache.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { recordOf } from '../build/record.ts'
import { fullAdmission } from '../stores/builders.ts'

type RecordAnswer = Awaited<ReturnType<RecordStore['read']>>
type AdmissionAnswer = Awaited<ReturnType<AdmissionStore['read']>>
interface Asked {
  record: PromiseWithResolvers<RecordAnswer>
  admission: PromiseWithResolvers<AdmissionAnswer>
}

/** A cache before stores that answer when the test says so. The ticks of the machine are others than its clock's times. */
function cached(load?: (stores: HealthStores) => Promise<HealthStores>) {
  const clock = memoryClock()
  const asked: Asked[] = []
  let loads = 0
  const newest = () => {
    const last = asked.at(-1)
    if (last === undefined) throw new Error('nothing was asked')
    return last
  }
  const stores: HealthStores = {
    record: {
      read: () => {
        asked.push({ record: Promise.withResolvers(), admission: Promise.withResolvers() })
        return newest().record.promise
      },
    },
    admission: { read: () => newest().admission.promise },
  }
  const { log, lines } = memoryLog()
  const look = makeRecordCache({
    clock,
    ticks: () => clock.now() - NOON + 77,
    log,
    load: async () => {
      loads += 1
      await clock.sleep(40)
      return load === undefined ? stores : load(stores)
    },
  })
  /** The answer, once it is there. */
  const looking = () => {
    const got: { reading?: CachedReading; at?: number } = {}
    void look().then((reading) => {
      got.reading = reading
      got.at = clock.now() - NOON
    })
    return got
  }
  const answer = async (
    nth: number,
    record: RecordAnswer,
    admission: AdmissionAnswer | Error = { kind: 'missing' },
  ) => {
    asked[nth]?.record.resolve(record)
    if (admission instanceof Error) asked[nth]?.admission.reject(admission)
    else asked[nth]?.admission.resolve(admission)
    await clock.advance(0)
  }
  return { clock, asked, lines, looking, answer, loads: () => loads }
}
const version = (number: number): ReadinessRecord => recordOf({ version: number })
const found = (number: number): RecordAnswer => ({ record: version(number) })

it('a reading tells both items, when they had been read, and how long the table took: not the loading before it', async () => {
  const { clock, looking, answer, lines, loads } = cached()
  const first = looking()
  await clock.advance(40)
  await clock.advance(123)
  const admission = fullAdmission()
  await answer(0, found(1), { kind: 'admission', admission })
  const reading = { kind: 'record', record: version(1), readAt: NOON + 163 }
  expect(first).toEqual({ reading: { reading, admission, milliseconds: 123 }, at: 163 })
  await clock.advance(1000)
  const second = looking()
  await clock.advance(0)
  await clock.advance(45)
  await answer(1, { record: null }, new Error('throttled'))
  const missing = { kind: 'missing', readAt: NOON + 1208 }
  expect(second).toEqual({ reading: { reading: missing, admission: null, milliseconds: 45 }, at: 1208 })
  expect([lines, loads()]).toEqual([[], 1])
})

it('a table that does not answer is waited for 900 ms at first; what it answers too late is used by the next reading, which waits 700 ms', async () => {
  const { clock, looking, answer, lines } = cached()
  const first = looking()
  await clock.advance(40)
  await clock.advance(899)
  expect(first).toEqual({})
  await clock.advance(1)
  const none = { admission: null, milliseconds: null }
  const unreachable = { kind: 'unreachable', failingSince: NOON, last: null, readAt: NOON + 940 }
  expect(first).toEqual({ reading: { reading: unreachable, ...none }, at: 940 })
  await clock.advance(500)
  await answer(0, found(1))
  await clock.advance(560)
  const second = looking()
  await clock.advance(699)
  expect(second).toEqual({})
  await clock.advance(1)
  const again = { kind: 'unreachable', failingSince: NOON + 2000, last: version(1), readAt: NOON + 2700 }
  expect(second).toEqual({ reading: { reading: again, ...none }, at: 2700 })
  await clock.advance(1300)
  const third = looking()
  await clock.advance(700)
  // Failing since the first reading that failed after the last answer.
  expect(third.reading?.reading).toEqual({ ...again, readAt: NOON + 4700 })
  expect(lines.map(({ level, message, fields }) => [level, message, fields])).toEqual([
    ['warn', 'the readiness record cannot be read', { why: 'TIMEOUT' }],
    ['info', 'the readiness record can be read again', { milliseconds: 1400 }],
    ['warn', 'the readiness record cannot be read', { why: 'TIMEOUT' }],
  ])
})

it('an older answer that comes after a newer one changes nothing, and neither is told as the end of a failure again', async () => {
  const { clock, looking, answer, lines } = cached()
  const looks = [looking()]
  await clock.advance(40 + 900)
  await clock.advance(1060)
  looks.push(looking())
  await clock.advance(10)
  await answer(1, found(2))
  expect(looks[1]?.reading?.reading).toEqual({ kind: 'record', record: version(2), readAt: NOON + 2010 })
  await clock.advance(1000)
  looks.push(looking())
  await clock.advance(700)
  await answer(0, found(1))
  await clock.advance(1000)
  looks.push(looking())
  await clock.advance(700)
  const unreachable = { kind: 'unreachable', failingSince: NOON + 3010, last: version(2) }
  expect(looks[2]?.reading?.reading).toEqual({ ...unreachable, readAt: NOON + 3710 })
  expect(looks[3]?.reading?.reading).toEqual({ ...unreachable, readAt: NOON + 5410 })
  expect(lines.map(({ level }) => level)).toEqual(['warn', 'info', 'warn'])
})

it.each<[string, RecordAnswer, object]>([
  ['has no record', { record: null }, { kind: 'missing' }],
  ['has one that cannot be read', { unreadable: 'version 9' }, { kind: 'unreadable', why: 'version 9' }],
])(
  'after a table that %s no earlier record is shown where it does not answer, and the wait is the longer one again',
  async (_, said, kind) => {
    const { clock, looking, answer } = cached()
    looking()
    await clock.advance(40)
    await answer(0, found(1))
    await clock.advance(1000)
    const second = looking()
    await clock.advance(0)
    await answer(1, said)
    expect(second.reading?.reading).toEqual({ ...kind, readAt: NOON + 1040 })
    await clock.advance(1000)
    const third = looking()
    await clock.advance(899)
    expect(third).toEqual({})
    await clock.advance(1)
    const unreachable = { kind: 'unreachable', failingSince: NOON + 2040, last: null, readAt: NOON + 2940 }
    expect(third.reading?.reading).toEqual(unreachable)
  },
)

it.each([
  ['the code of an error', Object.assign(new Error('no'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  ['its name, where it has none', new TypeError('no'), 'TypeError'],
  ['a code that is no text counts as none', Object.assign(new RangeError('no'), { code: 7 }), 'RangeError'],
  ['what is no error', 'no', 'unknown'],
])('stores that cannot be loaded are told by %s, and loaded anew by the next reading', async (_, error, why) => {
  let isBroken = true
  const { clock, looking, answer, lines, loads } = cached(async (stores) => {
    if (isBroken) throw error
    return stores
  })
  const first = looking()
  await clock.advance(40)
  const unreachable = { kind: 'unreachable', failingSince: NOON, last: null, readAt: NOON + 40 }
  expect(first.reading).toEqual({ reading: unreachable, admission: null, milliseconds: null })
  isBroken = false
  await clock.advance(1000)
  const second = looking()
  await clock.advance(40)
  await answer(0, found(3))
  expect(second.reading?.reading).toEqual({ kind: 'record', record: version(3), readAt: NOON + 1080 })
  expect([loads(), lines.map(({ fields }) => fields)]).toEqual([2, [{ why }, { milliseconds: 0 }]])
})
