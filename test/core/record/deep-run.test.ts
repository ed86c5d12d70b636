import { expect, it } from 'vitest'
import { keyAcceptedAt } from '../../../functions/core/record/deep-run.ts'
import { NOON } from '../../../sim/memory/clock.ts'
import { deepCheck, deepRun } from '../../build/deep-run.ts'

it.each([
  ['whose account answered', deepCheck(), NOON],
  ['whose balance is low', deepCheck({ status: 'degraded', error: 'low_balance' }), NOON],
  ['who asks to wait', deepCheck({ status: 'degraded', error: 'HTTP_429' }), null],
  ['who refuses the key', deepCheck({ status: 'down', error: 'ERROR_WRONG_USER_KEY' }), null],
  ['who does not answer', deepCheck({ status: 'down', error: 'TIMEOUT' }), null],
] as const)('of a provider %s a deep run proves the key accordingly', (_, captchaaiApi, at) => {
  const run = deepRun({ ranAt: NOON, checks: { captchaaiApi, table: deepCheck() } })
  expect(keyAcceptedAt(run, 'captchaai')).toBe(at)
  expect(keyAcceptedAt(run, 'twocaptcha')).toBe(null)
})

it('without a run nothing is proved', () => {
  expect(keyAcceptedAt(null, 'captchaai')).toBe(null)
})
