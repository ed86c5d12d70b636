import { describe, expect, it } from 'vitest'
import { endedIn } from '../../functions/core/admission/item/ended.ts'
import type { Handled } from '../../functions/core/message/disposition.ts'
import { readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import { placesOf } from '../../functions/worker/report.ts'
import { NOON } from '../build/evidence.ts'
import { failed, polled, solved } from '../build/outcomes.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

const handled = (freed: string[], ...events: Handled['events']): Handled => ({
  disposition: { kind: 'ack', send: [] },
  events,
  freed,
})

/** One paid task, and what the admission item has counted. */
async function fleetWithTask(options: SmallFleetOptions = {}) {
  const fleet = smallFleet(options)
  fleet.send(recaptcha())
  await fleet.submit()
  const counted = () => {
    const item = fleet.admission.stored()
    return item.kind === 'admission'
      ? { ...endedIn(item.admission.counts), left: item.admission.counts.inFlight }
      : null
  }
  return { fleet, counted }
}

describe('how tasks ended is counted in the admission item', () => {
  it('for the tasks that give a place back, and for no other message of the batch', () => {
    const batch = [
      handled(['captchaai'], polled(NOON), solved(NOON)),
      handled(['captchaai'], polled(NOON), failed(NOON)),
      handled([], polled(NOON)),
      // The accounting of a task that another worker settled and crashed: its place was given back, or is drift.
      handled([], solved(NOON)),
    ]
    expect(placesOf(batch)).toEqual({ freed: ['captchaai', 'captchaai'], ended: { solved: 1, failed: 1 } })
  })

  it('by collect, in the write that gives the place back and in no other', async () => {
    const { fleet, counted } = await fleetWithTask()
    expect(counted()).toEqual({ solved: 0, failed: 0, left: 1 })
    const before = fleet.admission.writes()
    await fleet.drain()
    expect(counted()).toEqual({ solved: 1, failed: 0, left: 0 })
    expect(fleet.admission.writes() - before).toBe(1)
  })

  it('by pingback the same, and the poll message that comes later does not count the task again', async () => {
    const script = { submit: () => ({ kind: 'accept', afterSeconds: 5 }) as const }
    const { fleet, counted } = await fleetWithTask({ pingback: true, script })
    const [charge] = fleet.provider.ledger
    const called = readPingbackPath(new URL(charge?.pingbackUrl ?? '').pathname)
    await fleet.clock.advance(5000)
    const before = fleet.admission.writes()
    await fleet.pingback(called, charge?.captchaId ?? '', fleet.run())
    expect(counted()).toEqual({ solved: 1, failed: 0, left: 0 })
    expect(fleet.admission.writes() - before).toBe(1)
    await fleet.drain()
    expect(counted()).toEqual({ solved: 1, failed: 0, left: 0 })
  })
})
