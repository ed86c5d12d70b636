import type { ProviderName } from '../../../functions/contract/providers.ts'
import type { ErrorClass, ProviderFailure } from '../../../functions/core/provider/error-class.ts'
import type { Random } from '../../support/random.ts'
import type { Environment } from '../fleet/environment.ts'
import type { Charge } from '../model/charge.ts'
import type { FaultInjector } from '../model/fault-injector.ts'
import type { SeedScenario } from '../model/seed-scenario.ts'
import { isOut } from '../model/trouble.ts'
import type { Trace, VirtualTime } from '../model/virtual-time.ts'
import type { Oracle } from '../oracle/oracle.ts'

export interface ProviderParts {
  scenario: SeedScenario
  virtualTime: VirtualTime
  faults: FaultInjector
  oracle: Oracle
  random: Random
  trace: Trace | null
}

/** What the answers of the simulated provider are drawn from. */
export interface ProviderWorld extends ProviderParts {
  readonly ledger: Charge[]
  readonly byId: Map<string, Charge>
  /** Enters an accepted submit into the ledger. */
  keep(charge: Charge, environment: Environment): void
  /** Calls a path back about a captcha, at this time. */
  callAt(when: number, path: string, captchaId: string): void
  /** Whether this provider as a whole fails this call. */
  isDown(provider: ProviderName): boolean
  /** Whether all threads of this provider's plan are busy. */
  isFull(provider: ProviderName): boolean
  /** Who receives the provider's callbacks. */
  onCall: (path: string, captchaId: string) => void
}

export function makeProviderWorld(parts: ProviderParts): ProviderWorld {
  const { scenario, virtualTime, faults, oracle, random, trace } = parts
  const begun = virtualTime.now()
  const [first] = scenario.providers
  const outageAt = virtualTime.now() + random.next() * scenario.span * 1000
  const outageEnds = outageAt + random.between(30, 240) * 1000
  const world: ProviderWorld = {
    ...parts,
    ledger: [],
    byId: new Map(),
    keep(charge, environment) {
      const { captchaId, task, fate } = charge
      world.ledger.push(charge)
      world.byId.set(captchaId, charge)
      trace?.('provider', `${task.taskId} charged as ${captchaId}, will be ${fate}`)
      oracle.record({ kind: 'charged', environment, charge })
    },
    callAt(when, path, captchaId) {
      virtualTime.at(when, () => {
        trace?.('provider', `calls ${path} about ${captchaId}`)
        world.onCall(path, captchaId)
      })
    },
    isDown: (provider) =>
      (provider === first && !faults.stopped && isOut(scenario.trouble, (virtualTime.now() - begun) / 1000)) ||
      (scenario.faults.outage !== undefined &&
        !faults.stopped &&
        virtualTime.now() >= outageAt &&
        virtualTime.now() < outageEnds &&
        faults.strikes('outage')),
    isFull: (provider) =>
      scenario.trouble?.kind === 'threads' &&
      provider === first &&
      world.ledger.filter((charge) => charge.provider === first && charge.readyAt > virtualTime.now()).length >=
        scenario.trouble.threads,
    onCall: () => {},
  }
  return world
}

export const failure = (kind: ErrorClass, code: string, more: Partial<ProviderFailure> = {}): ProviderFailure => ({
  class: kind,
  code,
  message: `the provider said ${code}`,
  ...more,
})
