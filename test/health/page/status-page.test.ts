import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { initialAdmission } from '../../../functions/core/admission/item/initial.ts'
import type { ReadinessRecord } from '../../../functions/core/record/record.ts'
import { NOON } from '../../../sim/memory/clock.ts'
import { totals } from '../../build/evidence.ts'
import { notReady, recordOf, SWEPT_AT, sweptProvider } from '../../build/record.ts'
import { healthSeeing, type ServedOptions, STATES } from '../served-views.ts'

const WORDS = { ready: 'Ready', degraded: 'Degraded', not_ready: 'Not ready', unknown: 'Unknown' }
const states = Object.entries(STATES)
const seeing = (record: ReadinessRecord, options?: ServedOptions) =>
  healthSeeing({ kind: 'record', record, readAt: NOON }, options)
const textOf = (page: string, tag: string): string =>
  new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, 's').exec(page)?.[1] ?? ''
/** The page as a person reads it: without markup. */
const readable = (page: string): string =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ')
/** Every tag with the names of its attributes. */
const tagsOf = (page: string): string[] => (page.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'))

describe.each(states)('the status page, record %s', (_, { reading, status }) => {
  it('says the state in title and heading, and has one main heading', async () => {
    const { body, headers } = await healthSeeing(reading)('/status')
    expect(textOf(body, 'h1')).toBe(WORDS[status])
    expect(textOf(body, 'title')).toBe(`${WORDS[status]} · Lifesign`)
    expect(body.match(/<h1/g)).toHaveLength(1)
    expect(headers['X-Health-Status']).toBe(status)
  })

  it('is 503 exactly if there is no record to show, and a page either way', async () => {
    const answer = await healthSeeing(reading)('/status')
    const ready = await healthSeeing(reading)('/health/ready')
    const isUnreadable = JSON.stringify(ready.json.issues).includes('record_unreadable')
    expect(answer.status).toBe(isUnreadable ? 503 : 200)
    expect(answer.headers['Content-Type']).toBe('text/html; charset=utf-8')
    expect(answer.body).toMatch(/^<!doctype html>\n<html lang="en">/)
  })

  it('needs no script and may load nothing: the policy allows the one style sheet by its hash', async () => {
    const { body, headers } = await healthSeeing(reading)('/status')
    const policy = headers['Content-Security-Policy'] ?? ''
    const hash = createHash('sha256').update(textOf(body, 'style')).digest('base64')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`style-src 'sha256-${hash}'`)
    expect(policy).not.toMatch(/unsafe|script-src|\*/)
    expect(body).not.toMatch(
      /<script|<link rel="stylesheet"|<iframe|<form|\sstyle=|\son\w+=|javascript:|@import|url\((?!#)/i,
    )
    expect(body.match(/(?:src|href)="[^"]*"/g)?.filter((link) => /:/.test(link))).toEqual(['href="data:,"'])
  })

  it('has only links that are answered, whether it was asked for with a slash at the end or without', async () => {
    const get = healthSeeing(reading)
    for (const asked of ['/status', '/status/']) {
      const { body } = await get(asked)
      const links = [...body.matchAll(/<a href="([^"]*)"/g)].map(([, href = '']) => href)
      expect(links.length).toBeGreaterThanOrEqual(4)
      for (const link of links) {
        const { pathname } = new URL(link, `http://fleet${asked}`)
        expect([link, (await get(pathname)).status]).not.toEqual([link, 404])
      }
    }
  })

  it('has every section labelled by its own heading', async () => {
    const { body } = await healthSeeing(reading)('/status')
    const labels = [...body.matchAll(/aria-labelledby="(\w+)"/g)].map(([, id]) => id)
    expect(labels.length).toBeGreaterThanOrEqual(4)
    for (const id of labels) expect(body.match(new RegExp(` id="${id}"`, 'g'))).toHaveLength(1)
  })
})

describe('the status page', () => {
  it('says reason, since when, what it means and what to do', async () => {
    const changes = [{ at: NOON - 14 * 60_000, status: 'not_ready', reasons: ['low_balance=$0.50'] } as const]
    const record = notReady({ changes: changes.map((change) => ({ ...change, reasons: ['low_balance=$0.50'] })) })
    const page = readable((await seeing(record)('/status')).body)
    expect(page).toContain('Not ready The balance is down to $0.50.')
    expect(page).toContain('Since 11:46 UTC , for 14 min. The evidence is 7 s old.')
    expect(page).toContain('What it means Without money no task can be solved.')
    expect(page).toContain('What to do Top up the account.')
    expect(page).toContain('Nothing has to be restarted. Runbook: low balance')
    expect(page).toContain('observed 12 · threshold 10 · since 11:58 UTC , for 1 min · Runbook: consecutive failures')
  })

  it('links each issue and warning, and its advice, to the section of the runbook that it serves', async () => {
    const { body } = await seeing(notReady())('/status')
    expect([...body.matchAll(/<a href="(\/runbook[^"]*)">([^<]*)</g)].map(([, href, text]) => [href, text])).toEqual([
      ['/runbook#low-balance', 'Runbook: low balance'],
      ['/runbook#consecutive-failures', 'Runbook: consecutive failures'],
      ['/runbook#low-balance', 'Runbook: low balance'],
      ['/runbook#on-backup', 'Runbook: on backup'],
    ])
    expect(body).toMatch(/<dt>What to do<\/dt><dd>[^<]*<a href="\/runbook#low-balance">/)
  })

  it('links an issue of a later version, which has no section here, to the contents of the runbook', async () => {
    const { body } = await seeing(notReady({ issues: ['made_up="><b>'], warnings: [], trace: [] }))('/status')
    expect(body).toContain('<a href="/runbook">Runbook</a>')
    expect(body).not.toContain('/runbook#')
  })

  it('shows providers with balance and threads, load, mode and who is admitted', async () => {
    const record = recordOf({
      mode: 'degraded',
      status: 'degraded',
      evidence: { providers: [sweptProvider({ burnPerSecond: 0.001 })] },
    })
    const page = readable((await seeing(record, { backup: true })('/status')).body)
    expect(page).toContain(
      'CaptchaAI in use ok breaker closed · balance $12.50, lasts about 3 h 28 min · 3 of 5 threads free · answered in 84 ms',
    )
    expect(page).toContain('2Captcha in reserve unknown')
    expect(page).toContain('Mode degraded Waiting 4 room for 1000')
    expect(page).toContain('In flight 9 of 100, 9 %')
    expect(page).toContain('critical all high all normal up to 90 % of the places low up to 50 % of the places')
    expect(page).toContain('Success 80 % 2 failed or expired')
  })

  it('shows the changes of state, the latest first, with the day where it is not today', async () => {
    const changes = [
      { at: NOON - 60_000, status: 'ready' as const, reasons: [] },
      { at: NOON - 36 * 3_600_000, status: 'unknown' as const, reasons: ['stale_evidence'] },
    ]
    const page = readable((await seeing(recordOf({ changes }))('/status')).body)
    expect(page).toMatch(/Recent changes 11:59 UTC Ready 20 Nov, 00:00 UTC Unknown stale_evidence/)
  })

  it('shows what workers changed of breakers and keys among the changes of state, to those with the token', async () => {
    const opened = { what: 'breaker', provider: 'captchaai', from: 'closed', to: 'open', cause: 'HTTP_502' } as const
    const record = recordOf({
      changes: [{ at: NOON - 60_000, status: 'not_ready', reasons: ['no_usable_provider'] }],
      evidence: {
        totals: totals({
          changes: [
            { at: NOON - 90_000, ...opened },
            { at: NOON - 30_000, ...opened, to: 'half_open' },
          ],
        }),
      },
    })
    const page = readable((await seeing(record)('/status')).body)
    expect(page).toMatch(
      /captchaai, breaker closed → half_open: HTTP_502 11:59 UTC Not ready no_usable_provider 11:58 UTC captchaai, breaker closed → open/,
    )
    expect((await seeing(record, { token: 'right' })('/status')).body).not.toMatch(/HTTP_502|half_open/)
  })

  it('shows the breaker as it is now, and not as the last sweep saw it', async () => {
    const admission = initialAdmission(['captchaai'])
    const { control } = admission
    const provider = control.providers.captchaai
    if (provider === undefined) throw new Error('no provider')
    const breaker = { state: 'open', since: NOON - 20_000, until: NOON + 9000, seconds: 10, cause: 'HTTP_502' } as const
    const opened = { ...admission, control: { ...control, providers: { captchaai: { ...provider, breaker } } } }
    const page = readable((await seeing(recordOf(), { admission: opened })('/status')).body)
    expect(page).toContain('breaker open: calls are stopped')
    expect(page).not.toContain('breaker closed')
  })

  it('never shows old numbers as present ones: a stale page has no load, and its balance has no green light', async () => {
    const page = readable((await healthSeeing(STATES.stale.reading)('/status')).body)
    expect(page).toContain('Mode unknown')
    expect(page).not.toMatch(/In flight|Waiting|Workers/)
    expect(page).toContain('critical unknown high unknown')
    expect((await healthSeeing(STATES.stale.reading)('/status')).body).not.toMatch(
      /class="tag ready">ok<\/span><\/div><p[^>]*>balance/,
    )
  })

  it('is under 60 kB with twenty changes, every issue and long texts', async () => {
    const text = 'x'.repeat(200)
    const issues = Array.from({ length: 20 }, (_, i) => `made_up_${i}=${text}`)
    const changes = Array.from({ length: 20 }, (_, i) => ({ at: NOON - i, status: 'ready' as const, reasons: [text] }))
    const { body } = await seeing(notReady({ issues, warnings: issues, changes }))('/status')
    expect(new TextEncoder().encode(body).length).toBeLessThan(60_000)
  })
})

describe('a reader without the token', () => {
  const PLANTED = 'CANARY'
  const record = notReady({
    issues: [`low_balance=$${PLANTED}`, `api_key_refused=${PLANTED}`],
    warnings: [`on_backup=${PLANTED}`],
    trace: [{ rule: 'low_balance', observed: PLANTED, threshold: PLANTED, since: null, runbook: PLANTED }],
    changes: [{ at: SWEPT_AT, status: 'not_ready', reasons: [`low_balance=$${PLANTED}`] }],
    evidence: {
      queue: { waiting: 770_077, available: 1, inFlight: 880_088, deadLetters: 0 },
      providers: [sweptProvider({ balance: 98_765.43, error: { class: 'auth', code: PLANTED } })],
    },
  })

  it.each(['/status', '/status.json', '/badge.svg'])(
    'sees on %s no value, number or text from outside',
    async (path) => {
      const reduced = await seeing(record, { token: 'right' })(path)
      const full = await seeing(record)(path)
      expect(reduced.status).toBe(full.status)
      expect(reduced.body).not.toMatch(/CANARY|98765|770077|880088|runbook/)
      if (path === '/status') expect(full.body).toMatch(/CANARY.*98765\.43.*770077/s)
    },
  )

  it('sees state, reason, meaning, codes, dependencies, mode, and since when', async () => {
    const page = readable((await seeing(record, { token: 'right' })('/status')).body)
    expect(page).toContain('Not ready The provider refuses the API key.')
    expect(page).toContain('Since 11:59 UTC , for 7 s.')
    expect(page).toContain('Issue low_balance The balance is low.')
    expect(page).toContain('CaptchaAI degraded')
    expect(page).toContain('Mode normal')
    expect(page).not.toContain('What to do')
  })
})

describe('hostile strings in task, provider or error text: escaped; CSP without script (row 45, on the status page)', () => {
  const HOSTILE = [
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    '</style><script>alert(1)</script>',
    '</title><svg onload=alert(1)>',
    '\u202egpj.exe\u0000\u001b[31m`$1`',
    '&lt;b&gt;',
  ]
  const withText = (text: string) =>
    notReady({
      issues: [`low_balance=${text}`, text],
      warnings: [`on_backup=${text}`],
      trace: [{ rule: 'low_balance', observed: text, threshold: text, since: text, runbook: text }],
      changes: [{ at: SWEPT_AT, status: 'not_ready', reasons: [text] }],
      activeProvider: text,
      evidence: { providers: [sweptProvider({ name: text, error: { class: 'auth', code: text } })] },
    })

  it.each(HOSTILE)('%j changes no tag of the page', async (text) => {
    const harmless = await seeing(withText('harmless'))('/status')
    const page = await seeing(withText(text))('/status')
    expect(tagsOf(page.body)).toEqual(tagsOf(harmless.body))
    expect(page.body).not.toContain(text)
    expect(page.headers['Content-Security-Policy']).toBe(harmless.headers['Content-Security-Policy'])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    expect(page.body).not.toMatch(/[\u0000-\u0008\u001b\u202e]/)
  })
})
