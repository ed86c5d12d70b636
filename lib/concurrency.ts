import type { Settings } from '../functions/contract/settings.ts'
import { STAGES, type StageName } from './stages.ts'

export interface Concurrency {
  /** Null: nothing is reserved. */
  reserved: { worker: number | null; health: number | null; pingback: number | null }
  sources: { submit: number; collect: number }
}

/**
 * Event sources never start more invocations than are reserved, because a throttled message uses up a receive. If
 * anything is reserved, the functions that requests from outside call have a bound of their own.
 */
export function concurrencyOf(stageName: StageName, settings: Settings): Concurrency {
  const stage = STAGES[stageName]
  const worker = settings.reservedConcurrency ?? stage.reservedConcurrency
  const { health, pingback } = stage.reservedForRequests
  const within = (most: number) => Math.min(most, worker ?? most)
  return {
    reserved: worker === null ? { worker, health: null, pingback: null } : { worker, health, pingback },
    sources: { submit: within(stage.maxConcurrency.submit), collect: within(stage.maxConcurrency.collect) },
  }
}
