import { expect, test } from 'vitest'
import { type PollSettings, pollWaits } from '../../../functions/core/admission/waits/poll-waits.ts'

const unset: PollSettings = { firstPollSeconds: null, pollSeconds: null }
const observed = { waits: { userrecaptcha: { first: 11, interval: 4, fast: 6 } }, callbacks: false }
const v2 = { method: 'userrecaptcha', params: {} }

test.each([
  ['as the method has it where nothing was observed', v2, { waits: {}, callbacks: false }, unset, 15, 5],
  ['as observed', v2, observed, unset, 11, 4],
  ['as a person has set it, whatever was observed', v2, observed, { firstPollSeconds: 2, pollSeconds: 3 }, 2, 3],
  ['for one of both as a person has set it', v2, observed, { firstPollSeconds: null, pollSeconds: 1 }, 11, 1],
  ['v3 by its own first poll: v2 is slower', { ...v2, params: { version: 'v3' } }, observed, unset, 10, 5],
  ['another method by its own', { method: 'turnstile', params: {} }, observed, unset, 10, 5],
  ['seldom while callbacks arrive', v2, { ...observed, callbacks: true }, unset, 60, 30],
  [
    'as set while callbacks arrive',
    v2,
    { ...observed, callbacks: true },
    { firstPollSeconds: 1, pollSeconds: 1 },
    1,
    1,
  ],
] as const)('a task is polled %s', (_, task, control, settings, first, interval) => {
  expect(pollWaits(task, control, settings)).toEqual({ first, interval })
})
