import { expect, test } from 'vitest'
import {
  busyUntilAt,
  IN_FLIGHT,
  inFlightAt,
  rampedAt,
  SPENT_DAY,
  SPENT_HOUR,
} from '../../../functions/core/admission/item/counters.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { memoryAdmissionStore } from '../../../sim/memory/admission-store.ts'

const NOW = 1_700_000_000_000
const P = 'captchaai'

test('a write that is over its bound changes nothing and answers what it found', async () => {
  const store = memoryAdmissionStore()
  await store.create(initialAdmission([P]))
  const take = { epoch: 1, most: { [IN_FLIGHT]: 1 }, add: { [IN_FLIGHT]: 1, [inFlightAt(P)]: 1 } }
  expect((await store.write(take)).applied).toBe(true)
  expect((await store.write(take)).applied).toBe(true)
  const refused = await store.write(take)
  expect(refused.applied).toBe(false)
  expect(refused.reading).toMatchObject({ admission: { counts: { [IN_FLIGHT]: 2, [inFlightAt(P)]: 2 } } })
})

test('a new control begins a new epoch, and a write of the old epoch no longer fits', async () => {
  const first = initialAdmission([P])
  const store = memoryAdmissionStore({ kind: 'admission', admission: first })
  const held = { ...initialProvider, threads: 2 }
  const control = { ...first.control, providers: { [P]: held } }
  const zeroed = { [SPENT_HOUR]: 0, [SPENT_DAY]: 0, [rampedAt(P)]: 0, [busyUntilAt(P)]: NOW }
  await store.write({ epoch: 1, control, set: zeroed })
  expect(store.stored()).toMatchObject({ admission: { epoch: 2, control, counts: zeroed } })
  expect((await store.write({ epoch: 1, add: { [IN_FLIGHT]: 1 } })).applied).toBe(false)
  expect(store.writes()).toBe(2)
})
