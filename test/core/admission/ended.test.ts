import { describe, expect, it } from 'vitest'
import { countsEnded, endedBetween, endedIn, endedOf } from '../../../functions/core/admission/item/ended.ts'
import type { OutcomeEvent } from '../../../functions/core/outcome/event.ts'
import { MINUTE, NOON, SECOND } from '../../build/evidence.ts'
import { expired, failed, solved } from '../../build/outcomes.ts'

describe('how the tasks of a batch ended', () => {
  it('counts each solve and each failure that counts, and nothing else', () => {
    const events: OutcomeEvent[] = [
      { kind: 'received', at: NOON },
      { kind: 'accepted', at: NOON, provider: 'captchaai' },
      { kind: 'polled', at: NOON },
      solved(NOON),
      solved(NOON),
      failed(NOON),
      failed(NOON, false),
      { kind: 'late', at: NOON },
    ]
    expect(endedOf(events)).toEqual({ solved: 2, failed: 1 })
    expect(endedOf([])).toEqual({ solved: 0, failed: 0 })
  })

  it.each<[string, OutcomeEvent, number]>([
    ['two minutes of flight', expired(NOON, NOON - 2 * MINUTE), 1],
    ['more, because it was submitted before what is compared', expired(NOON, NOON - 2 * MINUTE - 1), 0],
    ['so short a flight that it says nothing about the provider', expired(NOON, NOON - SECOND, false), 0],
    ['no flight', expired(NOON, null), 0],
  ])('counts a task that expired after %s', (_, event, count) => {
    expect(endedOf([event])).toEqual({ solved: 0, failed: count })
  })

  it('adds to the counters only where there is something to add', () => {
    expect(countsEnded({ solved: 2, failed: 1 })).toEqual({ solved: 2, failed: 1 })
    expect(countsEnded({ solved: 2, failed: 0 })).toEqual({ solved: 2 })
    expect(countsEnded({ solved: 0, failed: 0 })).toEqual({})
  })
})

describe('what ended between two readings of the item', () => {
  const before = { solved: 100, failed: 10 }

  it('is the difference, and counters that are absent are 0', () => {
    expect(endedBetween(before, endedIn({ solved: 103, failed: 12, inFlight: 5 }))).toEqual({ solved: 3, failed: 2 })
    expect(endedBetween(before, endedIn({ solved: 100, failed: 12 }))).toEqual({ solved: 0, failed: 2 })
    expect(endedBetween(endedIn({ inFlight: 5 }), endedIn({ solved: 1 }))).toEqual({ solved: 1, failed: 0 })
  })

  it('is nothing where the earlier reading is not known', () => {
    expect(endedBetween(null, { solved: 500, failed: 0 })).toEqual({ solved: 0, failed: 0 })
  })

  it.each([
    ['both counters', { solved: 5, failed: 1 }],
    ['solves', { solved: 99, failed: 10 }],
    ['failures', { solved: 200, failed: 9 }],
  ])('is nothing where the item was created anew: it has fewer of %s', (_, now) => {
    expect(endedBetween(before, now)).toEqual({ solved: 0, failed: 0 })
  })
})
