import { fingerprintOf } from '../../../functions/adapters/provider/key-states.ts'
import { type Keys, makeKeys } from '../../../functions/adapters/provider/keys.ts'
import { judgeKey } from '../../../functions/adapters/provider/provider.ts'
import { SETTINGS } from '../../../functions/contract/settings.ts'
import { sweepRetrySeconds } from '../../../functions/core/admission/route/key-rules.ts'
import type { AdmissionStore, Clock, Ids, Provider } from '../../../functions/core/ports.ts'
import type { ProviderFailure } from '../../../functions/core/provider/error-class.ts'
import { type KnownAdmission, makeKnownAdmission } from '../../../functions/worker/known-admission.ts'
import { makeSharedKeys } from '../../../functions/worker/shared-keys.ts'
import type { Environment } from '../fleet/environment.ts'
import { secretAt } from '../model/keys.ts'
import { START, type World } from '../world.ts'
import type { SentKey } from './simulated-provider.ts'

const LEASE_SECONDS = 60
/** Of a call, for the probe of a new key. */
const PATIENCE_MS = 2000
/** A call that has waited so long for its key is not made any more. */
const LONGEST_WAIT_MS = 8000
const SWEEP = /^sweep/
const log = () => {}

interface Parts {
  environment: Environment
  admission: AdmissionStore
  clock: Clock
  ids: Ids
}

/** The providers with the fleet's own handling of API keys, as its adapter has it. */
export function keyedProviders(world: World, parts: Parts): { providers: Provider[]; known: KnownAdmission } {
  const { environment, admission, clock, ids } = parts
  const { providers: order, trouble } = world.scenario
  const known = makeKnownAdmission({ admission, clock })
  const keyRetrySeconds = SETTINGS.keyRetrySeconds.default
  const shared = makeSharedKeys({
    ...{ known, clock, log, ids, by: environment.name },
    retrySeconds: SWEEP.test(environment.name) ? sweepRetrySeconds(keyRetrySeconds) : null,
    settings: { order, leaseSeconds: LEASE_SECONDS, dwellSeconds: SETTINGS.dwellSeconds.default },
  })
  const read = async () => secretAt(trouble, (world.virtualTime.now() - START) / 1000)
  const keys = makeKeys({ secret: { read }, clock, log, shared, keyRetrySeconds })
  const providers = world.provider
    .providersOf(environment)
    .map((provider) => keyed(provider, keys, clock, (sent) => world.provider.providersOf(environment, sent)))
  return { providers, known }
}

type WithKey = (sent: SentKey) => Provider[]

function keyed(plain: Provider, keys: Keys, clock: Clock, withKey: WithKey): Provider {
  const { name: provider } = plain
  const calls = { provider, patienceMs: () => PATIENCE_MS, judge: judgeKey }
  const use = <A extends Parameters<typeof judgeKey>[0]>(
    ask: (one: Provider) => Promise<A>,
    refuse: (failure: ProviderFailure) => A,
  ): Promise<A> => {
    const begunAt = clock.now()
    const hasTime = () => clock.now() - begunAt < LONGEST_WAIT_MS
    const attempt = (key: string) => {
      const sent = { key: fingerprintOf(key), begunAt }
      return ask(withKey(sent).find(({ name }) => name === provider) ?? plain)
    }
    return keys.use<A>({ ...calls, hasTime, attempt, refuse })
  }
  return {
    ...plain,
    submit: (task, pingbackUrl) =>
      use(
        (one) => one.submit(task, pingbackUrl),
        (failure) => ({ kind: 'refused', failure }),
      ),
    result: (captchaId) =>
      use(
        (one) => one.result(captchaId),
        (failure) => ({ kind: 'failed', failure }),
      ),
    balance: () =>
      use(
        (one) => one.balance(),
        (failure) => ({ kind: 'failed', failure, ms: 0 }),
      ),
    threads: () =>
      use(
        (one) => one.threads(),
        (failure) => ({ kind: 'failed', failure }),
      ),
  }
}
