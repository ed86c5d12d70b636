import { headlineOf, sentenceOf } from '../../../functions/core/record/headline.ts'
import type { Status } from '../../../functions/core/record/record.ts'
import { durationText } from '../../../functions/core/record/time-text.ts'
import { issueCode, runbookOf, servedRunbookOf } from '../../../functions/core/rules/issue.ts'
import { plain } from '../cli/terminal.ts'
import type { Health } from './read-health.ts'

/** The state as `--json` prints it. */
export function statusObject(health: Health) {
  const { url, failure, trace, ...stated } = health
  const said = headlineOf(stated)
  const reason = failure === null ? said.reason : `the health URL cannot be read (${plain(failure)})`
  const since = sinceOf(health)
  return {
    ...stated,
    ...said,
    reason,
    since: since === null ? null : new Date(since).toISOString(),
    runbook: said.code === null ? null : runbookOf(said.code),
    runbookUrl: said.code === null ? null : `${url}${servedRunbookOf(said.code)}`,
  }
}

/** The earliest time at which one of the reasons began; null: the caller is not told, or there is none. */
function sinceOf({ issues, warnings, trace }: Health): number | null {
  const reasons = new Set((issues.length > 0 ? issues : warnings).map(issueCode))
  const times = trace.filter(({ rule }) => reasons.has(rule)).map(({ since }) => Date.parse(since ?? ''))
  const known = times.filter((at) => !Number.isNaN(at))
  return known.length === 0 ? null : Math.min(...known)
}

const MARKS: Readonly<Record<Status, string>> = { ready: '✔', degraded: '▲', not_ready: '✖', unknown: '?' }
/** Green, yellow, red, grey: unknown is never green. */
const COLOURS: Readonly<Record<Status, number>> = { ready: 32, degraded: 33, not_ready: 31, unknown: 90 }

/** The state in lines for a person: the sentence of the page first. */
export function statusLines(health: Health, now: number, coloured: boolean): string[] {
  const { status, issues, warnings, mode, ageSeconds, failure } = health
  const { since, word, reason, means, next, runbookUrl } = statusObject(health)
  const paint = (text: string, code: number) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text)
  const at = since === null || status === 'ready' ? null : Date.parse(since)
  const sentence = plain(sentenceOf({ word, reason }, at, now))
  const evidence = ageSeconds === null ? [] : [`evidence ${durationText(ageSeconds * 1000)} old`]
  return [
    `${paint(`${MARKS[status]} ${word}`, COLOURS[status])}${sentence.slice(word.length)}`,
    ...(failure === null ? [`  ${means}`] : []),
    ...(next === null ? [] : [`  To do: ${next}`]),
    ...(runbookUrl === null ? [] : [`  See ${plain(runbookUrl)}`]),
    ...issues.map((issue) => `  issue    ${paint(plain(issue), COLOURS.not_ready)}`),
    ...warnings.map((warning) => `  warning  ${paint(plain(warning), COLOURS.degraded)}`),
    ...(failure === null ? [paint(`  ${[`mode ${mode}`, ...evidence].join(', ')}`, COLOURS.unknown)] : []),
  ]
}
