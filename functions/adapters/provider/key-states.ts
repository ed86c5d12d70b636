import { createHash } from 'node:crypto'
import type { Clock } from '../../core/ports.ts'
import type { ProviderFailure } from '../../core/provider/error-class.ts'
import { refusedKey } from './key-failures.ts'

/** What this environment knows of the key that a provider's entry in the secret has. */
export type KeyState = { key: string } & (
  | { kind: 'untried'; probe: Promise<void> | null }
  | { kind: 'good' }
  | { kind: 'refused'; at: number; failure: ProviderFailure }
)
export type Untried = Extract<KeyState, { kind: 'untried' }>
export type Refused = Extract<KeyState, { kind: 'refused' }>

/** Permission to send one request with this key. Call `end` when the answer has arrived. */
export type KeyPermit = { key: string; end(): void }

/** The first 8 hexadecimal digits of the key's SHA-256: names a key without telling anything about it. */
export const fingerprintOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 8)

/** The state of each provider's key. */
export interface KeyStates {
  get(provider: string): KeyState | undefined
  markUntried(provider: string, key: string): Untried
  markGood(provider: string, key: string): void
  markRefused(provider: string, key: string, code: string): ProviderFailure
}

export function makeKeyStates(clock: Clock): KeyStates {
  const states = new Map<string, KeyState>()
  const set = <S extends KeyState>(provider: string, state: S): S => {
    states.set(provider, state)
    return state
  }
  return {
    get: (provider) => states.get(provider),
    markUntried: (provider, key) => set<Untried>(provider, { kind: 'untried', key, probe: null }),
    markGood(provider, key) {
      set(provider, { kind: 'good', key })
    },
    markRefused(provider, key, code) {
      const failure = refusedKey(code)
      set(provider, { kind: 'refused', key, at: clock.now(), failure })
      return failure
    },
  }
}

/** Synchronous, so that exactly one of many concurrent calls gets the probe. */
export function startProbe(state: Untried): KeyPermit {
  const over = Promise.withResolvers<void>()
  state.probe = over.promise
  return {
    key: state.key,
    end() {
      state.probe = null
      over.resolve()
    },
  }
}

/** Permission to send a key that needs no probe. */
export const permitOf = (key: string): KeyPermit => ({ key, end() {} })
