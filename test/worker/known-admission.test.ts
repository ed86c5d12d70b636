import { expect, it } from 'vitest'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { OutcomeEvent } from '../../functions/core/outcome/event.ts'
import { observationOf } from '../../functions/core/provider/observation.ts'
import { makeKnownAdmission } from '../../functions/worker/known-admission.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'

function environment() {
  const clock = memoryClock()
  const store = memoryAdmissionStore({ kind: 'admission', admission: initialAdmission(['captchaai']) })
  return { clock, store, known: makeKnownAdmission({ clock, admission: store }) }
}
const failure = (n: number) => observationOf('captchaai', 'submit', { class: 'rate', code: `R${n}` }, NOON + n)
const change = (n: number): Extract<OutcomeEvent, { kind: 'changed' }> => ({
  ...{
    kind: 'changed',
    at: NOON + n,
    what: 'key',
    provider: 'captchaai',
    from: 'untried',
    to: 'good',
    cause: 'accepted',
  },
})
const upTo = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

it('the item is known as it was last read or written, for as long as its user allows, and asked for by nobody else', async () => {
  const { clock, store, known } = environment()
  expect(known.last(1000)).toBeNull()
  const read = await known.read()
  await clock.advance(1000)
  expect([known.last(1000), known.last(999)]).toEqual([read, null])
  const refused = await known.write({ epoch: 7, add: { inFlight: 1 } })
  expect(refused).toEqual({ applied: false, reading: read })
  expect(known.last(0)).toBe(refused.reading)
  const { reading } = await known.write({ epoch: 1, add: { inFlight: 1 } })
  expect([known.last(0), reading]).toEqual([store.stored(), store.stored()])
  expect([store.reads(), store.writes()]).toEqual([1, 2])
})

it('the item is as old as its answer, however long the table took for that', async () => {
  const clock = memoryClock(NOON, { skip: true })
  const store = memoryAdmissionStore({ kind: 'admission', admission: initialAdmission(['captchaai']) })
  const slowly = <T>(ms: number, work: () => Promise<T>) => clock.sleep(ms).then(work)
  const known = makeKnownAdmission({
    clock,
    admission: {
      ...store,
      read: () => slowly(700, store.read),
      write: (change) => slowly(900, () => store.write(change)),
    },
  })
  await known.read()
  expect(known.last(0)).not.toBeNull()
  await known.write({ add: { inFlight: 1 } })
  expect(known.last(0)).toEqual(store.stored())
  await clock.advance(500)
  expect([known.last(500), known.last(499)]).toEqual([store.stored(), null])
})

it('the last 20 failures that the item may not know are gone by for 15 minutes', async () => {
  const { clock, known } = environment()
  expect(known.unreported).toEqual([])
  known.keepUnreported(upTo(22, failure))
  expect(known.unreported).toEqual(upTo(22, failure).slice(2))
  await clock.advance(900_000 + 20)
  expect(known.unreported).toEqual([failure(20), failure(21)])
})

it('the last 20 changes outside of a batch are told once', () => {
  const { known } = environment()
  expect(known.takeChanges()).toEqual([])
  known.keepChanges(upTo(12, change))
  known.keepChanges(upTo(22, change).slice(12))
  expect(known.takeChanges()).toEqual(upTo(22, change).slice(2))
  expect(known.takeChanges()).toEqual([])
})
