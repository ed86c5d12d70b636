import { createHash } from 'node:crypto'
import { headlineOf, sentenceOf } from '../../core/record/headline.ts'
import { isoOf } from '../../core/record/time-text.ts'
import { changesSection } from './changes-section.ts'
import { dependenciesSection } from './dependencies-section.ts'
import { historySection } from './history-section.ts'
import { html, verbatim } from './html.ts'
import { loadSection } from './load-section.ts'
import type { PageSource } from './page-source.ts'
import { reasonsSection } from './reasons-section.ts'
import { STYLE } from './style.ts'
import { verdictSection } from './verdict-section.ts'

/** A browser may load, run and send nothing; the one style sheet is allowed by its hash. */
export const PAGE_POLICY: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
}

/** The status page, for people. It works without script, and says first what one must know. */
export function statusPageOf(source: PageSource): string {
  const headline = headlineOf(source)
  const { word } = headline
  const at = isoOf(source.now)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${sentenceOf(headline, source.since, source.now)}">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${word} · Lifesign</title>
<style>${verbatim(STYLE)}</style>
</head>
<body class="${source.status}">
<header><p class="brand">Lifesign</p><p>As of <time datetime="${at}">${at.slice(0, 19).replace('T', ' ')} UTC</time> · <a href="status">Check again</a></p></header>
<main>
${verdictSection(source)}
${reasonsSection(source)}
${dependenciesSection(source)}
${loadSection(source)}
${historySection(source)}
${changesSection(source)}
</main>
<footer><p>For programs: <a href="health/ready">health/ready</a>, <a href="status.json">status.json</a>, <a href="badge.svg">badge.svg</a>. This page does not reload itself.</p></footer>
</body>
</html>
`.markup
}
