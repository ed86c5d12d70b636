import { headlineOf, sentenceOf } from '../../core/record/headline.ts'
import { isoOf } from '../../core/record/time-text.ts'
import { changesSection } from './changes-section.ts'
import { dependenciesSection } from './dependencies-section.ts'
import { historySection } from './history-section.ts'
import { html } from './html.ts'
import { htmlDocument, policyOf } from './html-document.ts'
import { loadSection } from './load-section.ts'
import type { PageSource } from './page-source.ts'
import { reasonsSection } from './reasons-section.ts'
import { STATUS_STYLE } from './status-style.ts'
import { verdictSection } from './verdict-section.ts'

export const STATUS_POLICY = policyOf(STATUS_STYLE)

/** The status page, for people. It says first what one must know. */
export function statusPageOf(source: PageSource): string {
  const headline = headlineOf(source)
  const at = isoOf(source.now)
  const body = html`<header><p class="brand">Lifesign</p><p>As of <time datetime="${at}">${at.slice(0, 19).replace('T', ' ')} UTC</time> · <a href="/status">Check again</a></p></header>
<main>
${verdictSection(source)}
${reasonsSection(source)}
${dependenciesSection(source)}
${loadSection(source)}
${historySection(source)}
${changesSection(source)}
</main>
<footer><p>For programs: <a href="/health/ready">health/ready</a>, <a href="/status.json">status.json</a>, <a href="/badge.svg">badge.svg</a>. This page does not reload itself.</p></footer>`
  const description = sentenceOf(headline, source.since, source.now)
  return htmlDocument({ title: headline.word, description, style: STATUS_STYLE, look: source.status, body })
}
