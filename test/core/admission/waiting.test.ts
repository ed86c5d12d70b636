import { expect, it } from 'vitest'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import {
  waitForBreaker,
  waitForHold,
  waitForKey,
  waitForOthers,
  waitForRamp,
  waitForRate,
  waitForResume,
  waitForRoom,
  waitForSpend,
  waitForTable,
  waitForThread,
} from '../../../functions/core/admission/item/waiting.ts'

it.each([
  [() => waitForRoom(20), { class: 'inflight', while: 'max_in_flight=20', byTurns: true }],
  [() => waitForOthers(20), { class: 'inflight', while: 'max_in_flight=20' }],
  [() => waitForThread('captchaai'), { class: 'capacity', while: 'capacity from captchaai', byTurns: true }],
  [() => waitForSpend('day'), { class: 'spend', while: 'spend_limit=day' }],
  [() => waitForRate('twocaptcha'), { class: 'rate', while: 'rate_limit=twocaptcha' }],
  [() => waitForRamp('twocaptcha'), { class: 'transient', while: 'ramp=twocaptcha' }],
  [() => waitForBreaker('captchaai', 18_000), { class: 'transient', while: 'circuit_open=captchaai', atLeast: 18 }],
  [() => waitForBreaker('captchaai', 200), { class: 'transient', while: 'circuit_open=captchaai', atLeast: 1 }],
  [() => waitForKey({ code: 'BAD_KEY' }, 'captchaai'), { class: 'auth', while: 'BAD_KEY from captchaai' }],
  [
    () => waitForHold({ class: 'rate', code: 'MAX_USER_TURN' }, 'captchaai', 10_000),
    { class: 'rate', while: 'MAX_USER_TURN from captchaai', atLeast: 10 },
  ],
  [() => waitForResume, { class: 'inflight', while: 'paused' }],
  [() => waitForTable, { class: 'store', while: 'table_unreachable' }],
])('a task that waits says by its class when it comes back, and tells its client why (%s): %o', (waiting, told) => {
  expect(waiting()).toEqual(told)
})

it('a new fleet has bought nothing, sends tasks to its first provider, and awaits no callbacks', () => {
  expect(initialAdmission(['captchaai', 'twocaptcha'])).toEqual({
    ...{ epoch: 1, counts: {} },
    control: {
      ...{ schema: 1, mode: 'normal', pause: null, drainPerSecond: null, spend: null, callbacks: false, waits: {} },
      route: { active: 'captchaai', since: 0, badSweeps: 0, goodSweeps: 0 },
      providers: { captchaai: initialProvider, twocaptcha: initialProvider },
    },
  })
})
