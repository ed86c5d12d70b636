import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Counters } from '../../functions/core/admission/item/admission.ts'
import { countsEnded, endedOf } from '../../functions/core/admission/item/ended.ts'
import type { OutcomeEvent } from '../../functions/core/outcome/event.ts'
import type { View } from '../../functions/core/record/record.ts'
import { TASKS_FAIL } from '../../functions/core/record/sweep-findings.ts'
import { viewOf } from '../../functions/core/record/view.ts'
import { issueCode } from '../../functions/core/rules/issue.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { MINUTE, SECOND, VIEW_SETTINGS } from '../build/evidence.ts'
import { expired, failed, solved } from '../build/outcomes.ts'
import { sweptFleet } from './swept-fleet.ts'

type Fleet = ReturnType<typeof sweptFleet>

/** A task ends: first its place is given back, then the outcome is stored, as collect does it. */
async function ends(fleet: Fleet, event: OutcomeEvent): Promise<void> {
  await fleet.admission.write({ add: { inFlight: -1, ...countsEnded(endedOf([event])) } })
  await fleet.write([event])
}

/** A fleet of which the last sweep found that nothing was solved for three minutes, and that all had failed. */
async function failingFleet(counted: Counters = {}): Promise<Fleet> {
  const fleet = sweptFleet()
  await fleet.admission.write({ add: counted })
  fleet.queues.polls = 20
  for (let n = 0; n < 36; n += 1) {
    fleet.clock.set(fleet.clock.now() + 5 * SECOND)
    await ends(fleet, failed(fleet.clock.now()))
    if (n % 12 === 11) await fleet.sweep()
  }
  return fleet
}

function seen({ record, admission, clock }: Fleet): View {
  const [stored, item] = [record.stored(), admission.stored()]
  if (stored === null || item.kind !== 'admission') throw new Error('no record or no item')
  return viewOf({ kind: 'record', record: stored, readAt: clock.now() }, clock.now(), VIEW_SETTINGS, item.admission)
}
const failuresIn = ({ issues }: Pick<View, 'issues'>): string[] =>
  TASKS_FAIL.filter((code) => issues.map(issueCode).includes(code))
const later = ({ clock }: Fleet, seconds: number) => clock.set(clock.now() + seconds * SECOND)

describe('between two sweeps', () => {
  it('a fleet that solved nothing is ready with its third solve, and the next sweep says the same', async () => {
    const fleet = await failingFleet()
    expect(failuresIn(seen(fleet))).toEqual(['consecutive_failures', 'error_rate'])
    const after: string[][] = []
    for (let n = 0; n < 3; n += 1) {
      later(fleet, 5)
      await ends(fleet, solved(fleet.clock.now()))
      after.push(failuresIn(seen(fleet)))
    }
    expect(after).toEqual([['error_rate'], ['error_rate'], []])
    expect(seen(fleet).issues).toEqual([])
    expect((await fleet.sweepAfter(45)).issues).toEqual([])
    expect(seen(fleet).issues).toEqual([])
  })

  it('a recovery that began shortly before the sweep is finished by the solves after it', async () => {
    const fleet = await failingFleet()
    later(fleet, 50)
    for (let n = 0; n < 2; n += 1) await ends(fleet, solved(fleet.clock.now() + n))
    await fleet.sweepAfter(10)
    expect(fleet.record.stored()?.evidence).toMatchObject({ recovery: { solved: 2 }, ended: { solved: 2, failed: 36 } })
    expect(failuresIn(seen(fleet))).toEqual(['error_rate'])
    later(fleet, 5)
    await ends(fleet, solved(fleet.clock.now()))
    expect(failuresIn(seen(fleet))).toEqual([])
    expect((await fleet.sweepAfter(55)).issues).toEqual([])
  })

  it('no view ends an issue that the sweep finds again that comes next, whatever ended in between and in which order', async () => {
    const ending = fc.constantFrom('solved', 'solved', 'failed', 'failed', 'expired')
    await fc.assert(
      fc.asyncProperty(fc.array(ending, { minLength: 1, maxLength: 45 }), async (endings) => {
        const fleet = await failingFleet()
        const before = failuresIn(seen(fleet))
        for (const kind of endings) {
          later(fleet, 1)
          const at = fleet.clock.now()
          const event = { solved: solved(at), failed: failed(at), expired: expired(at, at - 5 * MINUTE) }[kind]
          await ends(fleet, event)
        }
        const shown = failuresIn(seen(fleet))
        const swept = failuresIn(await fleet.sweepAfter(60 - endings.length))
        expect(before.filter((code) => !shown.includes(code) && swept.includes(code))).toEqual([])
      }),
      { numRuns: 150, seed: 42 },
    )
  })

  it('a fleet that solves one task in twenty is not ready all the time, at each second and with each sweep', async () => {
    const fleet = await failingFleet()
    const shown = new Set<string>()
    for (let second = 1; second <= 600; second += 1) {
      later(fleet, 1)
      await ends(fleet, second % 20 === 7 ? solved(fleet.clock.now()) : failed(fleet.clock.now()))
      if (second % 60 === 0) await fleet.sweep()
      shown.add(seen(fleet).status)
    }
    expect([...shown]).toEqual(['not_ready'])
  })

  it('an item that was lost and created anew counts from its creation, and its first count is no proof', async () => {
    const old = await failingFleet({ solved: 5000, failed: 700 })
    expect(old.record.stored()?.evidence.ended).toEqual({ solved: 5000, failed: 736 })
    const fleet = { ...old, admission: memoryAdmissionStore() }
    old.ports.admission = fleet.admission
    await fleet.sweepAfter(60)
    expect(fleet.record.stored()?.evidence.ended).toEqual({ solved: 0, failed: 0 })
    expect(failuresIn(seen(fleet))).toEqual(['consecutive_failures', 'error_rate'])
    await ends(fleet, solved(fleet.clock.now()))
    expect(failuresIn(seen(fleet))).toEqual(['error_rate'])
  })
})
