import { describe, expect, it } from 'vitest'
import {
  holdsCode,
  parseBalance,
  parseResult,
  parseSubmit,
  parseThreads,
} from '../../../functions/core/provider/parse-answer.ts'
import { countsRequests, isKnown, PROFILES } from '../../../functions/core/provider/profiles.ts'

const { captchaai, twocaptcha } = PROFILES
const json = (value: unknown) => JSON.stringify(value)
const ok = (request: unknown) => json({ status: 1, request })
const CUT = 'the body is cut off or not JSON'
const NO_CODE = 'the body has the status of a failure and no code'

describe('what cannot be read is told in one sentence, with the reason and nothing of the body', () => {
  it.each([
    ['submit', '', 'the body is empty'],
    ['submit', ' \n', 'the body is empty'],
    ['submit', '<p>1</p>', 'the body is a page of HTML'],
    ['submit', '{"status":1,"request":"1', CUT],
    ['submit', '{"request":"1"}', 'the body has no status'],
    ['submit', json({ status: 0 }), NO_CODE],
    ['submit', json({ status: 0, request: 7 }), NO_CODE],
    ['submit', json({ status: 0, request: 'try again' }), NO_CODE],
    ['submit', 'try again', 'it is neither JSON nor a code'],
    ['submit', ok(''), 'it accepted without a usable id'],
    ['submit', 'CAPCHA_NOT_READY', 'its code does not answer a submit'],
    ['submit', 'REPORT_NOT_RECORDED', 'its code does not answer a submit'],
    ['result', '', 'the body is empty'],
    ['result', 'try again', 'it is neither JSON nor a code'],
    ['result', ok(null), 'it is solved without a usable answer'],
    ['balance', '', 'the body is empty'],
    ['balance', 'n/a', 'the balance is not a decimal number'],
    ['balance', ok('n/a'), 'the balance is not a decimal number'],
    ['threads', '<html>', 'the body is a page of HTML'],
    ['threads', '5', 'it is neither JSON nor a code'],
    ['threads', ok('OK'), 'it has no thread counts'],
  ] as const)('a %s answered by %o: %s', (operation, body, why) => {
    const message = `captchaai gave an answer that cannot be read: ${why}.`
    const unreadable = { kind: 'failed', failure: { class: 'transient', code: 'UNREADABLE', message } }
    const answers = {
      submit: () => parseSubmit(captchaai, body),
      result: () => parseResult(captchaai, body),
      balance: () => parseBalance(captchaai, body, 7),
      threads: () => parseThreads(captchaai, body),
    }
    expect(answers[operation]()).toEqual(
      {
        submit: { kind: 'lost', failure: { class: 'uncertain', code: 'UNREADABLE', message } },
        result: unreadable,
        balance: { ...unreadable, ms: 7 },
        threads: unreadable,
      }[operation],
    )
  })

  it('a refusal names provider, code and meaning, to whatever request it is the answer', () => {
    const failure = {
      ...{ class: 'auth', code: 'ERROR_WRONG_USER_KEY' },
      message: 'twocaptcha answered ERROR_WRONG_USER_KEY: the API key is malformed.',
    }
    const body = 'ERROR_WRONG_USER_KEY'
    expect(parseSubmit(twocaptcha, body)).toEqual({ kind: 'refused', failure })
    expect(parseResult(twocaptcha, body)).toEqual({ kind: 'failed', failure })
    expect(parseBalance(twocaptcha, body, 7)).toEqual({ kind: 'failed', failure, ms: 7 })
    expect(parseThreads(twocaptcha, body)).toEqual({ kind: 'failed', failure })
  })
})

describe('an id', () => {
  it.each([
    ['1', true],
    ['Z', true],
    ['0001', true],
    ['000', false],
    ['0-_.', false],
    ['-'.repeat(127).concat('a'), true],
    ['-'.repeat(128).concat('a'), false],
    ["a.b:c+d/e=f~g@h$i%j,k;l*m(n)o[p]q!r?s&t#u'v-w_x", true],
    ['a b', false],
    ['a"b', false],
    ['a<b', false],
    ['a|b', false],
    ['a\\b', false],
    ['é', false],
    [' 42\n', true],
    ['ERROR_BRAND_NEW', false],
    ['ERROR', false],
    ['notAnERROR', true],
    ['ERROR_PAGEURL', false],
    ['MAX_USER_TURN', false],
  ])('of the text %o is one: %s', (text, isId) => {
    const answer = parseSubmit(captchaai, ok(text))
    expect(answer).toMatchObject(isId ? { kind: 'accepted', captchaId: text.trim() } : { kind: 'lost' })
  })

  it.each([
    [1, '1'],
    [0, null],
    [-1, null],
    [1.5, null],
    [0.5, null],
    [10, '10'],
  ])('of the number %d is %s', (number, captchaId) => {
    const answer = parseSubmit(captchaai, ok(number))
    expect(answer).toMatchObject(captchaId === null ? { kind: 'lost' } : { kind: 'accepted', captchaId })
  })
})

describe('a solution', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 'x' : { a: nested(levels - 1) })
  const list = (levels: number): unknown => (levels === 0 ? 'x' : [list(levels - 1)])
  it.each([
    ['an object nested 16 deep', nested(16), nested(16)],
    ['an object nested 17 deep', nested(17), null],
    ['a list nested 16 deep', list(16), json(list(16))],
    ['a list nested 17 deep', list(17), null],
    ['nested in its second field only', { a: 1, b: nested(16) }, null],
    ['one with an empty field', { a: null }, { a: null }],
    ['a list of one', [1], '[1]'],
    ['an empty list', [], null],
    ['an empty object', {}, null],
    ['true', true, null],
    ['blank', '  ', null],
    ['a code between spaces', ' CAPCHA_NOT_READY ', null],
    ['text between spaces, which are part of it', ' word ', ' word '],
    ['a number', 0, '0'],
  ])('that is %s is read as it was sent, or not at all', (_, sent, solution) => {
    const answer = parseResult(captchaai, ok(sent))
    expect(answer).toMatchObject(
      solution === null ? { kind: 'failed', failure: { code: 'UNREADABLE' } } : { kind: 'solved', solution },
    )
  })
})

describe('a decimal number', () => {
  it.each([
    ['123456789012', 123456789012],
    ['1234567890123', null],
    ['0.123456789012', 0.123456789012],
    ['0.1234567890123', null],
    ['-5', -5],
    [' 7 ', 7],
    ['+5', null],
    ['5.', null],
    ['.5', null],
    ['x5', null],
    ['5x', null],
    ['--5', null],
    ['1.2.3', null],
  ])('%o is %s', (text, value) => {
    for (const body of [ok(text), text])
      expect(parseBalance(captchaai, body, 7)).toMatchObject(value === null ? { kind: 'failed' } : { value, ms: 7 })
  })
})

it('a number in a list is no balance and no count of threads', () => {
  expect(parseBalance(captchaai, ok([5]), 7)).toMatchObject({ kind: 'failed', failure: { code: 'UNREADABLE' } })
  expect(parseThreads(captchaai, ok({ threads: [10], free_threads: [5] }))).toMatchObject({ kind: 'failed' })
})

describe('the threads of a plan', () => {
  it.each([
    [{ threads: 10, free_threads: 0 }, 10, 0],
    [{ threads: 0, free_threads: 0 }, 0, 0],
    [{ threads: 10, working_threads: 3 }, 10, 7],
    [{ threads: 10, working_threads: 12 }, 10, 0],
    [{ threads: 10, working_threads: 3, free_threads: 5 }, 10, 5],
    [{ threads: 10, working_threads: 3, free_threads: 1.5 }, 10, 7],
    [{ threads: 10, working_threads: 3, free_threads: -1 }, 10, 7],
  ])('%o: %i, of which %i are free', (counts, total, free) => {
    for (const body of [json({ status: 1, ...counts }), ok(counts), json({ status: 1, request: 'OK', ...counts })])
      expect(parseThreads(captchaai, body)).toEqual({ kind: 'threads', total, free })
  })

  it.each([
    [{ free_threads: 5 }],
    [{ working_threads: 5 }],
    [{ threads: 10 }],
    [{ threads: 1.5, free_threads: 1 }],
    [{ threads: 'many', free_threads: 1 }],
  ])('are not known from %o', (counts) => {
    expect(parseThreads(captchaai, ok(counts))).toMatchObject({ kind: 'failed', failure: { code: 'UNREADABLE' } })
  })
})

it.each([
  ['ERROR_PAGEURL', true],
  ['{"status":0,"request":"ERROR_PAGEURL"}', true],
  ['ERROR_PROXY_BROKEN', true],
  ['ERROR_BRAND_NEW', false],
  ['SERVICE_UNAVAILABLE', false],
  ['OK|ERROR_PAGEURL', false],
  ['ERROR_PAGEURL!', false],
])('%o holds a code that we know: %s', (body, isCode) => {
  expect(holdsCode(captchaai, body)).toBe(isCode)
})

describe('a profile', () => {
  it.each([
    ['ERROR_ZERO_BALANCE', true],
    ['ERROR_PAGEURL', true],
    ['ERROR_PROXY_X', true],
    ['AN_ERROR_PROXY_X', false],
    ['ERROR_PROXY', false],
    ['toString', false],
  ])('knows the code %s: %s', (code, known) => {
    expect(isKnown(captchaai, code)).toBe(known)
  })

  it('says whether the provider counts requests against captchas, and of a provider without profile it does not', () => {
    expect(['captchaai', 'twocaptcha', 'third'].map(countsRequests)).toEqual([false, true, false])
  })
})

describe('a code that the tables do not name, or that answers no such request,', () => {
  const failure = (kind: string, code: string, says: string) => ({
    ...{ class: kind, code, message: `captchaai answered ${code}: ${says}.` },
  })
  const unknown = failure('unknown', 'ERROR_NEVER_SEEN', 'a code that is not known')
  it('is told as it came, to a submit and to a poll', () => {
    expect(parseSubmit(captchaai, 'ERROR_NEVER_SEEN')).toEqual({ kind: 'refused', failure: unknown })
    expect(parseResult(captchaai, 'ERROR_NEVER_SEEN')).toEqual({ kind: 'failed', failure: unknown })
  })

  it('is no sign that a task is still being solved', () => {
    const ignored = failure('ignore', 'REPORT_NOT_RECORDED', 'the report was not recorded')
    expect(parseResult(captchaai, 'REPORT_NOT_RECORDED')).toEqual({ kind: 'failed', failure: ignored })
    expect(parseResult(captchaai, 'CAPCHA_NOT_READY')).toEqual({ kind: 'pending' })
  })
})
