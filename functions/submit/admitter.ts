import type { Admission, Control } from '../core/admission/item/admission.ts'
import { URGENT_UNTIL } from '../core/admission/item/counters.ts'
import { type Waiting, waitForItem, waitForOthers, waitForTable } from '../core/admission/item/waiting.ts'
import { type ObserveSettings, observe } from '../core/admission/steps/observe.ts'
import { optimistic, planReservation, type ReservationSettings } from '../core/admission/steps/plan-reservation.ts'
import { errorName } from '../core/error-name.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Clock, Log, Provider } from '../core/ports.ts'
import type { Priority } from '../core/task/task.ts'
import type { KnownAdmission } from '../worker/known-admission.ts'
import { logChanges } from '../worker/log-changes.ts'

/** How many tasks of a batch may be paid for now, the most urgent first, by whom, and why not more. */
export interface Reservation {
  granted: number
  provider: Provider | null
  /** Why the rest waits. */
  waiting: Waiting
  /** When to ask about the tasks, by the solve times that were observed. */
  polls: Pick<Control, 'waits' | 'callbacks'>
  /** The hour and day that the charges are reserved in, where a limit is set. */
  spend: Control['spend']
  /** What the reservation changed in the fleet: that a probe has begun. */
  events: OutcomeEvent[]
}

export interface Admitter {
  /** `wanted`: effective priorities, the most urgent first. `id`: of the invocation. Never throws. */
  reserve(wanted: readonly Priority[], id: string): Promise<Reservation>
  /** Keeps the next place that is given back for a critical task that found no room. Best effort. */
  keepPlace(): Promise<void>
  /** The control as this environment last saw it, read where it never did. Null: it cannot be had. */
  control(): Promise<Control | null>
}

/** Other batches reserve at the same time. After so many lost races the batch waits. */
const TRIES = 5
const LONGEST_PAUSE_MS = 30
/** A refusal that was planned from an older item is checked against the item as it is. */
const KNOWN_MS = 1000
/**
 * A place is kept for so long, and again where less than the second time is left of that: whenever the task comes back
 * in vain. Otherwise the place would be free for all just before the task comes back once more.
 */
const KEPT_MS = 6000
const KEEP_AGAIN_MS = 5000
const ANY_AGE = Number.POSITIVE_INFINITY

/**
 * Reserves room for a batch in the admission item. The first try is made from what this environment last saw, as if
 * nothing were in flight: the write's own condition is the truth, and where it does not hold, the answer brings the
 * item to plan from. So a batch costs one write while there is room. Nothing is granted without an answer: what the
 * write may have reserved stays reserved until a sweep repairs the count.
 */
export function makeAdmitter(ports: {
  known: KnownAdmission
  providers: Provider[]
  clock: Clock
  fraction: () => number
  log: Log
  settings: ReservationSettings & ObserveSettings
}): Admitter {
  const { known, clock, log, settings } = ports

  async function tryReserve(wanted: readonly Priority[], id: string): Promise<Reservation> {
    const remembered = known.last(ANY_AGE)
    let isExact = remembered?.kind !== 'admission'
    let reading = remembered?.kind === 'admission' ? remembered : await known.read()
    for (let n = 0; n < TRIES; n += 1) {
      if (reading.kind !== 'admission') return nothing(waitForItem(reading.kind))
      const now = clock.now()
      const admission = basis(reading.admission, isExact)
      const control = observe(admission, { by: '', observations: known.unreported }, now, settings)
      const plan = planReservation({ admission: { ...admission, control }, wanted, now, id }, settings)
      if (plan.kind === 'wait') {
        if (isExact || known.last(KNOWN_MS) !== null) return nothing(plan.waiting)
        reading = await known.read()
        isExact = true
        continue
      }
      const answer = await known.write(plan.change)
      if (answer.applied) {
        const events = logChanges(log, reading, plan.change, now)
        const provider = ports.providers.find(({ name }) => name === plan.provider) ?? null
        const polls = answer.reading.kind === 'admission' ? answer.reading.admission.control : control
        return { granted: plan.granted, provider, waiting: plan.waiting, spend: polls.spend, polls, events }
      }
      reading = answer.reading
      isExact = true
      if (n > 0) await clock.sleep(ports.fraction() * LONGEST_PAUSE_MS)
    }
    return nothing(waitForOthers(settings.maxInFlight))
  }

  async function control(): Promise<Control | null> {
    try {
      const reading = known.last(ANY_AGE) ?? (await known.read())
      return reading.kind === 'admission' ? reading.admission.control : null
    } catch {
      return null
    }
  }

  async function keepPlace(): Promise<void> {
    const reading = known.last(KNOWN_MS)
    const now = clock.now()
    if (reading?.kind !== 'admission' || (reading.admission.counts[URGENT_UNTIL] ?? 0) > now + KEEP_AGAIN_MS) return
    const most = { [URGENT_UNTIL]: now + KEEP_AGAIN_MS }
    try {
      await known.write({ epoch: reading.admission.epoch, most, set: { [URGENT_UNTIL]: now + KEPT_MS } })
    } catch (error) {
      log('warn', 'no place kept for a critical task', { error: errorName(error) })
    }
  }

  return {
    control,
    keepPlace,
    async reserve(wanted, id) {
      if (wanted.length === 0) return nothing(waitForOthers(settings.maxInFlight))
      try {
        return await tryReserve(wanted, id)
      } catch (error) {
        log('error', 'admission not possible', { error: errorName(error) })
        return nothing(waitForTable)
      }
    },
  }
}

const basis = (admission: Admission, isExact: boolean) => (isExact ? admission : optimistic(admission))
const nothing = (waiting: Waiting): Reservation => ({
  granted: 0,
  provider: null,
  waiting,
  spend: null,
  polls: { waits: {}, callbacks: false },
  events: [],
})
