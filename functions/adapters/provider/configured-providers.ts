import type { ProviderName } from '../../contract/providers.ts'
import type { Clock, Log, Provider, SharedKeys } from '../../core/ports.ts'
import { makeSecretReader } from '../secrets/secret-reader.ts'
import { makeKeys } from './keys.ts'
import { makeProviders } from './providers.ts'

/** The providers that one function's environment describes, with the API keys of the stack's secret. */
export function makeConfiguredProviders(options: {
  env: ProviderEnv
  clock: Clock
  log: Log
  shared: SharedKeys
}): Provider[] {
  const { env, clock, log, shared } = options
  const secret = makeSecretReader(env.apiKeySecretArn)
  const keys = makeKeys({ secret, clock, log, shared, keyRetrySeconds: env.keyRetrySeconds })
  const { provider: profile, providerUrl, backupProviderUrl, providerTimeoutSeconds: timeoutSeconds } = env
  return makeProviders({ profile, providerUrl, backupProviderUrl, keys, timeoutSeconds, clock, log })
}

/** The settings that say which providers are called, and how. */
export interface ProviderSettings {
  provider: ProviderName
  providerTimeoutSeconds: number
  keyRetrySeconds: number
}

interface ProviderEnv extends ProviderSettings {
  apiKeySecretArn: string
  providerUrl?: string | undefined
  backupProviderUrl?: string | undefined
}
