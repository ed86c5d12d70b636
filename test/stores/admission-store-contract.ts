import { beforeEach, describe, expect, it } from 'vitest'
import type { Admission, Control } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { AdmissionStore } from '../../functions/core/ports.ts'
import { fullAdmission } from './builders.ts'

const first = initialAdmission(['captchaai'])
const emergency: Control = { ...first.control, mode: 'emergency' }
const reading = (admission: Admission) => ({ kind: 'admission', admission }) as const

export function admissionStoreContract(make: () => Promise<AdmissionStore>): void {
  describe('admission item', () => {
    let store: AdmissionStore
    beforeEach(async () => {
      store = await make()
    })

    it('there is none before the first sweep, and nothing can be reserved', async () => {
      const missing = { kind: 'missing' }
      expect(await store.read()).toEqual(missing)
      expect(await store.write({ add: { inFlight: 1 } })).toEqual({ applied: false, reading: missing })
      expect(await store.read()).toEqual(missing)
    })

    it('comes back as it was created, with everything set', async () => {
      const full = fullAdmission()
      expect(await store.create(full)).toEqual({ applied: true, reading: reading(full) })
      expect(await store.read()).toEqual(reading(full))
    })

    it('of several creators one succeeds, and an item that can be read is never created again', async () => {
      const created = [1, 2, 3, 4].map((inFlight) => store.create({ ...first, counts: { inFlight } }))
      const answers = await Promise.all(created)
      expect(answers.filter(({ applied }) => applied)).toHaveLength(1)
      const winner = answers.findIndex(({ applied }) => applied) + 1
      const stored = reading({ ...first, counts: { inFlight: winner } })
      expect(await store.read()).toEqual(stored)
      expect(answers.map(({ reading: told }) => told)).toEqual(Array(4).fill(stored))
      expect(await store.create(first)).toEqual({ applied: false, reading: stored })
    })

    it('a refused write changes nothing and answers with the item that it did not fit', async () => {
      await store.create({ ...first, counts: { inFlight: 5 } })
      const stored = reading({ ...first, counts: { inFlight: 5 } })
      expect(await store.write({ most: { inFlight: 4 }, add: { inFlight: 1, ramped_captchaai: 1 } })).toEqual({
        applied: false,
        reading: stored,
      })
      expect(await store.write({ epoch: 2, add: { inFlight: 1 } })).toEqual({ applied: false, reading: stored })
      expect(await store.read()).toEqual(stored)
    })

    it('an absent counter counts as 0, for a bound of 0 and for one below', async () => {
      await store.create(first)
      expect(await store.write({ most: { inFlight: -1 }, add: { inFlight: 1 } })).toMatchObject({ applied: false })
      expect(await store.write({ most: { inFlight: 0 }, add: { inFlight: 3 } })).toEqual({
        applied: true,
        reading: reading({ ...first, counts: { inFlight: 3 } }),
      })
      expect(await store.write({ add: { inFlight: -2 } })).toEqual({
        applied: true,
        reading: reading({ ...first, counts: { inFlight: 1 } }),
      })
    })

    it('additions leave the epoch; a new control begins the next one and is fenced by the last', async () => {
      await store.create(first)
      await store.write({ epoch: 1, add: { inFlight: 2 } })
      const next = { epoch: 2, counts: { inFlight: 1, spentHour: 0 }, control: emergency }
      const change = { epoch: 1, control: emergency, add: { inFlight: -1 }, set: { spentHour: 0 } }
      expect(await store.write(change)).toEqual({ applied: true, reading: reading(next) })
      expect(await store.write(change)).toEqual({ applied: false, reading: reading(next) })
    })

    it('a counter that is set anew is not added to as well, and a write may set counters alone', async () => {
      await store.create({ ...first, counts: { spentHour: 9, inFlight: 1 } })
      await store.write({ add: { spentHour: 1, inFlight: 1 }, set: { spentHour: 1 } })
      await store.write({ set: { turnsUntil: 5 } })
      const counts = { spentHour: 1, inFlight: 2, turnsUntil: 5 }
      expect(await store.read()).toEqual(reading({ ...first, counts }))
    })

    it('of changes of control made from one epoch, one takes place', async () => {
      await store.create(first)
      const writes = [1, 2, 3, 4, 5].map((n) =>
        store.write({ epoch: 1, control: { ...first.control, drainPerSecond: n } }),
      )
      const answers = await Promise.all(writes)
      expect(answers.filter(({ applied }) => applied)).toHaveLength(1)
      const winner = answers.findIndex(({ applied }) => applied) + 1
      const drained = { ...first.control, drainPerSecond: winner }
      expect(await store.read()).toEqual(reading({ epoch: 2, counts: {}, control: drained }))
    })

    it('50 writers that add at once under a bound never exceed it, and none is refused while there is room', async () => {
      await store.create(first)
      const reserve = (count: number) =>
        store.write({ epoch: 1, most: { inFlight: 30 - count }, add: { inFlight: count, inFlight_captchaai: count } })
      const answers = await Promise.all(Array.from({ length: 50 }, () => reserve(1)))
      const seen = answers.map((answer) => (answer.reading.kind === 'admission' ? answer.reading.admission.counts : {}))
      expect(answers.filter(({ applied }) => applied)).toHaveLength(30)
      expect(Math.max(...seen.map(({ inFlight = 0 }) => inFlight))).toBe(30)
      const counts = { inFlight: 30, inFlight_captchaai: 30 }
      expect(await store.read()).toEqual(reading({ ...first, counts }))
      await store.write({ add: { inFlight: -7, inFlight_captchaai: -7 } })
      const later = await Promise.all(Array.from({ length: 50 }, (_, n) => reserve(1 + (n % 3))))
      const granted = later.reduce((sum, { applied }, n) => sum + (applied ? 1 + (n % 3) : 0), 0)
      expect(granted).toBe(7)
    })
  })
}
