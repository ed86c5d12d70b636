import { KEY_MISSING, KEY_UNTESTED, SECRET_UNREADABLE } from '../../contract/providers.ts'
import type { ProviderFailure } from '../../core/provider/error-class.ts'
import { keyMissingSentence, secretUnreadableSentence } from '../../core/provider/error-sentence.ts'

const auth = (code: string, message: string): ProviderFailure => ({ class: 'auth', code, message })

/** Why a provider was not asked: there is no key that may be sent. */
export const unreadableSecret = (provider: string): ProviderFailure =>
  auth(SECRET_UNREADABLE, secretUnreadableSentence(provider))

export const missingKey = (provider: string): ProviderFailure => auth(KEY_MISSING, keyMissingSentence(provider))

export const refusedKey = (code: string): ProviderFailure =>
  auth(code, `The API key was refused (${code}) and is not tried again until it changes or some time has passed.`)

export const untestedKey = (provider: string): ProviderFailure => ({
  class: 'transient',
  code: KEY_UNTESTED,
  message: `Another worker is trying the new API key of ${provider}, so nothing was sent.`,
})
