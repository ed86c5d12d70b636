import { describe, expect, it } from 'vitest'
import { isBase64, isPageUrl, isProxy } from '../../functions/messages/field-rules.ts'
import { parseTask } from '../../functions/messages/parse-task.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'

const problemsOf = (body: object): string[] => {
  const parsed = parseTask(JSON.stringify(body), 'fallback')
  return parsed.kind === 'invalid' ? parsed.problems : []
}

describe('what a provider may accept passes', () => {
  it.each([
    'login:password@203.0.113.7:3128',
    '203.0.113.7:3128',
    'proxy.example.test:1',
    'user@proxy.example.test:65535',
    'user-zone-eu-session-1:p@ss:w/rd#?!%20@proxy_1.example.test:22225',
    'пользователь:пароль@прокси.рф:8080',
    'u:p@[2001:db8::1]:3128',
    '[2001:db8::1]:3128',
    'u:p@2001:db8::1:3128',
    'localproxy:8080',
    'user:a://b@203.0.113.7:3128',
  ])('proxy %s', (text) => expect(isProxy(text)).toBe(true))

  it.each([
    'http://example.com',
    'https://shop.example:8443/login?next=%2F#form',
    'HTTPS://SHOP.EXAMPLE/',
    'https://müller.example/straße',
    'https://пример.рф/',
    'http://192.0.2.1/',
    'http://[2001:db8::1]:8080/a b',
    'https://user:pw@host_name.example/',
    '  https://shop.example/',
  ])('page %s', (text) => expect(isPageUrl(text)).toBe(true))

  it.each([
    'aGk=',
    'aGk',
    'aA==',
    'iVBORw0KGgo=',
    'iVBO\nRw0K\r\nGgo=\n',
    'data:image/png;base64,iVBORw0KGgo=',
    'data:image/jpeg;charset=utf-8;base64,/9j+',
    'x'.repeat(200_000),
  ])('image %#', (text) => expect(isBase64(text)).toBe(true))
})

describe('what is paid for in vain is refused', () => {
  it.each([
    ...['nonsense', 'host:', ':8080', 'host:0', 'host:65536', 'host:http', 'u:p@host', '@host:8080', 'u:p@:8080'],
    ...['http://u:p@host:8080', 'socks5://host:1080', 'u:p@ho st:80', 'u:p@host/x:80', 'u:p@999.1.1.1:80', 'a:b:c:d:1'],
    ...['host:8080:u:p', 'u:p@[2001:db8::1:3128', 'host:123456', 'ho\nst:80'],
  ])('proxy %s', (text) => expect(isProxy(text)).toBe(false))

  it.each([
    ...[
      'nonsense',
      'example.com/login',
      '//example.com',
      'ftp://example.com/',
      'javascript:alert(1)',
      'https:example.com',
    ],
    ...['https://', 'https://exa mple.com/', 'https://example.com:99999/', 'about:blank', 'file:///etc/hosts'],
    'view-source:https://example.com/',
  ])('page %s', (text) => expect(isPageUrl(text)).toBe(false))

  it.each([
    ...[
      '@captcha.png',
      'captcha.png',
      'a',
      'aGk===',
      'aG=k',
      '=',
      '   ',
      'iVBORw0KGgo=!',
      'https://a.test/captcha.png',
    ],
    ...[
      'aGkaa',
      'xdata:image/png;base64,aGk=',
      'data:image/png,iVBORw0KGgo',
      'data:image/png;base64,',
      `${' '.repeat(250_000)}!`,
      `${'a'.repeat(250_000)}!`,
    ],
  ])('image %#', (text) => expect(isBase64(text)).toBe(false))
})

it('names the field that is wrong, under its own name, never its value, and takes it again once it is right', () => {
  const image = { method: 'base64', params: { body: '@secret.png' } }
  expect(problemsOf(image)).toEqual(['params.body must be an image in base64'])
  expect(problemsOf({ ...image, method: 'post' })).toEqual(['params.body must be an image in base64'])
  expect(problemsOf({ ...image, params: { body: '' } })).toEqual(['params.body is required for method base64'])
  expect(problemsOf({ ...image, params: { body: 'aGk=' } })).toEqual([])
  expect(problemsOf(recaptcha({ pageurl: 'shop.example/secret' }))).toEqual(['pageurl must be an http or https URL'])
  expect(problemsOf({ sitekey: 'k', params: { pageurl: 'secret' } })).toEqual([
    'params.pageurl must be an http or https URL',
  ])
  expect(problemsOf(recaptcha({ proxy: 'secret' }))).toEqual([
    'proxy must be login:password@host:port or host:port, without a scheme',
  ])
  expect(problemsOf(recaptcha({ params: { proxy: 'secret' } }))).toEqual([
    'params.proxy must be login:password@host:port or host:port, without a scheme',
  ])
  expect(problemsOf({ params: { googlekey: '', pageurl: '' } })).toEqual([
    'sitekey is required for method userrecaptcha',
    'pageurl is required for method userrecaptcha',
  ])
  expect(problemsOf({ params: { googlekey: 'k' } })).toEqual(['pageurl is required for method userrecaptcha'])
  expect(problemsOf({ method: 'brandnew', params: { body: 'no image' } })).toEqual([])
  expect(problemsOf(recaptcha({ params: { null: 'no image!' } }))).toEqual([])
})

it('a task that would be paid for in vain costs nothing: one result that names the field, one dead letter', async () => {
  const fleet = smallFleet()
  const bad = [
    recaptcha({ proxy: 'nonsense' }),
    recaptcha({ pageurl: 'nonsense' }),
    { method: 'base64', params: { body: '@captcha.png' } },
  ]
  const ids = bad.map((body) => fleet.send(body))
  await fleet.drain()
  expect(fleet.provider.ledger).toEqual([])
  expect(fleet.queues.deadLetters.held.size).toBe(bad.length)
  expect(ids.map((id) => fleet.resultsOf(id).map(({ error }) => error?.message))).toEqual([
    ['proxy must be login:password@host:port or host:port, without a scheme'],
    ['pageurl must be an http or https URL'],
    ['params.body must be an image in base64'],
  ])
})
