import { fingerprintOf } from '../../../functions/adapters/provider/key-states.ts'
import { type Keys, makeKeys } from '../../../functions/adapters/provider/keys.ts'
import { judgeKey } from '../../../functions/adapters/provider/provider.ts'
import { SETTINGS } from '../../../functions/contract/settings.ts'
import type { AdmissionStore, Clock, Ids, Provider } from '../../../functions/core/ports.ts'
import { type KnownAdmission, makeKnownAdmission } from '../../../functions/worker/known-admission.ts'
import { makeSharedKeys } from '../../../functions/worker/shared-keys.ts'
import type { Environment } from '../fleet/environment.ts'
import { secretAt } from '../model/keys.ts'
import { START, type World } from '../world.ts'

const LEASE_SECONDS = 60
/** Of a call, for the probe of a new key. */
const PATIENCE_MS = 2000
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
    retrySeconds: SWEEP.test(environment.name) ? keyRetrySeconds : null,
    settings: { order, leaseSeconds: LEASE_SECONDS, dwellSeconds: SETTINGS.dwellSeconds.default },
  })
  const read = async () => secretAt(trouble, (world.timeline.now() - START) / 1000)
  const keys = makeKeys({ secret: { read }, clock, log, shared, keyRetrySeconds })
  const providers = world.provider
    .providersOf(environment)
    .map((provider) => keyed(provider, keys, (key) => world.provider.providersOf(environment, key)))
  return { providers, known }
}

function keyed(plain: Provider, keys: Keys, withKey: (fingerprint: string) => Provider[]): Provider {
  const { name: provider } = plain
  const calls = { provider, patienceMs: () => PATIENCE_MS, hasTime: () => true, judge: judgeKey }
  const at = (key: string): Provider => withKey(fingerprintOf(key)).find(({ name }) => name === provider) ?? plain
  return {
    ...plain,
    submit: (task, pingbackUrl) =>
      keys.use({
        ...calls,
        attempt: (key) => at(key).submit(task, pingbackUrl),
        refuse: (failure) => ({ kind: 'refused', failure }),
      }),
    result: (captchaId) =>
      keys.use({
        ...calls,
        attempt: (key) => at(key).result(captchaId),
        refuse: (failure) => ({ kind: 'failed', failure }),
      }),
    balance: () =>
      keys.use({
        ...calls,
        attempt: (key) => at(key).balance(),
        refuse: (failure) => ({ kind: 'failed', failure, ms: 0 }),
      }),
    threads: () =>
      keys.use({
        ...calls,
        attempt: (key) => at(key).threads(),
        refuse: (failure) => ({ kind: 'failed', failure }),
      }),
  }
}
