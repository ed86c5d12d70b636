import { describe, expect, it } from 'vitest'
import { ISSUE_CODES } from '../../../functions/contract/issues.ts'
import { knownCode, runbookOf, servedRunbookOf } from '../../../functions/core/rules/issue.ts'

describe('an issue', () => {
  it.each(ISSUE_CODES)(
    '%s is known with and without a value, and has one section in the repository and where it is served',
    (code) => {
      const anchor = code.split('_').join('-')
      for (const issue of [code, `${code}=1`, `${code}=a=b`]) {
        expect(knownCode(issue)).toBe(code)
        expect(servedRunbookOf(issue)).toBe(`/runbook#${anchor}`)
      }
      expect(runbookOf(code)).toBe(`docs/runbook.md#${anchor}`)
    },
  )

  it.each(['made_up=1', 'made_up', '', 'low-balance', 'LOW_BALANCE', 'low_balance ', 'constructor', '__proto__'])(
    '%j is of a later version: it has no code here, and its link is that of the whole runbook',
    (issue) => {
      expect(knownCode(issue)).toBe(null)
      expect(servedRunbookOf(issue)).toBe('/runbook')
    },
  )
})
