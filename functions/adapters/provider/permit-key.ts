import type { Clock, Log, SharedKeys } from '../../core/ports.ts'
import type { ProviderFailure } from '../../core/provider/error-class.ts'
import { noLongerThan } from '../secrets/secret-cache.ts'
import { untestedKey } from './key-failures.ts'
import {
  fingerprintOf,
  type KeyPermit,
  type KeyState,
  type KeyStates,
  permitOf,
  type Refused,
  startProbe,
  type Untried,
} from './key-states.ts'

/** While another environment probes a key, the admission item is read for its result this often. */
const SHARED_READ_MS = 250

/** `patienceMs`: the most milliseconds to wait, from now on, for the probe of an untried key. */
type Ask<S> = { provider: string; state: S; patienceMs: () => number }

/** Whether a request may be sent with the key that is in this state. */
type PermitKey = (ask: Ask<KeyState>) => Promise<KeyPermit | ProviderFailure>

interface PermitPorts {
  states: KeyStates
  shared: SharedKeys
  clock: Clock
  log: Log
  keyRetrySeconds: number
}

export function makePermitKey({ states, shared, clock, log, keyRetrySeconds }: PermitPorts): PermitKey {
  const isRetryDue = ({ at }: Refused) => clock.now() - at >= keyRetrySeconds * 1000

  /** Another worker may have received a refusal of this very key. */
  async function permitGood(provider: string, key: string): Promise<KeyPermit | ProviderFailure> {
    const code = await shared.refusalOf(provider, fingerprintOf(key))
    return code === null ? permitOf(key) : states.markRefused(provider, key, code)
  }

  /** Another worker may have found the key good again, or this one may try it once. */
  async function permitRefused({ provider, state }: Ask<Refused>): Promise<KeyPermit | ProviderFailure> {
    const { key, failure } = state
    const use = await shared.useOf(provider, fingerprintOf(key))
    if (use.kind === 'refused' || use.kind === 'wait') return failure
    if (use.kind === 'unknown' && !isRetryDue(state)) return failure
    if (use.kind === 'send') {
      states.markGood(provider, key)
      return permitOf(key)
    }
    log('info', 'key is tried again', { provider })
    return startProbe(states.markUntried(provider, key))
  }

  /** One call of this environment asks for the fleet's lease, and waits while another environment has it. */
  async function probe(ask: Ask<Untried>): Promise<KeyPermit | ProviderFailure> {
    const permit = startProbe(ask.state)
    const permitted = await permitUntried(ask.provider, permit, ask.patienceMs)
    if ('class' in permitted) permit.end()
    return permitted
  }

  async function permitUntried(
    provider: string,
    permit: KeyPermit,
    patienceMs: () => number,
  ): Promise<KeyPermit | ProviderFailure> {
    const { key } = permit
    const until = clock.now() + patienceMs()
    for (;;) {
      const use = await shared.useOf(provider, fingerprintOf(key))
      switch (use.kind) {
        case 'send':
          // Nobody needs the result of this call any more to use the key.
          permit.end()
          states.markGood(provider, key)
          return permitOf(key)
        case 'refused':
          return states.markRefused(provider, key, use.code)
        case 'probe':
        case 'unknown':
          return permit
        case 'wait':
          if (clock.now() + SHARED_READ_MS > until) return untestedKey(provider)
          await clock.sleep(SHARED_READ_MS)
      }
    }
  }

  /**
   * The other calls of this environment wait for its probe. Without an answer in time they need a lease of their own.
   */
  async function followProbe(
    { provider, state, patienceMs }: Ask<Untried>,
    over: Promise<void>,
  ): Promise<KeyPermit | ProviderFailure> {
    await noLongerThan(patienceMs(), over)
    const now = states.get(provider) ?? state
    if (now.kind === 'refused') return now.failure
    if (now.kind === 'good') return permitGood(provider, now.key)
    return permitUntried(provider, permitOf(now.key), () => 0)
  }

  return async ({ state, ...ask }) => {
    switch (state.kind) {
      case 'good':
        return permitGood(ask.provider, state.key)
      case 'refused':
        return permitRefused({ ...ask, state })
      case 'untried':
        return state.probe === null ? probe({ ...ask, state }) : followProbe({ ...ask, state }, state.probe)
    }
  }
}
