import { type ProviderName, providersOf } from '../../../functions/contract/providers.ts'
import type { Random } from '../../support/random.ts'
import type { FaultName, SeedScenario } from './seed-scenario.ts'

import type { Trouble } from './trouble.ts'

/** Of the seeds that are not calm, so many are in trouble. */
const SHARE = 0.45
const KINDS = ['pause', 'outage', 'flaky', 'threads', 'key'] as const

/** With a backup a flaky provider, with or without it the others. */
const BACKUP_CHANCE: Record<Trouble['kind'], number> = { pause: 0.2, outage: 0.5, flaky: 1, threads: 0.8, key: 0.5 }

/** What a trouble does not go together with, where it must be known exactly what the fleet may do. */
const LEFT_OUT: Partial<Record<Trouble['kind'], readonly FaultName[]>> = {
  threads: [
    ...(['transient', 'taskFault', 'unknownCode', 'keyRefused', 'noFunds', 'blocked', 'answerLost'] as const),
    ...(['requestLost', 'gatewayTimeout', 'gatewayError', 'wrongBody', 'unsolvable', 'lostId', 'neverSolved'] as const),
    ...(['outage', 'slowAnswer', 'queueDown'] as const),
  ],
  key: ['keyRefused', 'crash', 'stall', 'refused', 'halfway', 'sweepTwice'],
}

/** Draws from a generator of its own, so that a seed's faults and traffic stay the same. */
export function withTrouble(scenario: SeedScenario, random: Random): SeedScenario {
  if (scenario.calm || !random.chance(SHARE)) return scenario
  const trouble = troubleOf(random.pick(KINDS), scenario.span, random)
  const faults = { ...scenario.faults }
  for (const fault of LEFT_OUT[trouble.kind] ?? []) delete faults[fault]
  const providers: readonly ProviderName[] = providersOf('captchaai', random.chance(BACKUP_CHANCE[trouble.kind]))
  return { ...scenario, faults, providers, trouble }
}

function troubleOf(kind: Trouble['kind'], span: number, random: Random): Trouble {
  const from = Math.round(random.next() * 0.6 * span)
  // In a longer one the few receives that poll messages have here would run out.
  const until = from + random.pick([100, 200, 300])
  switch (kind) {
    case 'pause':
    case 'outage':
      return { kind, from, until }
    case 'flaky':
      return { kind, everySeconds: random.pick([20, 60, 200]) }
    case 'threads':
      return { kind, threads: random.pick([1, 2, 5]), told: random.chance(0.5) }
    case 'key':
      // Workers read the secret when they start, and seldom after that.
      return random.chance(0.6)
        ? { kind, from: 0, until: until - from, isNew: true }
        : { kind, from, until, isNew: false }
  }
}
