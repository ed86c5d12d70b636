import { expect, it } from 'vitest'
import { isAccountClass } from '../../../functions/core/provider/error-class.ts'
import { observationOf } from '../../../functions/core/provider/observation.ts'
import { NOON } from '../../build/evidence.ts'

const failure = { class: 'rate', code: 'MAX_USER_TURN', message: 'not told to the fleet' } as const

it.each([
  ['did what it was asked', null, { kind: 'ok' }],
  ['failed', failure, { kind: 'failure', class: 'rate', code: 'MAX_USER_TURN' }],
  [
    'asks to wait',
    { ...failure, retryAfterSeconds: 10 },
    { kind: 'failure', class: 'rate', code: 'MAX_USER_TURN', retryAfterSeconds: 10 },
  ],
  [
    'asks to wait for no time',
    { ...failure, retryAfterSeconds: 0 },
    { kind: 'failure', class: 'rate', code: 'MAX_USER_TURN', retryAfterSeconds: 0 },
  ],
])('of a provider that %s the fleet is told that and no more', (_, found, answer) => {
  for (const operation of ['submit', 'result'] as const)
    expect(observationOf('captchaai', operation, found, NOON)).toStrictEqual({
      ...{ provider: 'captchaai', operation, answer, at: NOON },
    })
})

it('only a refused key and a lack of money are refusals of the whole account', () => {
  const classes = ['auth', 'funds', 'task', 'blocked', 'rate', 'capacity', 'unknown', 'deadline'] as const
  expect(classes.filter(isAccountClass)).toEqual(['auth', 'funds'])
})
