import { describe, expect, it } from 'vitest'
import { classify, failureOf, PROFILES } from '../../functions/core/provider/profiles.ts'
import { PROFILE_NAMES } from './provider-at.ts'

/** The table of codes once more, as a person reads it: class → codes. */
const TABLE = {
  pending: ['CAPCHA_NOT_READY', 'CAPTCHA_NOT_READY'],
  capacity: ['ERROR_NO_SLOT_AVAILABLE'],
  rate: ['MAX_USER_TURN', 'ERROR_TOO_MUCH_REQUESTS'],
  transient: ['ERROR_SERVER_ERROR', 'ERROR_INTERNAL_SERVER_ERROR'],
  task: `ERROR_PAGEURL ERROR_GOOGLEKEY ERROR_WRONG_GOOGLEKEY ERROR_SITEKEY ERROR_BAD_TOKEN_OR_PAGEURL
    ERROR_DOMAIN_NOT_ALLOWED ERROR_BAD_PARAMETERS ERROR_CAPTCHA_ID ERROR_TOKEN_EXPIRED ERROR_ZERO_CAPTCHA_FILESIZE
    ERROR_TOO_BIG_CAPTCHA_FILESIZE ERROR_WRONG_FILE_EXTENSION ERROR_IMAGE_TYPE_NOT_SUPPORTED ERROR_UPLOAD
    ERROR_CAPTCHAIMAGE_BLOCKED ERROR_BAD_PROXY ERROR_PROXY_CONNECT_REFUSED ERROR_PROXY_TRANSPARENT
    ERROR_WRONG_ID_FORMAT ERROR_EMPTY_ACTION`.split(/\s+/),
  unsolvable: [
    ...['ERROR_CAPTCHA_UNSOLVABLE', 'ERROR_BAD_DUPLICATES'],
    ...['ERROR_WRONG_CAPTCHA_ID', 'ERROR_NO_SUCH_CAPCHA_ID', 'WRONG_CAPTCHA_ID'],
  ],
  auth: ['ERROR_WRONG_USER_KEY', 'ERROR_KEY_DOES_NOT_EXIST', 'ERROR_IP_NOT_ALLOWED', 'ERROR_ACCOUNT_SUSPENDED'],
  blocked: [
    ...['IP_BANNED', 'ERROR_IP_BANNED', 'ERROR_IP_BLOCKED'],
    ...['ERROR: 1001', 'ERROR: 1002', 'ERROR: 1003', 'ERROR: 1004', 'ERROR: 1005'],
  ],
  ignore: ['REPORT_NOT_RECORDED', 'ERROR_DUPLICATE_REPORT'],
  unknown: ['ERROR_NEVER_SEEN', 'SOMETHING_ELSE', 'ERROR: 1006', 'ERROR_PROXY', 'constructor', '__proto__'],
}

describe.each(PROFILE_NAMES)('profile %s', (name) => {
  const profile = PROFILES[name]

  const rows = Object.entries(TABLE).flatMap(([kind, codes]) => codes.map((code) => ({ code, kind })))
  it.each(rows)('$code is $kind', ({ code, kind }) => {
    expect(classify(profile, code).class).toBe(kind)
    const failure = failureOf(profile, code)
    expect(failure).toMatchObject({ class: kind, code })
    expect(failure.message).toContain(code)
  })

  it('ERROR_ZERO_BALANCE means what it means to this provider', () => {
    expect(classify(profile, 'ERROR_ZERO_BALANCE').class).toBe(name === 'captchaai' ? 'capacity' : 'funds')
  })

  it.each([
    ['MAX_USER_TURN', 10],
    ['IP_BANNED', 300],
    ['ERROR: 1001', 600],
    ['ERROR: 1002', 300],
    ['ERROR: 1003', 30],
    ['ERROR: 1004', 600],
    ['ERROR: 1005', 600],
  ])('%s keeps us away for %d s', (code, seconds) => {
    expect(failureOf(profile, code).retryAfterSeconds).toBe(seconds)
  })

  it.each(TABLE.unsolvable)('%s says whether the id was lost', (code) => {
    expect(failureOf(profile, code).lostId).toBe(code.includes('_ID') || code === 'WRONG_CAPTCHA_ID' ? true : undefined)
  })

  it('nothing is classified by a part of its text', () => {
    for (const code of ['ERROR_ZERO_BALANCE_X', 'X_ERROR_PAGEURL', 'error_pageurl', 'MY_ERROR_PROXY_X', ' IP_BANNED'])
      expect(classify(profile, code).class).toBe('unknown')
  })
})
