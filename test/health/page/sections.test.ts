import { describe, expect, it } from 'vitest'
import { initialAdmission } from '../../../functions/core/admission/item/initial.ts'
import type { ReadinessRecord } from '../../../functions/core/record/record.ts'
import { NOON } from '../../../sim/memory/clock.ts'
import { minute, totals } from '../../build/evidence.ts'
import { notReady, recordOf, SWEPT_AT, sweptProvider } from '../../build/record.ts'
import { healthSeeing, type ServedOptions, STATES } from '../served-views.ts'
import { readable, sectionOf } from './readable.ts'

const pageOf = async (record: ReadinessRecord, options?: ServedOptions): Promise<string> =>
  (await healthSeeing({ kind: 'record', record, readAt: NOON }, options)('/status')).body
const pageIn = async (state: keyof typeof STATES, options?: ServedOptions): Promise<string> =>
  (await healthSeeing(STATES[state].reading, options)('/status')).body
const token = { token: 'right' }

describe('the order of the page', () => {
  it('is the verdict, its reasons, dependencies, load, history and changes; without reasons there is no such section', async () => {
    const headings = (page: string) => [...page.matchAll(/<h[12][^>]*>(.*?)</g)].map(([, text]) => text)
    const rest = ['Providers and dependencies', 'Load', 'History', 'Recent changes']
    expect(headings(await pageIn('not ready'))).toEqual(['Not ready', 'Issues and warnings', ...rest])
    expect(headings(await pageOf(recordOf({ warnings: ['on_backup=twocaptcha'] })))).toEqual([
      'Ready',
      'Issues and warnings',
      ...rest,
    ])
    const one = await pageOf(notReady({ issues: ['low_balance=$0.50'] }))
    expect(headings(one)).toEqual(['Not ready', 'Issues and warnings', ...rest])
    expect(headings(await pageIn('ready'))).toEqual(['Ready', ...rest])
  })

  it('begins with the time that the page shows, to the second', async () => {
    expect(readable(await pageIn('ready')).slice(0, 2)).toEqual([
      'Lifesign',
      'As of 2026-11-21 12:00:00 UTC · Check again',
    ])
  })
})

describe('the verdict', () => {
  it('says nothing of a time that nobody knows, and that there is no evidence where there is none', async () => {
    expect(sectionOf(await pageIn('ready'), 'state')).toEqual([
      'The fleet takes tasks, and nothing is wrong.',
      'The evidence is 7 s old.',
      'What it means Tasks that are sent now will be solved.',
    ])
    expect(sectionOf(await pageIn('missing'), 'state')).toContain('Since 12:00 UTC , for 0 s. There is no evidence.')
  })

  it('shows a command as a command, and the text around it as text', async () => {
    const page = await pageOf(notReady({ issues: ['api_key_refused=captchaai'] }))
    expect(page).toContain(
      'Set a valid key with <code>npx lifesign keys set</code>, and check that the plan has not ended. <a href="/runbook#api-key-refused">',
    )
  })

  it('has a mark of its own shape for each state', async () => {
    const marks = await Promise.all(
      (['ready', 'degraded', 'not ready', 'stale'] as const).map(async (state) =>
        /<div class="title"><svg[^>]*aria-hidden="true">(.+?)<\/svg>/
          .exec(await pageIn(state))?.[1]
          ?.replace(/\d/g, ''),
      ),
    )
    expect(marks).not.toContain(undefined)
    expect(new Set(marks).size).toBe(4)
  })
})

describe('the reasons', () => {
  it('are each issue and warning with its own observation only, where there is one', async () => {
    const trace = [
      { rule: 'low_balance', observed: null, threshold: null, since: null, runbook: 'docs/runbook.md#low-balance' },
      { rule: 'on_backup', observed: 'twocaptcha', threshold: null, since: null, runbook: 'docs/runbook.md#on-backup' },
    ] as const
    expect(sectionOf(await pageOf(notReady({ trace: [...trace] })), 'reasons')).toEqual([
      'Issue consecutive_failures=12',
      '12 tasks in a row failed, and none was solved in between. A new task will most likely fail. The first solve ends this.',
      'Runbook: consecutive failures',
      'Issue low_balance=$0.50',
      'The balance is down to $0.50. Without money no task can be solved. Tasks that cannot be paid for wait and are kept.',
      'Runbook: low balance',
      'Warning on_backup=twocaptcha',
      "The first provider cannot be used, and twocaptcha, the backup, does the work. Tasks are solved, at the backup's price.",
      'observed twocaptcha · Runbook: on backup',
    ])
  })

  it('that a later version wrote are shown by their codes, and the page stays what it is', async () => {
    const page = await pageOf(notReady({ issues: ['made_up=3'], warnings: [], trace: [] }))
    expect(page).toContain('<h1 id="state">Not ready</h1>')
    expect(sectionOf(page, 'reasons')).toEqual(['Issue made_up=3', 'Runbook'])
  })

  it('look like the state that they make: not ready, unknown where nothing is known, and degraded for a warning', async () => {
    const looks = (page: string) =>
      [...page.matchAll(/class="tag (\w+)">(Issue|Warning)/g)].map(([, ...found]) => found)
    expect(looks(await pageIn('not ready'))).toEqual([
      ['not_ready', 'Issue'],
      ['not_ready', 'Issue'],
      ['degraded', 'Warning'],
    ])
    expect(looks(await pageIn('missing'))).toEqual([['unknown', 'Issue']])
  })
})

describe('the dependencies', () => {
  const error = { class: 'transient', code: 'HTTP_502' } as const

  it('are each named, with status, account, and the age of the last look', async () => {
    const used = sweptProvider({ burnPerSecond: 0.001, error, lostCalls: 1, balanceAt: NOON - 120_000 })
    const spare = sweptProvider({ name: 'twocaptcha', balance: null, balanceAt: null, threads: null, responseMs: null })
    const page = await pageOf(recordOf({ evidence: { providers: [used, spare] } }), { backup: true })
    expect(sectionOf(page, 'dependencies')).toEqual([
      'CaptchaAI in use degraded',
      'breaker closed · balance $12.50, lasts about 3 h 28 min, read 2 min ago · 3 of 5 threads free · captchaai answered with HTTP 502. · answered in 84 ms · checked 7 s ago',
      '2Captcha in reserve ok',
      'breaker closed · balance unknown · checked 7 s ago',
      'Table ok',
      'answered in 3 ms · checked 0 s ago',
      'Task queue ok',
      'checked 7 s ago',
      'Secret with the API keys ok',
      'checked 7 s ago',
      'Sweep ok',
      'checked 7 s ago',
    ])
  })

  it('say nothing of an age that nobody knows: of a balance that an unanswered call left, and of one that is new', async () => {
    const section = async (changes: Parameters<typeof sweptProvider>[0]) =>
      sectionOf(await pageOf(recordOf({ evidence: { providers: [sweptProvider(changes)] } })), 'dependencies')[1]
    expect(await section({ error, balanceAt: null })).toMatch(/^breaker closed · balance \$12\.50 · 3 of 5/)
    expect(await section({ balanceAt: NOON - 120_000 })).toMatch(/^breaker closed · balance \$12\.50 · 3 of 5/)
  })

  it('are a status alone to those without the token', async () => {
    expect(sectionOf(await pageIn('not ready', token), 'dependencies')).toEqual([
      'CaptchaAI ok',
      'Table ok',
      'Task queue ok',
      'Secret with the API keys ok',
      'Sweep ok',
    ])
  })

  it('are unknown without a record, also while the admission item is known', async () => {
    const page = await pageIn('missing', { admission: initialAdmission(['captchaai']) })
    expect(page).toContain('<h1 id="state">Unknown</h1>')
    expect(sectionOf(page, 'dependencies').slice(0, 4)).toEqual([
      'CaptchaAI unknown',
      'No sweep has looked at captchaai lately.',
      'Table ok',
      'answered in 3 ms · checked 0 s ago',
    ])
    expect(sectionOf(page, 'changes')).toEqual(['No change of state is known.'])
  })
})

describe('the load', () => {
  const admitted = ['critical all', 'high all', 'normal all', 'low all']
  const isAdmitted = 'Who is admitted, by priority'

  it('is told in numbers with their units', async () => {
    expect(sectionOf(await pageIn('ready'), 'load')).toEqual([
      'Mode normal',
      'Waiting 4 room for 1000, oldest 2 s',
      'In flight 9 of 100, 9 %',
      'Workers 2 alive in the last 2 min',
      'Solved 8 in the last hour',
      'Success 80 % 2 failed or expired',
      isAdmitted,
      ...admitted,
    ])
  })

  it('of an idle fleet has no oldest task and no success', async () => {
    const queue = { waiting: 0, available: 0, inFlight: 0, deadLetters: 0 }
    const idle = await pageOf(recordOf({ evidence: { queue, minutes: [] } }))
    expect(sectionOf(idle, 'load').slice(1, 6)).toEqual([
      'Waiting 0 room for 1000',
      'In flight 0 of 100, 0 %',
      'Workers 2 alive in the last 2 min',
      'Solved 0 in the last hour',
      'Success no data 0 failed or expired',
    ])
  })

  it('cuts shares, so that 99.99 % is not 100 %', async () => {
    const minutes = [minute(NOON - 60_000, { solved: 9_999, failed: 1 })]
    const queue = { waiting: 0, available: 0, inFlight: 199, deadLetters: 0 }
    const page = await pageOf(recordOf({ evidence: { minutes, queue } }), { settings: { maxInFlight: 200 } })
    expect(sectionOf(page, 'load')).toEqual(
      expect.arrayContaining(['In flight 199 of 200, 99 %', 'Success 99.9 % 1 failed or expired']),
    )
  })

  it.each([
    ['normal', [], {}, admitted],
    [
      'degraded',
      [],
      {},
      ['critical all', 'high all', 'normal up to 90 % of the places', 'low up to 50 % of the places'],
    ],
    ['degraded', [], token, ['critical all', 'high all', 'normal some', 'low some']],
    ['normal', ['paused'], {}, ['critical none', 'high none', 'normal none', 'low none']],
    ['normal', ['paused'], token, ['critical none', 'high none', 'normal none', 'low none']],
  ] as const)(
    'in the mode %s with the issues %j says who is admitted, case %#',
    async (mode, issues, options, shares) => {
      const status = issues.length > 0 ? 'not_ready' : mode === 'normal' ? 'ready' : 'degraded'
      const lines = sectionOf(await pageOf(recordOf({ mode, status, issues: [...issues] }), options), 'load')
      expect(lines.slice(lines.indexOf(isAdmitted) + 1)).toEqual(shares)
    },
  )

  it('is unknown, and no number is shown, where nothing is known', async () => {
    expect(sectionOf(await pageIn('stale'), 'load')).toEqual([
      'Mode unknown',
      isAdmitted,
      ...['critical unknown', 'high unknown', 'normal unknown', 'low unknown'],
    ])
  })
})

describe('the recent changes', () => {
  const change = (secondsAgo: number, reasons: string[] = []) =>
    ({ at: NOON - secondsAgo * 1000, status: 'not_ready', reasons }) as const
  const moved = {
    at: NOON - 90_000,
    what: 'route',
    provider: '',
    from: 'captchaai',
    to: 'twocaptcha',
    cause: '',
  } as const
  const refused = {
    at: NOON - 5_000,
    what: 'key',
    provider: 'captchaai',
    from: 'good',
    to: 'refused',
    cause: 'ERROR_X',
  } as const

  it('are told with their reasons and causes, the newest first, and the state alone to those without the token', async () => {
    const record = recordOf({
      changes: [change(60, ['low_balance=$0.50', 'queue_full=1200'])],
      evidence: { totals: totals({ changes: [moved, refused] }) },
    })
    expect(sectionOf(await pageOf(record), 'changes')).toEqual([
      '11:59 UTC captchaai, key good → refused: ERROR_X',
      '11:59 UTC Not ready low_balance=$0.50, queue_full=1200',
      '11:58 UTC route captchaai → twocaptcha',
    ])
    expect(sectionOf(await pageOf(record, token), 'changes')).toEqual(['11:59 UTC Not ready low_balance, queue_full'])
  })

  it('are the last twenty of all together', async () => {
    const changes = Array.from({ length: 20 }, (_, n) => change(60 * (n + 1)))
    const record = recordOf({ changes, evidence: { totals: totals({ changes: [refused] }) } })
    const lines = sectionOf(await pageOf(record), 'changes')
    expect(lines).toHaveLength(20)
    expect(lines.at(-1)).toBe('11:41 UTC Not ready')
  })
})

it('a record that no account was ever read for is a page too', async () => {
  const lines = sectionOf(await pageOf(recordOf({ sweptAt: SWEPT_AT, evidence: { providers: [] } })), 'dependencies')
  expect(lines.slice(0, 2)).toEqual(['CaptchaAI unknown', 'No sweep has looked at captchaai lately.'])
})
