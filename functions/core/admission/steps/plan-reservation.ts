import type { SubmitRate } from '../../provider/profiles.ts'
import type { Priority } from '../../task/task.ts'
import { leased, mayProbe } from '../breaker/breaker-periods.ts'
import type { Admission, AdmissionChange, Control, ProviderControl } from '../item/admission.ts'
import { busyUntilAt, URGENT_UNTIL } from '../item/counters.ts'
import { initialProvider } from '../item/initial.ts'
import { type Waiting, waitForBreaker, waitForHold, waitForKey, waitForResume } from '../item/waiting.ts'
import { type Bound, inFlightBounds, type Part, rampBounds, rateBounds, spendBounds } from '../places/bounds.ts'
import type { SpendLimits } from '../places/spend.ts'
import { isKeyRefused } from '../route/key-rules.ts'

export interface ReservationSettings extends SpendLimits {
  /** In order of preference. */
  providers: readonly { name: string; submitRate?: SubmitRate | undefined }[]
  maxInFlight: number
  /** How long a probe's lease lasts: the time limit of an invocation. */
  leaseSeconds: number
}

interface ReservationRequest {
  admission: Admission
  /** Effective priorities, the most urgent first. */
  wanted: readonly Priority[]
  now: number
  /** Of the invocation, for a lease. */
  id: string
}

/** Who may go now, the most urgent first, and the one write that reserves room for them. */
export type ReservationPlan =
  | { kind: 'wait'; waiting: Waiting }
  | { kind: 'reserve'; granted: number; provider: string; change: AdmissionChange; waiting: Waiting }

/**
 * Plans from exactly this admission. The change fits it, and never lets a counter pass its limit, whoever else writes.
 */
export function planReservation(request: ReservationRequest, settings: ReservationSettings): ReservationPlan {
  const { admission, wanted, now } = request
  const { control } = admission
  const { name, submitRate } = targetOf(control, settings, now)
  const provider = control.providers[name] ?? initialProvider
  const shut = waitingFor(control, { name, provider }, now)
  if (shut !== null) return { kind: 'wait', waiting: shut }
  const at = { admission, now }
  const of = { name, provider, maxInFlight: settings.maxInFlight }
  const bounds = [
    ...spendBounds(at, settings),
    ...rateBounds(at, name, submitRate),
    ...rampBounds(at, of),
    ...probeBounds({ ...request, leaseSeconds: settings.leaseSeconds }, of),
    ...inFlightBounds(at, wanted, of),
  ]
  const tightest = bounds.reduce((a, b) => (a.room <= b.room ? a : b))
  const granted = Math.max(0, Math.min(wanted.length, tightest.room))
  const { waiting } = tightest
  if (granted === 0) return { kind: 'wait', waiting }
  const parts = bounds.map((bound) => bound.change(granted))
  return { kind: 'reserve', granted, provider: name, change: changeOf(admission, parts), waiting }
}

/**
 * The admission as if nothing were in flight: the first try of a batch. Its condition is checked against what is, and
 * the answer brings that. Only times are kept: until when a permitted rate is used up, and a place is kept free.
 */
export function optimistic(admission: Admission): Admission {
  const kept = Object.entries(admission.counts).filter(
    ([name]) => name === URGENT_UNTIL || name.startsWith(busyUntilAt('')),
  )
  return { ...admission, counts: Object.fromEntries(kept) }
}

function activeOf({ route }: Control, { providers }: ReservationSettings): ReservationSettings['providers'][number] {
  const active = providers.find(({ name }) => name === route.active) ?? providers[0]
  if (active === undefined) throw new Error('there is no provider')
  return active
}

/**
 * Where the tasks of a batch go. A preferred provider that was left because of its breaker gets one task as a probe
 * when its open period is over; nothing else would show that it works again.
 */
function targetOf(
  control: Control,
  settings: ReservationSettings,
  now: number,
): ReservationSettings['providers'][number] {
  const active = activeOf(control, settings)
  const preferred = settings.providers.slice(0, settings.providers.indexOf(active))
  return preferred.find(({ name }) => isDueForProbe(control.providers[name], now)) ?? active
}

const isDueForProbe = (provider: ProviderControl | undefined, now: number): boolean =>
  provider !== undefined &&
  mayProbe(provider.breaker, now) &&
  !isKeyRefused(provider.key) &&
  (provider.hold === null || provider.hold.until <= now)

/** Why nothing at all may be bought at this provider now. */
function waitingFor(
  { pause }: Control,
  { name, provider: { hold, breaker, key } }: { name: string; provider: ProviderControl },
  now: number,
): Waiting | null {
  if (pause !== null) return waitForResume
  if (key.refused !== null && isKeyRefused(key)) return waitForKey(key.refused, name)
  if (hold !== null && hold.until > now) return waitForHold(hold, name, hold.until - now)
  if (breaker.state === 'open' && breaker.until > now) return waitForBreaker(name, breaker.until - now)
  const lease = breaker.state === 'half_open' ? breaker.lease : null
  return lease !== null && lease.until > now ? waitForBreaker(name, lease.until - now) : null
}

/** A breaker that is not closed lets one task through in the whole fleet, under a lease. */
function probeBounds(
  { now, id, leaseSeconds }: { now: number; id: string; leaseSeconds: number },
  { name, provider }: { name: string; provider: ProviderControl },
): Bound[] {
  const breaker = leased(provider.breaker, { id, until: now + leaseSeconds * 1000 }, now)
  if (breaker === null) return []
  const probing: ProviderControl = { ...provider, breaker }
  const control = (known: Control): Control => ({ ...known, providers: { ...known.providers, [name]: probing } })
  return [{ room: 1, waiting: waitForBreaker(name, leaseSeconds * 1000), change: () => ({ control }) }]
}

function changeOf({ epoch, control }: Admission, parts: readonly Part[]): AdmissionChange {
  const merged = (pick: 'most' | 'add' | 'set') => Object.assign({}, ...parts.map((part) => part[pick]))
  const patches = parts.flatMap((part) => (part.control === undefined ? [] : [part.control]))
  const changed = patches.length === 0 ? {} : { control: patches.reduce((known, patch) => patch(known), control) }
  return { epoch, most: merged('most'), add: merged('add'), set: merged('set'), ...changed }
}
