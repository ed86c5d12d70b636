import { KEY_MISSING, SECRET_UNREADABLE } from '../../contract/providers.ts'
import { failureOf, type Profile } from './profiles.ts'
import { isTransportCode, unansweredBecause } from './transport-codes.ts'

/** What the stored error code of a provider's call means, in one sentence for a person. */
export function errorSentence(profile: Profile, code: string): string {
  const { name } = profile
  const http = /^HTTP_(\d{3})$/.exec(code)?.[1]
  if (http !== undefined) return `${name} answered with HTTP ${http}.`
  if (isTransportCode(code)) return unansweredBecause(name, code)
  if (code === SECRET_UNREADABLE) return secretUnreadableSentence(name)
  if (code === KEY_MISSING) return keyMissingSentence(name)
  return failureOf(profile, code).message
}

export const secretUnreadableSentence = (provider: string): string =>
  `The secret with the API keys cannot be read, so ${provider} was not asked.`

export const keyMissingSentence = (provider: string): string => `The secret holds no API key for ${provider}.`
