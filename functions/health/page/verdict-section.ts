import { headlineOf } from '../../core/record/headline.ts'
import { durationText } from '../../core/record/time-text.ts'
import { type Html, html } from './html.ts'
import type { PageSource } from './page-source.ts'
import { runbookLink } from './runbook-link.ts'
import { timeElement } from './shown-time.ts'
import { statusMark } from './status-mark.ts'

/** The state in one sentence, since when it holds, what it means, and what to do next. */
export function verdictSection(source: PageSource): Html {
  const { word, reason, means, next, code } = headlineOf(source)
  const { status, since, now, ageSeconds, details } = source
  const runbook = code === null ? null : html` ${runbookLink(code)}`
  const advice = next === null || details === null ? null : html`<dt>What to do</dt><dd>${inCode(next)}${runbook}</dd>`
  return html`<section class="verdict" aria-labelledby="state">
<div class="title">${statusMark(status)}<h1 id="state">${word}</h1></div>
<p class="lead">${capital(reason)}.</p>
<p class="dim">${since === null ? null : sinceText(since, now)}${ageText(ageSeconds)}</p>
<dl class="advice"><dt>What it means</dt><dd>${means}</dd>${advice}</dl>
</section>`
}

const sinceText = (since: number, now: number): Html =>
  html`Since ${timeElement(since, now)}, for ${durationText(now - since)}. `

const ageText = (ageSeconds: number | null): string =>
  ageSeconds === null ? 'There is no evidence.' : `The evidence is ${durationText(ageSeconds * 1000)} old.`

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

/** Text with parts in backticks, as the runbook writes commands and settings. */
const inCode = (text: string): Html[] =>
  text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))
