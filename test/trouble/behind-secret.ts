import { type KeyedCall, makeKeys } from '../../functions/adapters/provider/keys.ts'
import { UNSHARED_KEYS } from '../../functions/adapters/provider/unshared-keys.ts'
import { SETTINGS } from '../../functions/contract/settings.ts'
import type { Clock, Log, Provider } from '../../functions/core/ports.ts'

/** Providers with their keys in one secret that cannot always be read. Without a key nothing is sent. */
export function behindSecret(
  providers: readonly Provider[],
  isUnreadable: () => boolean,
  { clock, log }: { clock: Clock; log: Log },
): Provider[] {
  const read = async () => {
    if (isUnreadable()) throw new Error('AccessDenied')
    return Object.fromEntries(providers.map(({ name }) => [name, `the key of ${name}`]))
  }
  const keyRetrySeconds = SETTINGS.keyRetrySeconds.default
  const keys = makeKeys({ secret: { read }, clock, log, shared: UNSHARED_KEYS, keyRetrySeconds })

  return providers.map((provider) => {
    const asked = <A>(attempt: () => Promise<A>, refuse: KeyedCall<A>['refuse']): Promise<A> =>
      keys.use<A>({
        ...{ provider: provider.name, patienceMs: () => 1000, hasTime: () => true },
        ...{ attempt, judge: () => ({ kind: 'good' }), refuse },
      })
    return {
      ...provider,
      submit: (...given) =>
        asked(
          () => provider.submit(...given),
          (failure) => ({ kind: 'refused', failure }),
        ),
      result: (...given) =>
        asked(
          () => provider.result(...given),
          (failure) => ({ kind: 'failed', failure }),
        ),
      balance: () => asked(provider.balance, (failure) => ({ kind: 'failed', failure, ms: 0 })),
    }
  })
}
