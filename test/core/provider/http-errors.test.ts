import { expect, it } from 'vitest'
import { judgeHttpError, MOST_HTTP_ERRORS } from '../../../functions/core/provider/http-errors.ts'

const failure = { class: 'transient', code: 'HTTP_502', message: 'bad gateway' } as const

it('five answers with an HTTP error are believed, the sixth of a task counts as lost', () => {
  expect(MOST_HTTP_ERRORS).toBe(5)
  for (const before of [0, 1, 2, 3, 4]) {
    expect(judgeHttpError({ kind: 'httpError', failure }, before).kind).toBe('httpError')
  }
  for (const before of [5, 6, 100]) {
    const lost = { kind: 'lost', failure: { ...failure, class: 'uncertain' } }
    expect(judgeHttpError({ kind: 'httpError', failure }, before)).toEqual(lost)
  }
})

it('every other answer stays what it is, however many HTTP errors came before', () => {
  const accepted = { kind: 'accepted', captchaId: '1' } as const
  const refused = { kind: 'refused', failure } as const
  expect([judgeHttpError(accepted, 99), judgeHttpError(refused, 99)]).toEqual([accepted, refused])
})
