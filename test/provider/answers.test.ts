import { describe, expect, it } from 'vitest'
import { parseBalance, parseResult, parseSubmit, parseThreads } from '../../functions/core/provider/parse-answer.ts'
import { PROFILES } from '../../functions/core/provider/profiles.ts'

const captchaai = PROFILES.captchaai
const submit = (body: string) => parseSubmit(captchaai, body)
const result = (body: string) => parseResult(captchaai, body)
const json = (value: unknown) => JSON.stringify(value)
const ok = (request: unknown) => json({ status: 1, request })

describe('a submit', () => {
  it.each([
    ['a number', '{"status":1,"request":2122988149}', '2122988149'],
    ['text', ok('73c1-9d2f_0001'), '73c1-9d2f_0001'],
    ['twenty digits as text', ok('91234567890123456789'), '91234567890123456789'],
    ['twenty digits as a number', '{"status":1,"request":91234567890123456789}', '91234567890123456789'],
    ['a number beyond 2^53', '{"request":9007199254740993,"status":1}', '9007199254740993'],
    ['the text form', 'OK|2122988149', '2122988149'],
    ['the text form with line ends', ' OK|2122988149\r\n', '2122988149'],
    ['odd spelling', '{"status":"1","request":" ab.C:1/2+3== "}', 'ab.C:1/2+3=='],
  ])('reads an id that is %s (row 28)', (_what, body, captchaId) => {
    expect(submit(body)).toEqual({ kind: 'accepted', captchaId })
  })

  it.each([
    ['a missing id', '{"status":1}'],
    ['an empty id', ok('')],
    ['a blank id', ok('  ')],
    ['null', ok(null)],
    ['an object', ok({ id: 1 })],
    ['a list', ok([1])],
    ['true', ok(true)],
    ['zero', ok(0)],
    ['a negative number', ok(-5)],
    ['a fraction', ok(1.5)],
    ['a code', ok('ERROR_ZERO_BALANCE')],
    ['not ready', ok('CAPCHA_NOT_READY')],
    ['markup', ok('<b>1</b>')],
    ['a sentence', ok('please try again')],
    ['a second bar', 'OK|1|2'],
    ['nothing behind the bar', 'OK|'],
    ['8,000 digits', ok('8'.repeat(8000))],
  ])('with status 1 and %s is never taken as accepted (row 20)', (_what, body) => {
    expect(submit(body)).toMatchObject({ kind: 'lost', failure: { class: 'uncertain', code: 'UNREADABLE' } })
  })

  it.each([
    ['empty', ''],
    ['white space', ' \n'],
    ['HTML', '<html><body>502 Bad Gateway</body></html>'],
    ['a cut object', '{"status":1,"request":"12'],
    ['no status', '{"request":"ERROR_PAGEURL"}'],
    ['an odd status', '{"status":2,"request":"x"}'],
    ['a failure without a code', '{"status":0}'],
    ['a failure with a sentence', '{"status":0,"request":"try again later"}'],
    ['a pending answer', '{"status":0,"request":"CAPCHA_NOT_READY"}'],
    ['a word', 'MAINTENANCE'],
    ['a number', '12.5'],
    ['a list', '[1,2]'],
    ['OK alone', 'OK'],
    ['deep nesting', `{"status":1,"request":${'['.repeat(30000)}${']'.repeat(30000)}}`],
    ['deep nesting, cut', `{"a":${'{"a":'.repeat(12000)}`],
  ])('answered by %s may have been charged (row 20)', (_what, body) => {
    expect(submit(body)).toMatchObject({ kind: 'lost', failure: { class: 'uncertain', code: 'UNREADABLE' } })
  })

  it.each([
    ['JSON', json({ status: 0, request: 'ERROR_PAGEURL', error_text: 'explained' })],
    ['JSON with a status in words', json({ status: false, request: 'ERROR_PAGEURL' })],
    ['text', 'ERROR_PAGEURL'],
    ['text with a line end', 'ERROR_PAGEURL\n'],
  ])('refused in %s is known to be free', (_what, body) => {
    expect(submit(body)).toMatchObject({ kind: 'refused', failure: { class: 'task', code: 'ERROR_PAGEURL' } })
  })

  it('keeps a code that nobody knows', () => {
    expect(submit('ERROR_BRAND_NEW')).toMatchObject({ failure: { class: 'unknown', code: 'ERROR_BRAND_NEW' } })
    expect(submit('{"status":0,"request":"BUSY"}')).toMatchObject({ failure: { class: 'unknown', code: 'BUSY' } })
  })

  it.each(['ERROR: 1003', 'ERROR:1003'])('reads the numbered code %s', (code) => {
    expect(submit(code)).toMatchObject({ failure: { class: 'blocked', code: 'ERROR: 1003', retryAfterSeconds: 30 } })
    expect(submit(json({ status: 0, request: code }))).toMatchObject({ failure: { code: 'ERROR: 1003' } })
  })
})

describe('a result', () => {
  const geetest = { geetest_challenge: 'c', geetest_validate: 'v', geetest_seccode: 'v|jordan' }
  it.each([
    ['a token', ok('03AGdBq2'), '03AGdBq2'],
    ['an object', ok(geetest), geetest],
    [
      'text that holds codes and bars',
      ok('OK|ERROR_ZERO_BALANCE|CAPCHA_NOT_READY'),
      'OK|ERROR_ZERO_BALANCE|CAPCHA_NOT_READY',
    ],
    ['text that begins with ERROR', ok('ERROR is what the picture says'), 'ERROR is what the picture says'],
    ['the text form, split at the first bar only', 'OK|a|b|c', 'a|b|c'],
    ['an object in the text form', `OK|${json(geetest)}`, geetest],
    ['a number', ok(42), '42'],
    ['a number with all its digits', '{"status":1,"request":12345678901234567890}', '12345678901234567890'],
    ['a list', ok([{ x: 1, y: 2 }]), '[{"x":1,"y":2}]'],
    ['text beside other fields', json({ status: 1, request: 'tok', useragent: 'UA' }), 'tok'],
    [
      'numbers no table can store',
      '{"status":1,"request":{"a":1e999,"b":1e-200,"c":1.5}}',
      { a: '1e999', b: '1e-200', c: 1.5 },
    ],
  ])('that is %s is handled (row 28)', (_what, body, solution) => {
    expect(result(body)).toEqual({ kind: 'solved', solution })
  })

  it.each(['CAPCHA_NOT_READY', 'CAPTCHA_NOT_READY'])('that says %s is pending', (code) => {
    expect(result(code)).toEqual({ kind: 'pending' })
    expect(result(json({ status: 0, request: code }))).toEqual({ kind: 'pending' })
  })

  it.each([
    ['empty', ''],
    ['HTML', '<!doctype html>'],
    ['solved by nothing', ok('')],
    ['solved by an empty object', ok({})],
    ['solved by an empty list', ok([])],
    ['solved by null', ok(null)],
    ['solved by a code', ok('CAPCHA_NOT_READY')],
    ['nested too deeply', `{"status":1,"request":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`],
  ])('that is %s is a typed error (row 20)', (_what, body) => {
    expect(result(body)).toMatchObject({ kind: 'failed', failure: { class: 'transient', code: 'UNREADABLE' } })
  })

  it('of a lost id says so', () => {
    expect(result('ERROR_NO_SUCH_CAPCHA_ID')).toMatchObject({ failure: { class: 'unsolvable', lostId: true } })
  })
})

describe('a balance', () => {
  it.each([
    [ok('23.75000'), 23.75],
    [ok(23.75), 23.75],
    ['23.75', 23.75],
    ['OK|0', 0],
    [ok('-0.05'), -0.05],
  ])('%s is %d USD', (body, value) => {
    expect(parseBalance(captchaai, body, 7)).toEqual({ kind: 'balance', value, ms: 7 })
  })
  it.each(['', 'n/a', ok('n/a'), ok('1e9'), ok({}), ok(''), '{"status":1}', '<html>', ok('12,5')])(
    '%s is unreadable',
    (body) => {
      expect(parseBalance(captchaai, body, 7)).toMatchObject({ kind: 'failed', failure: { code: 'UNREADABLE' }, ms: 7 })
    },
  )
  it('keeps the code of a refusal', () => {
    expect(parseBalance(captchaai, 'ERROR_WRONG_USER_KEY', 7)).toMatchObject({ failure: { class: 'auth' } })
  })
})

describe('threads', () => {
  const counts = { threads: 10, working_threads: 4, free_threads: 6 }
  const asText = { threads: '10', working_threads: '4', free_threads: '6' }
  it.each([
    ['at the top', { status: 1, ...counts }],
    ['inside request', { status: 1, request: counts }],
    ['as text', { status: 1, ...asText }],
    ['as text inside request', { status: '1', request: asText }],
    ['without the free ones', { status: 1, threads: 10, working_threads: '4' }],
  ])('are read %s', (_where, body) => {
    expect(parseThreads(captchaai, json(body))).toEqual({ kind: 'threads', total: 10, free: 6 })
  })
  it.each(['', '{"status":1}', ok('OK'), json({ status: 1, threads: -1, free_threads: 1 }), '<html>'])(
    '%s is unreadable',
    (body) => {
      expect(parseThreads(captchaai, body)).toMatchObject({ kind: 'failed', failure: { code: 'UNREADABLE' } })
    },
  )
})
