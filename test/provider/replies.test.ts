import { describe, expect, it } from 'vitest'
import { judgeKey } from '../../functions/adapters/provider/provider.ts'
import { classifyReply, submitFailed } from '../../functions/adapters/provider/replies.ts'
import { PROFILES } from '../../functions/core/provider/profiles.ts'
import { NOON } from '../../sim/memory/clock.ts'

const outcomeOf = (status: number, retryAfter?: string, body = '') =>
  classifyReply(PROFILES.captchaai, { kind: 'answered', status, retryAfter, body, bodyError: null }, NOON + 500)

describe('an HTTP reply', () => {
  it.each([
    ['17', 17],
    [' 17\t', 17],
    ['Sat, 21 Nov 2026 12:00:17 GMT', 17],
    ['Sat, 21 Nov 2026 11:59:00 GMT', 1],
    ['Sat, 21 Nov 2026 13:00:00 GMT', 300],
    ['301', 300],
    ['soon', undefined],
    [undefined, undefined],
  ])('that asks with %j for a wait is heeded for %s s', (header, seconds) => {
    const message = 'captchaai answered with HTTP 503.'
    const failure = { class: 'transient', code: 'HTTP_503', message, retryAfterSeconds: seconds }
    expect(outcomeOf(503, header)).toEqual({ kind: 'failed', failure, charge: 'unlikely' })
  })

  it.each([199, 300, 399])(
    'with the status %i is no answer, whatever it holds, and may have been charged',
    (status) => {
      const message = `captchaai answered with HTTP ${status}, which is not an answer.`
      const failure = { class: 'transient', code: `HTTP_${status}`, message }
      expect(outcomeOf(status, '9', 'OK|1')).toEqual({ kind: 'failed', failure, charge: 'possible' })
    },
  )

  it('whose body was cut off is judged by its status where that is 400 or above, and may have been charged otherwise', () => {
    const cut = (status: number) => {
      const reply = { kind: 'answered', status, retryAfter: undefined, body: null, bodyError: 'CUT' } as const
      return classifyReply(PROFILES.captchaai, reply, NOON)
    }
    expect(cut(503)).toMatchObject({ kind: 'failed', failure: { code: 'HTTP_503' }, charge: 'unlikely' })
    expect(cut(200)).toMatchObject({ kind: 'failed', failure: { code: 'CUT' }, charge: 'possible' })
  })

  it('with the status 429 is the limit of the rate and free, whatever code it holds', () => {
    const failure = { class: 'rate', code: 'HTTP_429', retryAfterSeconds: 5 }
    expect(outcomeOf(429, undefined, 'ERROR_ZERO_BALANCE')).toMatchObject({ kind: 'failed', failure, charge: 'none' })
  })
})

it.each([
  ['none', 'refused', 'rate'],
  ['unlikely', 'httpError', 'rate'],
  ['possible', 'lost', 'uncertain'],
] as const)(
  'a submit that failed and costs %s is %s, and tells everything else that is known',
  (charge, kind, name) => {
    const failure = { class: 'rate', code: 'HTTP_504', message: 'Late.', retryAfterSeconds: 17 } as const
    expect(submitFailed({ kind: 'failed', failure, charge })).toEqual({ kind, failure: { ...failure, class: name } })
  },
)

it.each([
  ['auth', 'refused'],
  ['transient', 'inconclusive'],
  ['uncertain', 'inconclusive'],
  ['rate', 'inconclusive'],
  ['blocked', 'inconclusive'],
  ['capacity', 'good'],
  ['funds', 'good'],
  ['task', 'good'],
  ['unknown', 'good'],
] as const)('an answer of the class %s says of the key that it is: %s', (name, kind) => {
  expect(judgeKey({ kind: 'failed', failure: { class: name, code: 'X', message: '' } })).toMatchObject({ kind })
})
