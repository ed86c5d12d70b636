import { MAPPING_CHANGE_SECONDS } from '../../../aws/documented.ts'
import type { GateHistory } from '../gate-history.ts'
import { invariant } from '../invariant.ts'

/** A change of the mapping is over so long after it was asked for. */
const CHANGED_MS = MAPPING_CHANGE_SECONDS * 1000 + 1000
/** A sweep that began before a pause has ended by then. */
const SWEEP_MS = 50_000
/** Without faults, a provider is found usable by then, also one whose key was refused. */
const OPEN_MS = 1_200_000

/** The gate follows a person and the providers, although it turns slowly. */
export const GATE = [
  invariant('a pause is never undone', ['admitted'], ({ admission }, { gate }) =>
    gate.pausedSince !== null && admission.control.pause === null ? 'the fleet goes on by itself' : null,
  ),
  invariant('nothing is bought while the fleet is paused', ['submitLeft'], ({ environment, task }, log) => {
    const { batch } = log.workOf(environment)
    const { pausedSince } = log.gate
    if (batch === null || pausedSince === null || batch.at <= pausedSince) return null
    return `${environment.name} pays for ${task.taskId}`
  }),
  invariant('a paused fleet takes in no task', ['received'], ({ queue, message }, log) => {
    const isKept = queue === 'tasks' && log.gate.pausedSince !== null && isShutBy(log.now(), log.gate)
    return isKept ? `${message.messageId} is received` : null
  }),
  invariant('no sweep opens the gate of a paused fleet', ['mappingTurned'], ({ state }, log) => {
    const { pausedSince } = log.gate
    const isPaused = pausedSince !== null && log.now() > pausedSince + SWEEP_MS
    return isPaused && state === 'Enabling' ? 'the event source is turned on' : null
  }),
  invariant('the gate opens again by itself', ['judged'], (_, log) => {
    const { calmSince, mapping, pausedSince, resumedAt } = log.gate
    if (calmSince === null || pausedSince !== null || mapping.state !== 'Disabled') return null
    const since = Math.max(calmSince, mapping.since, resumedAt)
    return log.now() > since + OPEN_MS ? `it is shut for ${Math.round((log.now() - since) / 1000)} s` : null
  }),
] as const

/** One sweep may find a change that is under way; the next one after that asks for the right state. */
function isShutBy(now: number, { sweeps }: GateHistory): boolean {
  const [first] = sweeps
  const second = sweeps.find(({ beganAt }) => first !== undefined && beganAt > first.endedAt + CHANGED_MS)
  return second !== undefined && now > second.endedAt + CHANGED_MS
}
