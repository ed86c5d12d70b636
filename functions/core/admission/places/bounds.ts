import type { SubmitRate } from '../../provider/profiles.ts'
import type { Priority } from '../../task/task.ts'
import { rampBudget } from '../breaker/ramp.ts'
import type { Admission, AdmissionChange, Control, ProviderControl } from '../item/admission.ts'
import { busyUntilAt, IN_FLIGHT, inFlightAt, rampedAt, SPENT_DAY, SPENT_HOUR, URGENT_UNTIL } from '../item/counters.ts'
import { type Waiting, waitForRamp, waitForRate, waitForRoom, waitForSpend, waitForThread } from '../item/waiting.ts'
import { limitAt } from './capacity.ts'
import { capOf } from './shares.ts'
import { isLimited, type SpendLimits, spentNow } from './spend.ts'

/** One limit: how many of the wanted tasks it lets through, and what a reservation of `count` of them changes. */
export interface Bound {
  room: number
  waiting: Waiting
  change(count: number): Part
}
/** A part of a change; `control` is applied to the control that the change replaces. */
export interface Part extends Pick<AdmissionChange, 'most' | 'add' | 'set'> {
  control?: (control: Control) => Control
}

interface At {
  admission: Admission
  now: number
}

/** Tasks in flight in the whole fleet and at the provider. Each priority has its own share of the limit. */
export function inFlightBounds(
  { admission: { counts, control }, now }: At,
  wanted: readonly Priority[],
  { name, provider, maxInFlight }: { name: string; provider: ProviderControl; maxInFlight: number },
): Bound[] {
  const atProvider = limitAt(provider, maxInFlight, now)
  // One place is kept while a critical task waits for room. Where this is not known to be so, the write's condition asks.
  const isKept = (counts[URGENT_UNTIL] ?? 0) > now
  const keptFrom = (priority: Priority) => (isKept && priority !== 'critical' ? 1 : 0)
  const asks = (count: number) => !isKept && wanted.slice(0, count).some((priority) => priority !== 'critical')
  const bound = (counter: string, limit: number, waiting: Waiting): Bound => {
    const most = wanted.map(
      (priority, before) => capOf(limit, control.mode, priority) - keptFrom(priority) - before - 1,
    )
    const refused = most.findIndex((inFlight) => (counts[counter] ?? 0) > inFlight)
    return {
      room: refused < 0 ? wanted.length : refused,
      waiting,
      change: (count) => ({
        most: { [counter]: Math.min(...most.slice(0, count)), ...(asks(count) ? { [URGENT_UNTIL]: now } : {}) },
        add: { [counter]: count },
      }),
    }
  }
  return [
    bound(IN_FLIGHT, maxInFlight, waitForRoom(maxInFlight)),
    bound(inFlightAt(name), atProvider, atProvider < maxInFlight ? waitForThread(name) : waitForRoom(maxInFlight)),
  ]
}

/** Charges of the hour and of the day. The first reservation of an hour or day begins its counter. */
export function spendBounds({ admission, now }: At, limits: SpendLimits): Bound[] {
  if (!isLimited(limits)) return []
  const { control } = admission
  const spent = spentNow(admission, now)
  const bound = (counter: string, unit: 'hour' | 'day', limit: number | null): Bound => {
    const isNew = control.spend?.[unit] !== spent.labels[unit]
    const begin = (count: number): Part => ({
      set: { [counter]: count },
      control: (known) => ({ ...known, spend: spent.labels }),
    })
    const goOn = (count: number): Part => ({
      ...(limit === null ? {} : { most: { [counter]: limit - count } }),
      add: { [counter]: count },
    })
    return {
      room: limit === null ? Number.POSITIVE_INFINITY : limit - spent[unit],
      waiting: waitForSpend(unit),
      change: isNew ? begin : goOn,
    }
  }
  return [bound(SPENT_HOUR, 'hour', limits.spendPerHour), bound(SPENT_DAY, 'day', limits.spendPerDay)]
}

/** After an outage submits begin slowly. */
export function rampBounds(
  { admission: { counts }, now }: At,
  { name, provider, maxInFlight }: { name: string; provider: ProviderControl; maxInFlight: number },
): Bound[] {
  const { breaker } = provider
  if (breaker.state !== 'closed' || breaker.rampSince === null) return []
  const budget = rampBudget(breaker.rampSince, now, maxInFlight)
  if (budget === null) return []
  const counter = rampedAt(name)
  return [
    {
      room: budget - (counts[counter] ?? 0),
      waiting: waitForRamp(name),
      change: (count) => ({ most: { [counter]: budget - count }, add: { [counter]: count } }),
    },
  ]
}

/** A leaky bucket: the counter is the time at which the submits so far have drained. */
export function rateBounds({ admission: { counts }, now }: At, name: string, rate: SubmitRate | undefined): Bound[] {
  if (rate === undefined) return []
  const counter = busyUntilAt(name)
  const perSubmit = Math.ceil(1000 / rate.perSecond)
  const full = now + rate.burst * perSubmit
  const known = counts[counter] ?? 0
  const isEmpty = known <= now
  return [
    {
      room: Math.floor((full - Math.max(known, now)) / perSubmit),
      waiting: waitForRate(name),
      change: (count) =>
        isEmpty
          ? { most: { [counter]: now }, set: { [counter]: now + count * perSubmit } }
          : { most: { [counter]: full - count * perSubmit }, add: { [counter]: count * perSubmit } },
    },
  ]
}
