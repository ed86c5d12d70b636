import { durationText } from '../../core/record/time-text.ts'
import { issueCode, issueValue, knownCode } from '../../core/rules/issue.ts'
import { ISSUE_TEXTS } from '../../core/rules/issue-texts.ts'
import type { TraceEntry } from '../../core/rules/rule.ts'
import { type Html, html } from './html.ts'
import type { PageSource } from './page-source.ts'
import { runbookLink } from './runbook-link.ts'
import { timeElement } from './shown-time.ts'

/** Every issue and warning, and what was observed for each; null if there is none. */
export function reasonsSection(source: PageSource): Html | null {
  const { issues, warnings, status } = source
  if (issues.length + warnings.length === 0) return null
  const look = status === 'unknown' ? 'unknown' : 'not_ready'
  const items = [
    ...issues.map((text) => reasonItem(text, { kind: 'Issue', look }, source)),
    ...warnings.map((text) => reasonItem(text, { kind: 'Warning', look: 'degraded' }, source)),
  ]
  return html`<section aria-labelledby="reasons"><h2 id="reasons">Issues and warnings</h2><ul>${items}</ul></section>`
}

function reasonItem(text: string, { kind, look }: { kind: string; look: string }, { details, now }: PageSource): Html {
  const entry = details?.trace.find(({ rule }) => rule === issueCode(text))
  return html`<li><div class="row"><span class="tag ${look}">${kind}</span><code>${text}</code></div>
<p>${sentencesOf(text)}</p>${
    details === null
      ? null
      : html`<p class="dim small">${entry === undefined ? null : observed(entry, now)}${runbookLink(text)}</p>`
  }</li>`
}

/** An issue of a later version is shown by its code alone. */
function sentencesOf(text: string): string | null {
  const code = knownCode(text)
  if (code === null) return null
  const { reason, means } = ISSUE_TEXTS[code]
  const said = reason(issueValue(text))
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}. ${means}`
}

/** What was seen, and since when. */
function observed({ observed, threshold, since }: TraceEntry, now: number): Html {
  const at = Date.parse(since ?? '')
  return html`${observed === null ? null : html`observed ${observed} · `}${
    threshold === null ? null : html`threshold ${threshold} · `
  }${Number.isNaN(at) ? null : html`since ${timeElement(at, now)}, for ${durationText(now - at)} · `}`
}
