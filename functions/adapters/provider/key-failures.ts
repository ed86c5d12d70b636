import { KEY_MISSING, KEY_UNTESTED, SECRET_UNREADABLE } from '../../contract/providers.ts'
import type { ProviderFailure } from '../../core/provider/error-class.ts'

const auth = (code: string, message: string): ProviderFailure => ({ class: 'auth', code, message })

/** Why a provider was not asked: there is no key that may be sent. */
export const unreadableSecret = (provider: string): ProviderFailure =>
  auth(SECRET_UNREADABLE, `The secret with the API keys cannot be read, so ${provider} was not asked.`)

export const missingKey = (provider: string): ProviderFailure =>
  auth(KEY_MISSING, `The secret holds no API key for ${provider}.`)

export const refusedKey = (code: string): ProviderFailure =>
  auth(code, `The API key was refused (${code}) and is not tried again until it changes or some time has passed.`)

export const untestedKey = (provider: string): ProviderFailure => ({
  class: 'transient',
  code: KEY_UNTESTED,
  message: `Another worker is trying the new API key of ${provider}, so nothing was sent.`,
})
