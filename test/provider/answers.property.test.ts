import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProviderFailure } from '../../functions/core/provider/error-class.ts'
import { parseBalance, parseResult, parseSubmit, parseThreads } from '../../functions/core/provider/parse-answer.ts'
import { isKnown, PROFILES } from '../../functions/core/provider/profiles.ts'
import { anyText } from '../build/any-text.ts'

const RUNS = 3000
const captchaai = PROFILES.captchaai
const longText = anyText({ maxLength: 200 })
const status = fc.constantFrom(0, 1, '0', '1', true, false, null, 2)
const bodies = {
  'JSON of any shape': fc.json(),
  'answers with any request': fc.record({ status, request: fc.jsonValue() }).map((value) => JSON.stringify(value)),
  'text of any characters': longText,
  'text that begins like an answer': fc
    .tuple(
      fc.constantFrom('OK|', 'ERROR_', 'ERROR: ', '{"status":1,"request":', '{"status":0', '<', '\uFEFF{'),
      longText,
    )
    .map((parts) => parts.join('')),
  'random bytes': fc.uint8Array({ maxLength: 300 }).map((bytes) => new TextDecoder().decode(bytes)),
  'good answers with one piece cut out': fc
    .tuple(
      fc.constantFrom('{"status":1,"request":"2122988149"}', 'OK|03AF|x', 'ERROR_ZERO_BALANCE'),
      fc.nat(40),
      fc.nat(40),
    )
    .map(([body, from, length]) => body.slice(0, from) + body.slice(from + length)),
}

/** Nothing of the body but a code gets out. */
function expectTyped(failure: ProviderFailure) {
  expect(failure.code).toMatch(/^([A-Z][A-Z0-9_]{1,61}|ERROR: \d{1,6})$/)
  expect(failure.message).toMatch(/^captchaai (answered |gave an answer that cannot be read: )/)
  expect(failure.message.length).toBeLessThan(200)
}

describe.each(Object.entries(bodies))('a body that is %s', (_name, arbitrary) => {
  it('is parsed into one of the answers and never throws (row 20)', () => {
    fc.assert(
      fc.property(arbitrary, (body) => {
        const submit = parseSubmit(captchaai, body)
        if (submit.kind !== 'accepted') expectTyped(submit.failure)
        const result = parseResult(captchaai, body)
        if (result.kind === 'failed') expectTyped(result.failure)
        const balance = parseBalance(captchaai, body, 1)
        if (balance.kind === 'failed') expectTyped(balance.failure)
        else expect(balance.value).toSatisfy(Number.isFinite)
        const threads = parseThreads(captchaai, body)
        if (threads.kind === 'failed') expectTyped(threads.failure)
        if (submit.kind === 'accepted') expect(body).toMatch(/"status"\s*:\s*("1"|1|true|"true")|^\s*OK\|/)
        if (result.kind === 'solved') expect(() => JSON.stringify(result.solution)).not.toThrow()
      }),
      { numRuns: RUNS },
    )
  })
})

describe('what was sent is what is read', () => {
  const solution = anyText({ minLength: 1 }).filter((s) => s.trim() !== '' && !isKnown(captchaai, s.trim()))

  it('for every solution', () => {
    fc.assert(
      fc.property(solution, (text) => {
        expect(parseResult(captchaai, JSON.stringify({ status: 1, request: text }))).toEqual({
          kind: 'solved',
          solution: text,
        })
      }),
      { numRuns: RUNS },
    )
  })

  it('for every id of up to thirty digits, as a number, as text and in the text form (row 28)', () => {
    const digits = fc.stringMatching(/^[1-9][0-9]{0,29}$/)
    fc.assert(
      fc.property(digits, (captchaId) => {
        const accepted = { kind: 'accepted', captchaId }
        expect(parseSubmit(captchaai, `{"status":1,"request":${captchaId}}`)).toEqual(accepted)
        expect(parseSubmit(captchaai, `{"status":1,"request":"${captchaId}"}`)).toEqual(accepted)
        expect(parseSubmit(captchaai, `OK|${captchaId}`)).toEqual(accepted)
      }),
      { numRuns: RUNS },
    )
  })

  it('and a JSON answer that was cut anywhere is never accepted', () => {
    const whole = '{"status":1,"request":"2122988149"}'
    for (let length = 0; length < whole.length; length++)
      expect(parseSubmit(captchaai, whole.slice(0, length)).kind).toBe('lost')
  })
})
