import { knownCode, servedRunbookOf } from '../../core/rules/issue.ts'
import { type Html, html } from './html.ts'

/** To the section about an issue or warning, in the words of its heading. */
export function runbookLink(issue: string): Html {
  const about = knownCode(issue)?.replaceAll('_', ' ')
  return html`<a href="${servedRunbookOf(issue)}">Runbook${about === undefined ? null : `: ${about}`}</a>`
}
