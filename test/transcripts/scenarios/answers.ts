import type { ResultAnswer } from '../../../functions/core/provider/answers.ts'
import type { ScriptedAnswers, SubmitFate } from '../../../sim/memory/provider.ts'

type Failed = Extract<ResultAnswer, { kind: 'failed' }>

/** What the provider of a scenario answers. */
export const accepted = (afterSeconds: number): SubmitFate => ({ kind: 'accept', afterSeconds })
export const solvedAfter = (afterSeconds: number): ScriptedAnswers => ({ submit: () => accepted(afterSeconds) })
export const UNSOLVABLE: Failed = {
  kind: 'failed',
  failure: { class: 'unsolvable', code: 'ERROR_CAPTCHA_UNSOLVABLE', message: 'nobody could' },
}
export const LOST_ID: Failed = {
  kind: 'failed',
  failure: { class: 'unsolvable', code: 'ERROR_WRONG_CAPTCHA_ID', message: 'no such id', lostId: true },
}
const BAD_GATEWAY = { class: 'transient', code: 'HTTP_502', message: 'bad gateway' } as const
export const POLL_FAILS: Failed = { kind: 'failed', failure: BAD_GATEWAY }
export const SUBMIT_FAILS: SubmitFate = { kind: 'httpError', failure: BAD_GATEWAY }
export const NO_SLOT: SubmitFate = {
  kind: 'refused',
  failure: { class: 'rate', code: 'ERROR_NO_SLOT_AVAILABLE', message: 'no slot' },
}
export const ZERO_BALANCE: SubmitFate = {
  kind: 'refused',
  failure: { class: 'funds', code: 'ERROR_ZERO_BALANCE', message: 'no funds' },
}
export const WRONG_KEY: SubmitFate = {
  kind: 'refused',
  failure: { class: 'auth', code: 'ERROR_KEY_DOES_NOT_EXIST', message: 'no such key' },
}
