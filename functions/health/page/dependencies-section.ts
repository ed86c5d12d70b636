import { runwaySecondsOf } from '../../core/evidence/account-call.ts'
import type { ProviderFacts } from '../../core/evidence/provider-facts.ts'
import { durationText } from '../../core/record/time-text.ts'
import type { Check } from '../checks/check.ts'
import { type Html, html } from './html.ts'
import type { PageSource } from './page-source.ts'

const LOOKS: Readonly<Record<Check['status'], string>> = {
  ok: 'ready',
  degraded: 'degraded',
  down: 'not_ready',
  unknown: 'unknown',
}

/** Names in the words of people. A dependency without such a name is called as in `/health/dependencies`. */
const NAMES: Readonly<Record<string, string>> = {
  captchaaiApi: 'CaptchaAI',
  twocaptchaApi: '2Captcha',
  table: 'Table',
  taskQueue: 'Task queue',
  secret: 'Secret with the API keys',
  sweep: 'Sweep',
}

/** Every dependency with its status, and for each provider its account. */
export function dependenciesSection(source: PageSource): Html {
  const items = Object.entries(source.checks).map(([name, check]) => dependencyItem(name, check, source))
  return html`<section aria-labelledby="dependencies"><h2 id="dependencies">Providers and dependencies</h2><ul class="deps">${items}</ul></section>`
}

function dependencyItem(name: string, check: PageSource['checks'][string], { details, now }: PageSource): Html {
  const account = details?.providers.find((provider) => `${provider.name}Api` === name)
  const known = [...(account === undefined ? [] : accountOf(account, now)), ...checkOf(check, now)]
  const isActive = account !== undefined && account.name === details?.activeProvider
  const part = isActive ? 'in use' : check.criticality === 'soft' ? 'in reserve' : null
  return html`<li><div class="row"><span class="grow"><strong>${NAMES[name] ?? name}</strong>${
    part === null ? null : html` <span class="dim small">${part}</span>`
  }</span><span class="tag ${LOOKS[check.status]}">${check.status}</span></div>${
    known.length === 0 ? null : html`<p class="dim small">${known.join(' · ')}</p>`
  }</li>`
}

function accountOf(facts: ProviderFacts, now: number): string[] {
  const { balance, balanceAt, error, threads, breaker } = facts
  const runway = runwaySecondsOf(facts)
  const lasts = runway === null ? '' : `, lasts about ${durationText(runway * 1000)}`
  const age = balanceAt === null || error === null ? '' : `, read ${durationText(now - balanceAt)} ago`
  return [
    `breaker ${BREAKERS[breaker.state]}`,
    balance === null ? 'balance unknown' : `balance $${balance.toFixed(2)}${lasts}${age}`,
    ...(threads === null ? [] : [`${threads.free} of ${threads.total} threads free`]),
  ]
}

const BREAKERS: Readonly<Record<ProviderFacts['breaker']['state'], string>> = {
  closed: 'closed',
  open: 'open: calls are stopped',
  half_open: 'half-open: one call is tried at a time',
}

function checkOf(
  { error, reason = error, responseMs = null, checkedAt = null }: Partial<Check>,
  now: number,
): string[] {
  const at = Date.parse(checkedAt ?? '')
  return [
    ...(reason === undefined ? [] : [reason]),
    ...(responseMs === null ? [] : [`answered in ${responseMs} ms`]),
    ...(Number.isNaN(at) ? [] : [`checked ${durationText(now - at)} ago`]),
  ]
}
