import { describe, expect, it } from 'vitest'
import { initialAdmission, initialProvider } from '../../functions/core/admission/item/initial.ts'
import { EMPTY_SUMMARY } from '../../functions/core/outcome/summary.ts'
import {
  emptyBucket,
  type HistoryBucket,
  SPAN_MS,
  type Span,
  startOf,
} from '../../functions/core/record/history-bucket.ts'
import { viewOf } from '../../functions/core/record/view.ts'
import type { HealthContext } from '../../functions/health/context.ts'
import { fullSource, type PageSource, reducedSource } from '../../functions/health/page/page-source.ts'
import { makeTokenCheck } from '../../functions/health/token-check.ts'
import { VIEWS } from '../../functions/health/views.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { deepCheck, deepRun } from '../build/deep-run.ts'
import { healthSettings, notReady, SWEPT_AT, sweptProvider } from '../build/record.ts'
import { healthSeeing, STATES } from './served-views.ts'

const TOKEN = 'canary-health-token-5b1f'
const ACCOUNT = '123456789012'
const ARN = `arn:aws:sqs:us-east-1:${ACCOUNT}:canary-tasks`
const QUEUE_URL = `https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/canary-tasks`
const KEY = 'canary0key0of0thirty0two0letters'
const PROVIDER_TEXT = 'ERROR: canary <b>provider</b> says no'
const NUMBERS = { balance: 417.25, waiting: 7771, inFlight: 6661, solved: 5551, perSecond: 3.25 }

/** A record and an admission item with a canary at every place that a text from outside, a name or a number may reach. */
const record = notReady({
  issues: [`low_balance=$${NUMBERS.balance}`, `circuit_open=${ARN}`, `no_usable_provider`, `spend_limit=${KEY}`],
  warnings: [`balance_unknown=${QUEUE_URL}`, `client_errors=${PROVIDER_TEXT}`],
  trace: [
    { rule: 'low_balance', observed: NUMBERS.balance, threshold: ARN, since: null, runbook: `docs/runbook.md#${KEY}` },
    { rule: 'circuit_open', observed: PROVIDER_TEXT, threshold: null, since: QUEUE_URL, runbook: 'docs/runbook.md' },
  ],
  since: { [ARN]: NOON },
  changes: [
    { at: NOON - 60_000, status: 'not_ready', reasons: [`circuit_open=${ARN}`, `low_balance=${PROVIDER_TEXT}`] },
  ],
  evidence: {
    queue: { waiting: NUMBERS.waiting, available: 1, inFlight: NUMBERS.inFlight, deadLetters: 2 },
    totals: {
      ...EMPTY_SUMMARY,
      solved: NUMBERS.solved,
      accountAnswers: { captchaai: { at: SWEPT_AT - 600_000, refusal: { class: 'auth', code: PROVIDER_TEXT } } },
      slow: [{ taskId: ARN, method: PROVIDER_TEXT, submittedAt: NOON, seenAt: NOON }],
      solveSeconds: { [PROVIDER_TEXT]: [1, 2] },
    },
    workers: { [ARN]: SWEPT_AT },
    providers: [
      sweptProvider({
        balance: NUMBERS.balance,
        error: { class: 'transient', code: PROVIDER_TEXT },
        workersRefused: { at: SWEPT_AT, class: 'auth', code: QUEUE_URL },
      }),
    ],
    pause: { by: ARN, at: NOON, reason: PROVIDER_TEXT },
  },
})
const { control } = initialAdmission(['captchaai'])
const admission = {
  ...initialAdmission(['captchaai']),
  control: {
    ...control,
    drainPerSecond: NUMBERS.perSecond,
    pause: { by: ARN, at: NOON, reason: PROVIDER_TEXT },
    providers: {
      captchaai: {
        ...initialProvider,
        breaker: { state: 'open', since: NOON, until: NOON + 9_000, seconds: 10, cause: PROVIDER_TEXT } as const,
        hold: { until: NOON + 9_000, class: 'rate', code: PROVIDER_TEXT } as const,
        key: {
          good: 'canary-fingerprint-good',
          refused: { fingerprint: 'canary-fingerprint-bad', at: NOON, code: PROVIDER_TEXT },
          lease: { id: 'canary-lease', until: NOON },
        },
      },
    },
  },
}
const bad = deepCheck({ status: 'down', error: PROVIDER_TEXT, reason: `Say ${ARN}.` })
const deep = async () => ({ kind: 'run', run: deepRun({ ranBy: ARN, checks: { captchaaiApi: bad } }) }) as const
const access = makeTokenCheck({ stage: 'prod', configured: undefined, stored: async () => TOKEN })

const PATHS = [
  ...Object.keys(VIEWS).flatMap((path) =>
    path.endsWith('*') ? ['captchaaiApi', 'table', 'nope'].map((name) => path.replace('*', name)) : [path],
  ),
  '/nowhere',
  `/health/${KEY}`,
]
const ACCEPTS = [
  'application/json',
  'application/health+json',
  'text/plain',
  'text/html',
  'application/openmetrics-text',
]
const readings = [
  { kind: 'record', record, readAt: NOON } as const,
  ...Object.values(STATES).map(({ reading }) => reading),
]

/** Body and headers of every view, in every format, by GET, HEAD and POST. */
async function everythingSaid(headers: Record<string, string>): Promise<{ where: string; said: string }[]> {
  const all = []
  for (const reading of readings) {
    const get = healthSeeing(reading, { access, admission, deep, backup: true })
    for (const path of PATHS)
      for (const method of ['GET', 'HEAD', 'POST'])
        for (const accept of ACCEPTS) {
          const { status, headers: sent, body } = await get(path, { method, headers: { ...headers, accept } })
          all.push({ where: `${method} ${path} as ${accept}: ${status}`, said: `${JSON.stringify(sent)}\n${body}` })
        }
  }
  return all
}
const places = (all: { where: string; said: string }[], what: RegExp) =>
  all.filter(({ said }) => what.test(said)).map(({ where }) => where)

describe('anonymous view: no ARN, queue URL, key, balance, provider error text (row 46), in every view, header and format', () => {
  it.each([
    ['without a token', {}],
    ['with a wrong token', { authorization: `Bearer ${TOKEN}x` }],
  ])('%s', async (_, headers) => {
    const all = await everythingSaid(headers)
    expect(all.length).toBeGreaterThan(2_000)
    for (const what of [/canary/i, /arn:aws/, /amazonaws/, new RegExp(ACCOUNT), /fingerprint/])
      expect([what, places(all, what)]).toEqual([what, []])
    for (const [name, value] of Object.entries(NUMBERS)) {
      const number = new RegExp(`(?<![\\d.])${String(value).replace('.', '\\.')}(?!\\d)`)
      expect([name, places(all, number)]).toEqual([name, []])
    }
  })

  it('the canaries are where a view could show them: with the token they are seen', async () => {
    const all = await everythingSaid({ authorization: `Bearer ${TOKEN}` })
    expect(places(all, /417\.25/).length).toBeGreaterThan(5)
    expect(places(all, /canary/).length).toBeGreaterThan(20)
  })
})

it('the source of the public page holds no count of tasks of any hour or day, stored or running, whatever its sections show', () => {
  const counted = (span: Span, at: number): HistoryBucket => {
    const bucket = emptyBucket(span, at)
    return { ...bucket, seconds: { ...bucket.seconds, ready: 60 }, solved: 3, failed: 2, solveSeconds: [1, 2] }
  }
  const [hour, day] = [startOf('hour', SWEPT_AT), startOf('day', SWEPT_AT)]
  const history = { hour: counted('hour', hour), day: counted('day', day), finished: [] }
  const reading = { kind: 'record', record: notReady({ history }), readAt: NOON } as const
  const stored = {
    hours: [counted('hour', hour - SPAN_MS.hour)],
    days: [counted('day', day - SPAN_MS.day)],
  }
  const settings = healthSettings()
  const seen: HealthContext = {
    ...{ now: NOON, look: { reading, admission: null, milliseconds: 1 }, view: viewOf(reading, NOON, settings) },
    self: { settings, providers: ['captchaai'], version: '1', uptimeMs: () => 1 },
    ...{ lastRun: null, history: async () => stored },
  }
  const barsOf = (source: PageSource) => [...source.history.hours, ...source.history.days]
  expect(barsOf(fullSource(seen, stored)).filter(({ solved }) => solved === 3)).toHaveLength(4)
  for (const { solved, failed, solveSeconds } of barsOf(reducedSource(seen, stored)))
    expect([solved, failed, solveSeconds]).toEqual([0, 0, []])
})

it('nobody sees the token, a fingerprint of a key, or who leads a probe, with the token neither', async () => {
  const all = await everythingSaid({ authorization: `Bearer ${TOKEN}` })
  expect(places(all, new RegExp(TOKEN))).toEqual([])
  expect(places(all, /fingerprint|canary-lease/)).toEqual([])
})

it('hostile strings in provider or error text: no text breaks out of a header, a line or a tag (row 45, every view)', async () => {
  const all = await everythingSaid({ authorization: `Bearer ${TOKEN}` })
  const pages = (where: string) => /\/(status|badge.svg) as/.test(where)
  expect(places(all, /<b>provider/).filter(pages)).toEqual([])
  expect(places(all, /&lt;b&gt;provider/).some(pages)).toBe(true)
  for (const { said } of all) expect(said.split('\n')[0]).toMatch(/^\{"Content-Type"/)
})
