import { PROVIDER_URLS, type ProviderName, providersOf } from '../../contract/providers.ts'
import type { Clock, Log, Provider } from '../../core/ports.ts'
import { PROFILES } from '../../core/provider/profiles.ts'
import type { Keys } from './keys.ts'
import { makeProvider } from './provider.ts'

interface ProvidersOptions {
  /** The setting `provider`: name and profile of the first provider. */
  profile: ProviderName
  /** Base URLs. Without `providerUrl` the profile's own URL is used; without `backupProviderUrl` there is no backup. */
  providerUrl?: string | undefined
  backupProviderUrl?: string | undefined
  keys: Keys
  timeoutSeconds: number
  clock: Clock
  log: Log
}

/** The providers in order of preference. Throws an error of one line if the settings contradict each other. */
export function makeProviders({ profile, providerUrl, backupProviderUrl, ...shared }: ProvidersOptions): Provider[] {
  const urls = [providerUrl, backupProviderUrl]
  return providersOf(profile, backupProviderUrl !== undefined).map((name, index) =>
    makeProvider({ ...shared, name, profile: PROFILES[name], baseUrl: checked(urls[index] ?? PROVIDER_URLS[name]) }),
  )
}

function checked(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new Error('a provider URL must begin with http:// or https://')
  return url
}
