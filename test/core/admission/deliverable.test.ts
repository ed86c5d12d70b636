import { expect, test } from 'vitest'
import { isDeliverable, usefulMsOf } from '../../../functions/core/admission/waits/deliverable.ts'

const OBSERVED = { turnstile: { first: 10, interval: 5, fast: 12 } }

test.each([
  ['half of the first poll is left, and no solve was observed', 'userrecaptcha', {}, null, 7500, true],
  ['less than that is left', 'userrecaptcha', {}, null, 7499, false],
  ['the version of the method looks sooner', 'userrecaptcha', { version: 'v3' }, null, 5000, true],
  ['a person has set the first poll', 'userrecaptcha', {}, 2, 1000, true],
  ['less than half of what a person has set is left', 'userrecaptcha', {}, 2, 999, false],
  ['the fast decile of the observed solves is left', 'turnstile', {}, null, 12_000, true],
  ['less than the fast decile is left', 'turnstile', {}, null, 11_999, false],
  ['solves were observed, whatever a person has set', 'turnstile', {}, 2, 11_999, false],
  ['a method has the name of something that every object has', 'constructor', {}, null, 7499, false],
  ['the deadline has passed', 'userrecaptcha', {}, null, -1, false],
] as const)('where %s (%s)', (_, method, params, firstPollSeconds, remainingMs, deliverable) => {
  expect(isDeliverable({ method, params }, remainingMs, { waits: OBSERVED, firstPollSeconds })).toBe(deliverable)
})

test.each([
  ['three times half of the first poll', 'userrecaptcha', null, 60_000 - 3 * 7500],
  ['three times half of what a person has set', 'userrecaptcha', 2, 60_000 - 3 * 1000],
  ['three times the fast decile of the observed solves', 'turnstile', null, 60_000 - 3 * 12_000],
] as const)('a task is bought in comfort up to %s before its deadline (%s)', (_, method, firstPollSeconds, left) => {
  expect(usefulMsOf({ method, params: {} }, 60_000, { waits: OBSERVED, firstPollSeconds })).toBe(left)
})
