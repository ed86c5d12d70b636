import { expect, test } from 'vitest'
import { initialAdmission } from '../../functions/core/admission/initial.ts'
import { type Observation, observe } from '../../functions/core/admission/observe.ts'
import type { FailureClass } from '../../functions/core/provider/error-class.ts'
import { NOON } from '../../sim/memory/clock.ts'

const admission = initialAdmission(['captchaai'], NOON)
const refused = (name: FailureClass, retryAfterSeconds?: number): Observation => ({
  provider: 'captchaai',
  operation: 'submit',
  answer: {
    kind: 'failure',
    class: name,
    code: name.toUpperCase(),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  },
  at: NOON,
})
const accepted: Observation = { provider: 'captchaai', operation: 'submit', answer: { kind: 'ok' }, at: NOON }
const after = (...observations: Observation[]) => observe(admission, observations, NOON, { balanceSeconds: 60 })
const holdAfter = (...observations: Observation[]) => after(...observations).providers.captchaai?.hold

test('on the healthy path the control stays the very same object, so nothing is written', () => {
  expect(after(accepted, accepted, refused('task'))).toBe(admission.control)
})

test.each([
  ['rate', undefined, 10],
  ['rate', 40, 40],
  ['blocked', undefined, 60],
  ['funds', undefined, 60],
] as const)(
  'a submit refused for %s (the provider asks for %s s) holds the provider for %i s',
  (name, asked, seconds) => {
    const hold = { until: NOON + seconds * 1000, class: name, code: name.toUpperCase() }
    expect(holdAfter(refused(name, asked))).toEqual(hold)
  },
)

test('of two waits that a provider asks for the longer one holds, whichever came last', () => {
  const hold = { until: NOON + 60_000, class: 'blocked', code: 'BLOCKED' }
  expect(holdAfter(refused('rate'), refused('blocked'))).toEqual(hold)
  expect(holdAfter(refused('blocked'), refused('rate'))).toEqual(hold)
})

test('a poll that is refused holds no submit', () => {
  expect(after({ ...refused('rate'), operation: 'result' })).toBe(admission.control)
})

test('a provider that the item does not know yet is added', () => {
  const control = after({ ...refused('rate'), provider: 'twocaptcha' })
  expect(Object.keys(control.providers)).toEqual(['captchaai', 'twocaptcha'])
  expect(control.providers.captchaai).toBe(admission.control.providers.captchaai)
})
