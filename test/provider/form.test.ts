import fc from 'fast-check'
import { expect, it } from 'vitest'
import { submitForm } from '../../functions/adapters/provider/submit-form.ts'
import { geetestTask, task } from './provider-at.ts'

const sent = (...arguments_: Parameters<typeof submitForm>) => Object.fromEntries(submitForm(...arguments_))
const KEY = 'k'.repeat(32)

it('the site key goes under the method’s own name', () => {
  expect(sent(task(), KEY)).toMatchObject({ googlekey: 'a-site-key' })
  expect(sent(task({ method: 'turnstile' }), KEY)).toMatchObject({ sitekey: 'a-site-key' })
  expect(sent(task({ method: 'a_new_one' }), KEY)).toMatchObject({ sitekey: 'a-site-key' })
})

it('what the task does not have is not sent', () => {
  expect(Object.keys(sent(geetestTask, KEY)).sort()).toEqual(['challenge', 'gt', 'json', 'key', 'method', 'pageurl'])
})

it('a parameter never takes the place of our key, method, format or address', () => {
  const params = {
    key: 'x',
    json: 0,
    method: 'other',
    pageurl: 'https://other',
    googlekey: 'other',
    pingback: 'https://other',
  }
  expect(sent(task({ params }), KEY, 'https://fleet/pingback/1')).toEqual({
    ...{ key: KEY, json: '1', method: 'userrecaptcha', pageurl: 'https://example.com/page' },
    ...{ googlekey: 'a-site-key', pingback: 'https://fleet/pingback/1' },
  })
})

it('numbers and booleans are spelled as the provider reads them', () => {
  expect(sent(task({ params: { invisible: true, enterprise: false, min_score: 0.3, n: 1e21 } }), KEY)).toMatchObject({
    ...{ invisible: '1', enterprise: '0', min_score: '0.3', n: '1e+21' },
  })
})

it('every text arrives as it was, whatever its characters', () => {
  const text = fc.string({ unit: 'grapheme' })
  const params = fc.dictionary(fc.stringMatching(/^p[a-z_-]{0,8}$/), text)
  fc.assert(
    fc.property(params, text, (params, pageurl) => {
      const read = new URLSearchParams(submitForm(task({ params, pageurl }), KEY).toString())
      expect(Object.fromEntries(read)).toMatchObject({ ...params, pageurl })
    }),
    { numRuns: 1000 },
  )
})

it('a method that nobody knows yet has its site key under that name', () => {
  expect(sent(task({ method: 'brandnew' }), KEY)).toMatchObject({ method: 'brandnew', sitekey: 'a-site-key' })
})
