import { describe, expect, it } from 'vitest'
import type { ResultAnswer } from '../../../functions/core/provider/answers.ts'
import { accountedBy, handedOver } from '../../../functions/core/task/accounting.ts'
import {
  resolveSettledConflict,
  type SettledConflict,
  type SettledResolution,
} from '../../../functions/core/task/settled-conflict.ts'
import type { SettledItem } from '../../../functions/core/task/task.ts'
import { NOON } from '../../../sim/memory/clock.ts'
import { expiredItem, storedResultOf } from '../../stores/builders.ts'

// The accounting was taken over a minute after the settlement: no time limit begins anew with that.
const TAKEN_OVER = NOON + 60_000
const byMessage = accountedBy({ id: 'collect-1', via: 'message' }, TAKEN_OVER)
const byCallback = accountedBy({ id: 'pingback-1', via: 'callback' }, TAKEN_OVER)
const byNobody = handedOver(TAKEN_OVER)

/** A solved task whose solution only its provider still knows. */
function solvedItem(changes: Partial<SettledItem> = {}): SettledItem {
  const { solution: _, ...result } = storedResultOf('task-1')
  const facts = { state: 'solved', result, settledAt: NOON, settledBy: 'mine', accounting: byMessage } as const
  return { ...expiredItem(), ...facts, deadlineAt: NOON + 300_000, ...changes }
}
const kept = { result: storedResultOf('task-1') }
const expired = { ...expiredItem(), settledBy: 'mine' }
const theirs = (changes: Partial<SettledItem> = {}) => solvedItem({ settledBy: 'theirs', ...changes })

const solved: ResultAnswer = { kind: 'solved', solution: 'token' }
const pending: ResultAnswer = { kind: 'pending' }
const failed = (kind: 'unsolvable' | 'transient'): ResultAnswer => ({
  kind: 'failed',
  failure: { class: kind, code: 'CODE', message: 'No.' },
})

const ACK: SettledResolution = { kind: 'ack' }
const RETRY: SettledResolution = { kind: 'retry' }
const RESEND: SettledResolution = { kind: 'resend' }
const POLL_ATTEMPT: SettledResolution = { kind: 'pollAttempt' }
const DELIVER: SettledResolution = { kind: 'deliver', solution: 'token' }
const TAKEN = { taken: true }
const later = (milliseconds: number) => ({ now: NOON + milliseconds })

const resolve = (item: SettledItem, answer: ResultAnswer, changes: Partial<SettledConflict> = {}) =>
  resolveSettledConflict({ item, answer, attempt: 'mine', mayStillReport: false, taken: false, now: NOON, ...changes })

describe('a poll whose task another attempt has settled', () => {
  it.each<[string, SettledItem, Partial<SettledConflict>, SettledResolution]>([
    ['by a message: that message sends the result', theirs(), {}, ACK],
    ['by a message whose worker crashed: that message still sends the result', theirs(), TAKEN, ACK],
    ['by a callback that reported it', theirs({ accounting: byCallback }), {}, ACK],
    ['by a callback that crashed: its attempt is polled', theirs({ accounting: byCallback }), TAKEN, POLL_ATTEMPT],
    ['by a callback that could not send it: its attempt is polled', theirs({ accounting: byNobody }), {}, POLL_ATTEMPT],
    ['the same with the solution in the table', theirs({ accounting: byNobody, ...kept }), {}, RESEND],
    ['the same of a task that expired', { ...expired, settledBy: 'theirs', accounting: byNobody }, {}, RESEND],
  ])('%s', (_, item, changes, resolution) => {
    for (const answer of [solved, pending, failed('unsolvable')])
      expect(resolve(item, answer, changes)).toEqual(resolution)
  })
})

describe('a poll whose task its own attempt has settled', () => {
  it.each<[string, SettledItem, ResultAnswer, Partial<SettledConflict>, SettledResolution]>([
    [
      'by a callback that reported it: nothing is left to send',
      solvedItem({ accounting: byCallback }),
      solved,
      {},
      ACK,
    ],
    [
      'by a callback that crashed: the solution is delivered',
      solvedItem({ accounting: byCallback }),
      solved,
      TAKEN,
      DELIVER,
    ],
    ['by a callback that could not send it', solvedItem({ accounting: byNobody }), solved, {}, DELIVER],
    ['with the solution in the table: the result is sent again', solvedItem(kept), pending, {}, RESEND],
    ['as expired: the result is sent again', expired, solved, {}, RESEND],
    ['and the provider repeats the solution', solvedItem(), solved, {}, DELIVER],
    ['and the provider repeats the solution after the deadline', solvedItem(), solved, later(400_000), DELIVER],
    ['and the provider repeats it after an hour', solvedItem(), solved, later(3_600_000), DELIVER],
    [
      'and the provider has nothing any more: the result goes without the solution',
      solvedItem(),
      failed('unsolvable'),
      {},
      RESEND,
    ],
    [
      'and the provider does not answer: for ten minutes it is asked again',
      solvedItem(),
      failed('transient'),
      later(599_999),
      RETRY,
    ],
    [
      'the same after ten minutes: the result goes without the solution',
      solvedItem(),
      failed('transient'),
      later(600_000),
      RESEND,
    ],
    ['and the provider says pending: for ten minutes it is asked again', solvedItem(), pending, later(599_999), RETRY],
    ['the same after ten minutes', solvedItem(), pending, later(600_000), RESEND],
  ])('%s', (_, item, answer, changes, resolution) => {
    expect(resolve(item, answer, changes)).toEqual(resolution)
  })
})

it('a poll waits 40 s while the callback that settled its task may still send the result', () => {
  for (const item of [solvedItem({ accounting: byCallback }), theirs({ accounting: byCallback }), expired])
    expect(resolve(item, solved, { mayStillReport: true })).toEqual({ kind: 'retry', afterSeconds: 40 })
})
