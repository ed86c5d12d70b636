import { describe, expect, it } from 'vitest'
import { ISSUE_CODES, type IssueCode } from '../../../functions/contract/issues.ts'
import { ISSUE_TEXTS } from '../../../functions/core/rules/issue-texts.ts'

const PUBLIC = null

describe('the reason of an issue, as the end of a sentence', () => {
  it.each<[IssueCode, string | null, string]>([
    ['stale_evidence', '7 min', 'the last sweep is 7 min old, so nobody knows whether tasks are being solved'],
    ['stale_evidence', PUBLIC, 'the last sweep is too old, so nobody knows whether tasks are being solved'],
    ['api_key_refused', 'captchaai', 'captchaai refuses the API key'],
    ['api_key_refused', PUBLIC, 'the provider refuses the API key'],
    ['low_balance', '$0.50', 'the balance is down to $0.50'],
    ['low_balance', PUBLIC, 'the balance is low'],
    ['no_threads', 'captchaai', 'the plan at captchaai has no threads'],
    ['no_threads', PUBLIC, 'the plan at the provider has no threads'],
    ['spend_limit', 'day', 'the spend limit of this day is reached'],
    ['spend_limit', PUBLIC, 'the spend limit is reached'],
    ['circuit_open', 'captchaai', 'calls to captchaai keep failing, so they are stopped for a while'],
    ['circuit_open', PUBLIC, 'calls to the provider keep failing, so they are stopped for a while'],
    ['stalled_for', '3 min', 'tasks wait, and no provider has accepted one for 3 min'],
    ['stalled_for', PUBLIC, 'tasks wait, and no provider has accepted one'],
    ['error_rate', '0.62', '62 % of the tasks fail'],
    ['error_rate', PUBLIC, 'most of the tasks fail'],
    ['consecutive_failures', '12', '12 tasks in a row failed, and none was solved in between'],
    ['consecutive_failures', PUBLIC, 'many tasks in a row failed, and none was solved in between'],
    ['no_solve_for', '11 min', 'no task was solved in 11 min although there was work'],
    ['no_solve_for', PUBLIC, 'no task was solved although there was work'],
    ['queue_full', '1200', 'the queue is full: 1200 tasks wait, more than can be served in time'],
    ['queue_full', PUBLIC, 'the queue is full'],
    ['on_backup', 'twocaptcha', 'the first provider cannot be used, and twocaptcha, the backup, does the work'],
    ['on_backup', PUBLIC, 'the first provider cannot be used, and the backup does the work'],
    ['balance_unknown', 'captchaai', 'the balance at captchaai cannot be read'],
    ['balance_unknown', PUBLIC, 'the balance at a provider cannot be read'],
    ['provider_slow', 'captchaai', 'captchaai answers slowly'],
    ['provider_slow', PUBLIC, 'a provider answers slowly'],
    ['client_errors', '0.25', '25 % of the messages that arrive are not valid tasks'],
    ['client_errors', PUBLIC, 'many of the messages that arrive are not valid tasks'],
  ])('%s, value %s: %s', (code, value, sentence) => {
    expect(ISSUE_TEXTS[code].reason(value)).toBe(sentence)
  })
})

it.each(ISSUE_CODES)('%s tells a reader in whole sentences what it means and what to do first', (code) => {
  const { reason, means, next } = ISSUE_TEXTS[code]
  for (const text of [means, next]) expect(text).toMatch(/^[A-Z].*\.$/)
  for (const value of ['1', null]) expect(reason(value)).toMatch(/^[a-z0-9$].*[a-z0-9]$/)
  expect(reason(null)).not.toMatch(/null|undefined|NaN| {2}/)
})
