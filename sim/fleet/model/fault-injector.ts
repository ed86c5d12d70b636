import type { Random } from '../../support/random.ts'
import type { FaultName, SeedScenario } from './seed-scenario.ts'

/** Draws the faults of one seed and counts those that were injected. */
export interface FaultInjector {
  /** Whether this fault strikes at this opportunity. */
  strikes(fault: FaultName): boolean
  /** Whether the worker dies at this await; aimed where the scenario says. */
  crashes(at: string): boolean
  /** Whether the table refuses this call; nearly always where the scenario aims at it. */
  refuses(at: string): boolean
  /** From now on nothing goes wrong. */
  stop(): void
  readonly stopped: boolean
  /** How often each fault struck, and each await was crashed at. */
  readonly injected: Map<string, number>
  readonly random: Random
}

/** How likely a call is refused that the scenario aims at: often enough that all of its retries are, now and then. */
const AIMED = 0.9

export function makeFaultInjector(scenario: SeedScenario, random: Random): FaultInjector {
  const injected = new Map<string, number>()
  let stopped = false
  const count = (name: string) => injected.set(name, (injected.get(name) ?? 0) + 1)
  const strikes = (fault: FaultName): boolean => {
    const probability = stopped ? 0 : (scenario.faults[fault] ?? 0)
    if (probability === 0 || !random.chance(probability)) return false
    count(fault)
    return true
  }
  return {
    strikes,
    crashes(at) {
      if (scenario.crashAt !== null && !at.startsWith(scenario.crashAt)) return false
      if (!strikes('crash')) return false
      count(`crash at ${at}`)
      return true
    },
    refuses(at) {
      if (stopped || at !== scenario.refusedAt || !random.chance(AIMED)) return strikes('refused')
      count('refused')
      return true
    },
    stop() {
      stopped = true
    },
    get stopped() {
      return stopped
    },
    injected,
    random,
  }
}
