import { acceptingOf, admittingOf } from '../../core/record/accepting.ts'
import { durationText } from '../../core/record/time-text.ts'
import { type Html, html } from './html.ts'
import type { PageSource } from './page-source.ts'
import { percentText } from './shown-time.ts'

const PRIORITIES = ['critical', 'high', 'normal', 'low'] as const

/** In which mode the fleet works, whose tasks it takes, and how busy it is. */
export function loadSection(source: PageSource): Html {
  const isKnown = source.status !== 'unknown'
  const admits = PRIORITIES.map(
    (priority) => html`<li><b>${priority}</b> ${isKnown ? shareText(source, priority) : 'unknown'}</li>`,
  )
  return html`<section aria-labelledby="load"><h2 id="load">Load</h2><dl class="facts">${fact(
    'Mode',
    isKnown ? source.mode : 'unknown',
    null,
  )}${numbers(source)}</dl>
<h3 id="admitted">Who is admitted, by priority</h3><ul class="admit" aria-labelledby="admitted">${admits}</ul></section>`
}

/** `all`, `up to 50 %` of the places, or `none`. A reader without the token sees no number. */
function shareText(source: PageSource, priority: (typeof PRIORITIES)[number]): string {
  if (acceptingOf(source.admitted)[priority]) return 'all'
  const share = admittingOf(source.admitted, source.details?.settings.maxInFlight ?? 1)[priority]
  if (share === 0) return 'none'
  return source.details === null ? 'some' : `up to ${percentText(share)} of the places`
}

function numbers({ details }: PageSource): Html[] {
  if (details === null || details.evidence === null) return []
  const { maxInFlight, queueCapacity } = details.settings
  const { queue, workersAlive, backlogSeconds } = details.evidence
  const { solved, failed, successRate } = details.stats
  const oldest = queue.waiting > 0 ? `, oldest ${durationText(backlogSeconds * 1000)}` : ''
  return [
    fact('Waiting', queue.waiting, `room for ${queueCapacity}${oldest}`),
    fact('In flight', queue.inFlight, `of ${maxInFlight}, ${Math.floor((100 * queue.inFlight) / maxInFlight)} %`),
    fact('Workers', workersAlive, 'alive in the last 2 min'),
    fact('Solved', solved ?? 'no data', 'in the last hour'),
    fact('Success', successRate === null ? 'no data' : percentText(successRate), `${failed ?? 0} failed or expired`),
  ]
}

const fact = (name: string, value: string | number, more: string | null): Html =>
  html`<div><dt>${name}</dt><dd>${value}${more === null ? null : html`<small>${more}</small>`}</dd></div>`
