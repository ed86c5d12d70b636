import { describe, expect, it } from 'vitest'
import { intervalOf, METHOD_NAMES, methodOf } from '../../../functions/core/provider/methods.ts'

/** Method, first poll and interval in seconds, token, the provider's name for `sitekey`, needed fields, image. */
const SITE = ['sitekey', 'pageurl']
const TABLE = [
  ['userrecaptcha', 15, 5, true, 'googlekey', SITE, null],
  ['turnstile', 10, 5, true, 'sitekey', SITE, null],
  ['hcaptcha', 15, 5, true, 'sitekey', SITE, null],
  ['cloudflare_challenge', 20, 5, true, 'sitekey', ['pageurl', 'proxy'], null],
  ['bls', 10, 5, false, null, [], null],
  ['geetest', 15, 5, true, null, ['params.gt', 'params.challenge', 'pageurl'], null],
  ['geetest_v4', 15, 5, true, null, ['params.captcha_id', 'pageurl'], null],
  ['base64', 5, 5, false, null, ['params.body'], 'body'],
  ['post', 5, 5, false, null, ['params.body'], 'body'],
] as const

describe('what is known of a method', () => {
  it.each(TABLE)('%s', (name, firstPollSeconds, pollSeconds, token, sitekeyParam, needs, imageParam) => {
    expect(methodOf(name)).toEqual({ firstPollSeconds, pollSeconds, token, sitekeyParam, needs, imageParam })
  })

  it('the table above names every method', () => {
    expect(TABLE.map(([name]) => name)).toEqual(METHOD_NAMES)
  })

  it.each(['made_up', '__proto__', 'constructor', 'toString'])(
    'a method that nobody knows, %s, is a slow one that needs nothing and whose answer is a token',
    (name) => {
      expect(methodOf(name)).toEqual({
        ...{ firstPollSeconds: 15, pollSeconds: 5, token: true, sitekeyParam: 'sitekey', needs: [], imageParam: null },
      })
    },
  )

  it('reCAPTCHA v3 is polled after 10 s; v2, and v3 of another method, are not', () => {
    expect(methodOf('userrecaptcha', { version: 'v3' })).toEqual({ ...methodOf('userrecaptcha'), firstPollSeconds: 10 })
    expect(methodOf('userrecaptcha', { version: 'v2' }).firstPollSeconds).toBe(15)
    expect(methodOf('hcaptcha', { version: 'v3' }).firstPollSeconds).toBe(15)
  })
})

describe('the seconds between two polls', () => {
  it('are the setting where there is one, and else the method’s own', () => {
    expect([intervalOf('turnstile', null), intervalOf('turnstile', 12)]).toEqual([5, 12])
  })
})
