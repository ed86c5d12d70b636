export const PROVIDERS = ['captchaai', 'twocaptcha'] as const

export type ProviderName = (typeof PROVIDERS)[number]

export const PROVIDER_URLS: Record<ProviderName, string> = {
  captchaai: 'https://ocr.captchaai.com',
  twocaptcha: 'https://2captcha.com',
}

/** Environment variables that carry a provider's key into the local run. */
export const KEY_VARIABLES: Record<ProviderName, string> = {
  captchaai: 'CAPTCHAAI_API_KEY',
  twocaptcha: 'TWOCAPTCHA_API_KEY',
}

/** The other profile: with a backup, the two providers are always of different profiles. */
const BACKUPS: Record<ProviderName, ProviderName> = { captchaai: 'twocaptcha', twocaptcha: 'captchaai' }

export const backupOf = (first: ProviderName): ProviderName => BACKUPS[first]

/** The providers of a fleet in order of preference: names and profiles at once. */
export const providersOf = (first: ProviderName, hasBackup: boolean): readonly ProviderName[] =>
  hasBackup ? [first, backupOf(first)] : [first]

/**
 * Error code of the fleet itself, where no key could be read and the provider was not asked: it says nothing of the
 * key.
 */
export const SECRET_UNREADABLE = 'SECRET_UNREADABLE'

/** Error code of the fleet itself, where the secret was read and holds no key of that provider. */
export const KEY_MISSING = 'KEY_MISSING'

/**
 * Error code of the fleet itself, while one request alone tries a new key: nothing was sent, and it says nothing of the
 * provider.
 */
export const KEY_UNTESTED = 'KEY_UNTESTED'

/** Error code of the fleet itself: too little time was left to send a request. */
export const NO_TIME = 'NO_TIME'
