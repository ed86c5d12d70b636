import { expect, it } from 'vitest'
import { errorSentence } from '../../../functions/core/provider/error-sentence.ts'
import { PROFILES } from '../../../functions/core/provider/profiles.ts'
import { isTransportCode, unansweredBecause } from '../../../functions/core/provider/transport-codes.ts'

it.each([
  ['HTTP_502', 'captchaai answered with HTTP 502.'],
  ['HTTP_50', 'captchaai answered HTTP_50: a code that is not known.'],
  ['HTTP_5020', 'captchaai answered HTTP_5020: a code that is not known.'],
  ['MY_HTTP_502', 'captchaai answered MY_HTTP_502: a code that is not known.'],
  ['TIMEOUT', 'captchaai did not answer: no full answer came in time.'],
  ['DNS', 'captchaai did not answer: its name could not be resolved.'],
  ['SECRET_UNREADABLE', 'The secret with the API keys cannot be read, so captchaai was not asked.'],
  ['KEY_MISSING', 'The secret holds no API key for captchaai.'],
  ['ERROR_ZERO_BALANCE', 'captchaai answered ERROR_ZERO_BALANCE: all threads are busy.'],
  ['ERROR_NO_SLOT_AVAILABLE', 'captchaai answered ERROR_NO_SLOT_AVAILABLE: all threads are busy.'],
  [
    'ERROR_KEY_DOES_NOT_EXIST',
    'captchaai answered ERROR_KEY_DOES_NOT_EXIST: the API key is not known, or has no plan.',
  ],
  ['constructor', 'captchaai answered constructor: a code that is not known.'],
])('the stored code %s is told in one sentence: %s', (code, sentence) => {
  expect(errorSentence(PROFILES.captchaai, code)).toBe(sentence)
})

it.each([
  ['ERROR_ZERO_BALANCE', 'the account has no money'],
  ['ERROR_NO_SLOT_AVAILABLE', 'no solver is free'],
  ['ERROR_KEY_DOES_NOT_EXIST', 'the API key is not known'],
])('to another provider %s means that %s', (code, says) => {
  expect(errorSentence(PROFILES.twocaptcha, code)).toBe(`twocaptcha answered ${code}: ${says}.`)
})

it('each way in which a call gets no answer has a sentence of its own', () => {
  const codes = ['DNS', 'REFUSED', 'UNREACHABLE', 'TLS', 'CONNECT_TIMEOUT', 'NO_TIME', 'TIMEOUT', 'RESET', 'CUT']
  const known = [...codes, 'BODY_TOO_LARGE', 'UNREADABLE', 'HTTP_502'].filter(isTransportCode)
  expect(known).toHaveLength(11)
  const sentences = known.map((code) => unansweredBecause('twocaptcha', code))
  expect(new Set(sentences).size).toBe(11)
  for (const sentence of sentences) expect(sentence).toMatch(/^twocaptcha did not answer: [a-z][a-z ]+[a-z]\.$/)
})
