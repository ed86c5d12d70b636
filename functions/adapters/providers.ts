import { PROVIDER_URLS, PROVIDERS, type ProviderName } from '../contract.ts'
import type { Clock, Log, Provider } from '../core/ports.ts'
import { PROFILES } from '../core/provider-profiles.ts'
import type { Keys } from './keys.ts'
import { makeProvider } from './provider.ts'

export interface ProvidersOptions {
  /** Setting `provider`: name and profile of the first one. */
  profile: string
  /** Base URLs; absent: the profile's own, and no backup. */
  providerUrl?: string | undefined
  backupProviderUrl?: string | undefined
  keys: Keys
  timeoutSeconds: number
  clock: Clock
  log: Log
}

/** The accounts in order of preference. Throws one line where the settings make no sense. */
export function makeProviders({ profile, providerUrl, backupProviderUrl, ...shared }: ProvidersOptions): Provider[] {
  const first = nameOf(profile)
  const make = (name: ProviderName, url: string | undefined) =>
    makeProvider({ ...shared, name, profile: PROFILES[name], baseUrl: checked(url ?? PROVIDER_URLS[name]) })
  if (backupProviderUrl === undefined) return [make(first, providerUrl)]
  if (first === BACKUP) throw new Error(`a backup provider needs provider=captchaai: the backup itself is ${BACKUP}`)
  return [make(first, providerUrl), make(BACKUP, backupProviderUrl)]
}

const BACKUP: ProviderName = 'twocaptcha'

function nameOf(profile: string): ProviderName {
  const name = PROVIDERS.find((known) => known === profile)
  if (name === undefined) throw new Error(`provider must be ${PROVIDERS.join(' or ')}`)
  return name
}

function checked(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new Error('a provider URL must begin with http:// or https://')
  return url
}
