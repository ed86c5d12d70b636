import { countOf, percentileOf } from '../../core/outcome/histogram.ts'
import type { Histogram } from '../../core/outcome/summary.ts'
import { dayText, isoOf } from '../../core/record/time-text.ts'
import { barsSvg, HATCH, legendSvg } from './bars-svg.ts'
import { type Bar, type Total, totalOf } from './history-bars.ts'
import { type Html, html } from './html.ts'
import type { PageSource } from './page-source.ts'
import { percentText } from './shown-time.ts'

/** The last 24 hours and 90 days as bars, as sentences and as tables. */
export function historySection({ history, details }: PageSource): Html {
  const { hours, days, isWhole } = history
  const hasCounts = details !== null
  const missing = isWhole
    ? null
    : html`<p class="dim">The stored history cannot be read now; what is shown is not all.</p>`
  return html`<section aria-labelledby="history"><h2 id="history">History</h2>${HATCH}${missing}
${stretch(hours, { title: 'Last 24 hours', first: '24 hours ago', unit: 'Hour (UTC)', hasCounts, nameOf: hourName })}
${stretch(days, { title: 'Last 90 days', first: '90 days ago', unit: 'Day (UTC)', hasCounts, nameOf: dayText })}
${LEGEND}${details === null ? null : solveTimes(details.solveSeconds)}</section>`
}

interface Stretch {
  title: string
  first: string
  unit: string
  hasCounts: boolean
  nameOf: (at: number) => string
}

const hourName = (at: number): string => `${dayText(at)}, ${isoOf(at).slice(11, 16)}`

function stretch(bars: readonly Bar[], { title, first, unit, hasCounts, nameOf }: Stretch): Html {
  const told = totalText(totalOf(bars))
  const counts = hasCounts ? html`<th scope="col">Solved</th><th scope="col">Failed</th>` : null
  const rows = bars.toReversed().map((bar) => rowOf(bar, nameOf, hasCounts))
  return html`<h3>${title}</h3><p class="small">${told}</p>${barsSvg(bars, `${title}: ${told}`)}
<div class="ends" aria-hidden="true"><span>${first}</span><span>now</span></div>
<details><summary>${title} as a table</summary><table><thead><tr><th scope="col">${unit}</th><th scope="col">Ready</th><th scope="col">Degraded</th><th scope="col">Not ready</th><th scope="col">No data</th>${counts}</tr></thead><tbody>${rows}</tbody></table></details>`
}

function rowOf(bar: Bar, nameOf: Stretch['nameOf'], hasCounts: boolean): Html {
  const { at, ready, degraded, notReady, solved, failed } = bar
  const known = ready + degraded + notReady
  const name = html`<tr><th scope="row">${nameOf(at)}</th>`
  if (known === 0) return html`${name}<td colspan="${hasCounts ? 6 : 4}">no data</td></tr>`
  const counts = hasCounts ? html`<td>${solved}</td><td>${failed}</td>` : null
  return html`${name}<td>${percentText(ready)}</td><td>${percentText(degraded)}</td><td>${percentText(notReady)}</td><td>${percentText(Math.max(0, 1 - known))}</td>${counts}</tr>`
}

function totalText(total: Total | null): string {
  if (total === null) return 'No data.'
  const { coverage, ready, degraded, notReady } = total
  const parts = [`ready ${percentText(ready)}`, ...ifAny('degraded', degraded), ...ifAny('not ready', notReady)]
  return `Of the time that is known: ${parts.join(', ')}. There is data for ${percentText(coverage)} of the time.`
}

const ifAny = (name: string, share: number): string[] => (share === 0 ? [] : [`${name} ${percentText(share)}`])

const LEGEND = html`<ul class="legend">${(['ready', 'degraded', 'not ready', 'no data'] as const).map(
  (name) => html`<li>${legendSvg(name)}${name}</li>`,
)}</ul>`

function solveTimes(times: Histogram): Html {
  const solves = countOf(times)
  const within = (share: number) => {
    const seconds = percentileOf(times, share)
    return seconds === null ? 'no data' : Number.isFinite(seconds) ? `${seconds} s` : 'over 5 min'
  }
  const facts = (
    [
      ['Half within', 0.5],
      ['95 % within', 0.95],
      ['99 % within', 0.99],
    ] as const
  ).map(([name, share]) => html`<div><dt>${name}</dt><dd>${within(share)}</dd></div>`)
  return html`<h3>Solve time, last 24 hours</h3><dl class="facts">${facts}<div><dt>Solves</dt><dd>${solves}</dd></div></dl>`
}
