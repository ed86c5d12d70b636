import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ISSUE_CODES } from '../../../functions/contract/issues.ts'
import { headlineOf, type Stated } from '../../../functions/core/record/headline.ts'
import { ISSUE_TEXTS } from '../../../functions/core/rules/issue-texts.ts'

const stated = (changes: Partial<Stated>): Stated => ({
  ...{ status: 'ready', mode: 'normal', issues: [], warnings: [] },
  ...changes,
})
const notReady = (...issues: string[]) => headlineOf(stated({ status: 'not_ready', issues }))
const degraded = (mode: Stated['mode'], ...warnings: string[]) =>
  headlineOf(stated({ status: 'degraded', mode, warnings }))

describe('the headline', () => {
  it.each([
    ['ready', 'Ready'],
    ['degraded', 'Degraded'],
    ['not_ready', 'Not ready'],
    ['unknown', 'Unknown'],
  ] as const)('of %s is the word %s', (status, word) => {
    expect(headlineOf(stated({ status, issues: ['stale_evidence=190s'] })).word).toBe(word)
  })

  it('of a fleet that is not ready tells the value where the reader may see it, and the same reason without it', () => {
    expect(notReady('consecutive_failures=12').reason).toBe('12 tasks in a row failed, and none was solved in between')
    expect(notReady('consecutive_failures').reason).toBe('many tasks in a row failed, and none was solved in between')
    expect(notReady('error_rate=0.62').reason).toBe('62 % of the tasks fail')
    expect(notReady('low_balance=$0.50').reason).toBe('the balance is down to $0.50')
  })

  it('tells the cause and not its consequences, in whatever order the issues come', () => {
    const issues = ['consecutive_failures=12', 'no_solve_for=734s', 'no_usable_provider', 'api_key_refused=captchaai']
    expect(notReady(...issues).code).toBe('api_key_refused')
    expect(notReady(...issues.toReversed()).code).toBe('api_key_refused')
  })

  it('orders causes as the runbook tells people to', () => {
    const runbook = readFileSync(join(import.meta.dirname, '../../../docs/runbook.md'), 'utf8')
    const advice = /begin with the cause and not with its consequences: (.*?)\. Do not/.exec(runbook)?.[1] ?? ''
    const groups = advice.split(';').map((group) => [...group.matchAll(/`(\w+)`/g)].map(([, code]) => String(code)))
    const order: string[] = Object.keys(ISSUE_TEXTS)
    const places = groups.map((group) => group.map((code) => order.indexOf(code)))
    expect(groups.flat().length).toBeGreaterThanOrEqual(13)
    places.reduce((before, group) => {
      expect(Math.min(...group)).toBeGreaterThan(before)
      return Math.max(...group)
    }, -1)
  })

  it('of a ready fleet is the same with warnings, which are listed and change nothing', () => {
    const plain = headlineOf(stated({}))
    expect(plain).toMatchObject({ reason: 'the fleet takes tasks, and nothing is wrong', code: null, next: null })
    expect(headlineOf(stated({ warnings: ['client_errors=0.40'] })).reason).toBe(plain.reason)
    expect(headlineOf(stated({ warnings: ['starting'] })).reason).toContain('has just started')
  })

  it('of a degraded fleet is what degrades it: the backup, an issue that is still delayed, or the mode', () => {
    expect(degraded('normal', 'client_errors=0.40', 'on_backup=twocaptcha').code).toBe('on_backup')
    expect(degraded('normal', 'consecutive_failures=12').code).toBe('consecutive_failures')
    expect(degraded('degraded', 'client_errors=0.40').reason).toContain('under strain')
    expect(degraded('emergency').reason).toContain('heavy strain')
  })

  it('of an unknown state says that nobody knows, and never that it is good', () => {
    for (const issue of ['stale_evidence=190s', 'stale_evidence', 'record_unreadable'])
      expect(headlineOf(stated({ status: 'unknown', issues: [issue] })).reason).toContain('nobody knows')
  })

  it('copes with a code of a later version', () => {
    expect(notReady('made_up=3').code).toBeNull()
    expect(notReady('made_up=3', 'overdue=3').code).toBe('overdue')
  })
})

describe('the text of every issue', () => {
  it.each(ISSUE_CODES)('%s is whole sentences, with a value and without', (code) => {
    const { reason, means, next } = ISSUE_TEXTS[code]
    for (const said of [reason('7'), reason(null)]) {
      expect(said).toMatch(/^[^\s.][^.]*[^.\s]$/)
      expect(said).not.toMatch(/null|undefined|NaN/)
    }
    for (const sentence of [means, next]) expect(sentence).toMatch(/^[A-Z].*\.$/)
  })
})
