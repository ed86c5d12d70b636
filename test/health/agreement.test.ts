import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ISSUE_CODES } from '../../functions/contract/issues.ts'
import type { Breaker } from '../../functions/core/admission/breaker/breaker-state.ts'
import type { Admission } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import { headlineOf } from '../../functions/core/record/headline.ts'
import type { RecordReading } from '../../functions/core/record/record.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { recordOf, sweptProvider } from '../build/record.ts'
import { healthSeeing, type ServedAnswer } from './served-views.ts'

const WORDS: Record<string, string> = {
  ready: 'Ready',
  degraded: 'Degraded',
  not_ready: 'Not ready',
  unknown: 'Unknown',
}
const INDICATORS: Record<string, string> = { ready: 'none', degraded: 'minor', not_ready: 'major', unknown: 'critical' }

const anyIssue = fc
  .tuple(fc.constantFrom(...ISSUE_CODES), fc.option(fc.string({ maxLength: 8 })))
  .map(([code, value]) => (value === null ? code : `${code}=${value}`))
const anyProvider = fc
  .record({
    name: fc.constantFrom('captchaai', 'twocaptcha'),
    balance: fc.option(fc.float({ noNaN: true, min: 0, max: 99 })),
  })
  .map(sweptProvider)
const anyRecord = fc
  .record({
    status: fc.constantFrom('ready', 'degraded', 'not_ready'),
    mode: fc.constantFrom('normal', 'degraded', 'emergency'),
    issues: fc.array(anyIssue, { maxLength: 4 }),
    warnings: fc.array(anyIssue, { maxLength: 4 }),
    sweptAt: fc.integer({ min: NOON - 400_000, max: NOON + 60_000 }),
    changes: fc.array(
      fc.record({
        at: fc.integer({ min: NOON - 1e9, max: NOON }),
        status: fc.constantFrom('ready', 'degraded', 'not_ready', 'unknown'),
        reasons: fc.array(anyIssue, { maxLength: 3 }),
      }),
      { maxLength: 5 },
    ),
    evidence: fc.record({ providers: fc.array(anyProvider, { maxLength: 2 }) }),
  })
  .map(recordOf)
const anyReading: fc.Arbitrary<RecordReading> = fc.oneof(
  { weight: 6, arbitrary: anyRecord.map((record) => ({ kind: 'record', record, readAt: NOON }) as const) },
  fc.constant({ kind: 'missing', readAt: NOON } as const),
  fc.constant({ kind: 'unreadable', why: 'corrupt', readAt: NOON } as const),
  fc
    .tuple(fc.option(anyRecord), fc.integer({ min: 0, max: 20_000 }))
    .map(([last, ms]) => ({ kind: 'unreachable', failingSince: NOON - ms, last, readAt: NOON }) as const),
)

/** What the admission item may say beside the record, newer than it. */
const anyBreaker = fc.constantFrom<Breaker>(
  { state: 'closed', submit: null, result: null, rampSince: null },
  { state: 'open', since: NOON - 40_000, until: NOON + 20_000, seconds: 60, cause: 'HTTP_502' },
  { state: 'half_open', since: NOON - 5_000, seconds: 60, successes: 1, lease: null },
)
const anyAdmission = fc.option(
  fc.record({ breaker: anyBreaker, paused: fc.boolean() }).map(({ breaker, paused }): Admission => {
    const admission = initialAdmission(['captchaai', 'twocaptcha'])
    const { control } = admission
    const captchaai = { ...Object(control.providers.captchaai), breaker }
    const pause = paused ? { by: 'anna', at: NOON - 60_000, reason: 'moves house' } : null
    return { ...admission, control: { ...control, pause, providers: { ...control.providers, captchaai } } }
  }),
)

const heading = ({ body }: ServedAnswer) => /<h1[^>]*>(.*?)<\/h1>/.exec(body)?.[1]
const said = (answer: ServedAnswer) => Object(answer.json)

describe('every surface at one moment (body, header, code, metrics, page, badge)', () => {
  it.each([{}, { token: 'right' }])(
    'they agree (row 48, for random records), with these options: %j',
    async (options) => {
      await fc.assert(
        fc.asyncProperty(anyReading, anyAdmission, async (reading, admission) => {
          const get = healthSeeing(reading, admission === null ? options : { ...options, admission })
          const ready = await get('/health/ready')
          const [metrics, page, badge, json] = await Promise.all(
            ['/metrics', '/status', '/badge.svg', '/status.json'].map((path) => get(path)),
          )
          const { status, mode, issues, warnings } = said(ready)
          const word = WORDS[status] ?? ''

          expect(ready.status).toBe(['ready', 'degraded'].includes(status) ? 200 : 503)
          for (const answer of [ready, metrics, page, badge, json]) {
            expect(answer?.headers['X-Health-Status']).toBe(status)
            expect(answer?.headers['X-Service-Mode']).toBe(mode)
          }
          expect(metrics?.body).toContain(`\nlifesign_ready ${ready.status === 200 ? 1 : 0}\n`)
          expect(metrics?.body).toContain(`\nlifesign_status{status="${status}"} 1\n`)
          expect(metrics?.body).toContain(`\nlifesign_mode{mode="${mode}"} 1\n`)
          for (const code of ISSUE_CODES) {
            const shown = issues.some((issue: string) => issue.split('=')[0] === code) ? 1 : 0
            expect(metrics?.body).toContain(`\nlifesign_issue{code="${code}"} ${shown}\n`)
          }
          expect(page && heading(page)).toBe(word)
          expect(badge?.body).toContain(`<title>Lifesign: ${word.toLowerCase()}</title>`)
          const { reason } = headlineOf({ status, mode, issues, warnings })
          expect(json && said(json).status.indicator).toBe(INDICATORS[status])
          expect(json && said(json).status.description).toBe(
            `${word}: ${status === 'unknown' ? 'cannot tell: ' : ''}${reason}`,
          )
        }),
        { numRuns: 150 },
      )
    },
  )
})
