import type { Admission, AdmissionChange, Control, Counters } from '../core/admission/item/admission.ts'
import { IN_FLIGHT, inFlightAt } from '../core/admission/item/counters.ts'
import { changesOf } from '../core/admission/steps/changes.ts'
import { countersBegun } from '../core/admission/steps/observe.ts'
import type { FleetChange } from '../core/outcome/change.ts'
import type { AdmissionStore, Clock, Log } from '../core/ports.ts'

/** Workers change the control too. After so many lost races the next sweep tries again. */
const MOST_TRIES = 5
const RETRY_MS = 40

/**
 * Writes what the sweep changes in the admission item: in one write, fenced by its epoch, and only where something is
 * different. `surplus`: places that no task has. Answers the item after that, and what this sweep changed in it.
 */
export async function writeControl(
  { admission: store, clock, log }: { admission: AdmissionStore; clock: Clock; log: Log },
  first: Admission,
  wanted: { control: (before: Control) => Control; surplus: number; causeOfMode: string },
): Promise<{ admission: Admission; changes: FleetChange[] }> {
  let found = first
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const { control: before, counts, epoch } = found
    const control = wanted.control(before)
    const add = repaired(counts, before, wanted.surplus)
    if (control === before && Object.keys(add).length === 0) return { admission: found, changes: [] }
    const set = countersBegun(before, control)
    const change: AdmissionChange = control === before ? { epoch, add } : { epoch, add, set, control }
    const { applied, reading } = await store.write(change)
    if (reading.kind !== 'admission') throw new Error(`the admission item is ${reading.kind}`)
    if (applied) return { admission: reading.admission, changes: told(before, control) }
    found = reading.admission
    await clock.sleep(RETRY_MS * tries)
  }
  log('warn', 'the admission item changes too often; the next sweep tries again', { tries: MOST_TRIES })
  return { admission: found, changes: [] }

  function told(before: Control, after: Control): FleetChange[] {
    const { surplus, causeOfMode } = wanted
    const changes = changesOf(before, after, clock.now(), causeOfMode)
    for (const { at: _, ...change } of changes) log('info', 'fleet changed', change)
    if (surplus > 0) log('warn', 'places are given back that no task has', { places: surplus })
    return changes
  }
}

/**
 * Of several providers the one with most tasks has most of what is too many. A counter below zero is certainly wrong,
 * so it becomes zero; such counters come last, when nobody reads any more what is left. The whole is what the providers
 * add up to. All of it by adding: workers change the counters too.
 */
function repaired(counts: Counters, { providers }: Control, surplus: number): Counters {
  const known = Object.keys(providers)
    .map((name) => ({ name: inFlightAt(name), count: counts[inFlightAt(name)] ?? 0 }))
    .sort((a, b) => b.count - a.count)
  const sum = known.reduce((all, { count }) => all + count, 0)
  const add: Record<string, number> = {}
  let left = surplus
  let added = 0
  for (const { name, count } of known) {
    const change = -Math.min(left, count)
    left += change
    if (change !== 0) add[name] = change
    added += change
  }
  const whole = sum + added - (counts[IN_FLIGHT] ?? 0)
  return whole === 0 ? add : { ...add, [IN_FLIGHT]: whole }
}
