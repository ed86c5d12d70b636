import { createServer } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { statusLines, statusObject } from '../../bin/commands/status/told-status.ts'
import type { RecordReading } from '../../functions/core/record/record.ts'
import { listen, urlOf } from '../../local/support/listen.ts'
import { type Get, healthSeeing, type ServedOptions, STATES } from '../health/served-views.ts'
import { lifesign } from './scripted-fleet.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A health URL that answers each request with the next of these, and then with the last one for ever. */
async function serve(...gets: Get[]) {
  const asked: { path: string; authorization: string | undefined }[] = []
  const accepted: (string | undefined)[] = []
  const server = createServer(async (request, response) => {
    const get = gets[Math.min(asked.length, gets.length - 1)]
    const { authorization, accept } = request.headers
    asked.push({ path: request.url ?? '', authorization })
    accepted.push(accept)
    const headers = { accept: request.headers.accept ?? '', ...(authorization ? { authorization } : {}) }
    const answer = await get?.(request.url ?? '', { headers })
    response.writeHead(answer?.status ?? 500, answer?.headers).end(answer?.body)
  })
  const port = await listen(server, { what: 'the health URL of the test', port: 0, variable: 'none' })
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: urlOf(port), port, asked, accepted }
}
const seeing = (reading: RecordReading, options?: ServedOptions) => serve(healthSeeing(reading, options))
const text = (lines: string[]) => lines.join('\n')

const CODES = { ready: 0, degraded: 1, not_ready: 2, unknown: 3 }
const WORDS = { ready: 'Ready', degraded: 'Degraded', not_ready: 'Not ready', unknown: 'Unknown' }

describe('lifesign status', () => {
  it.each(Object.entries(STATES))(
    'record %s: says word and reason of the page, and its exit code is the state',
    async (_, state) => {
      const { url } = await seeing(state.reading)
      const page = await healthSeeing(state.reading)('/status')
      const lead = /<p class="lead">(.*?)<\/p>/.exec(page.body)?.[1] ?? 'no lead'
      const { code, out } = await lifesign(['status', '--url', url])
      expect(code).toBe(CODES[state.status])
      expect(out[0]).toMatch(new RegExp(`^. ${WORDS[state.status]}(:| since )`))
      expect(out[0]?.toLowerCase()).toContain(lead.replaceAll('&#39;', "'").toLowerCase())
    },
  )

  it('tells since when, what it means, what to do, where to read, and every issue and warning', async () => {
    const { url } = await seeing(STATES['not ready'].reading)
    const { out } = await lifesign(['status', '--url', url])
    expect(out[0]).toMatch(/^✖ Not ready since .*11:58 UTC, for .*: the balance is down to \$0\.50\.$/)
    expect(out.slice(1)).toEqual([
      '  Without money no task can be solved. Tasks that cannot be paid for wait and are kept.',
      '  To do: Top up the account. Nothing has to be restarted.',
      `  See ${url}/runbook#low-balance`,
      '  issue    consecutive_failures=12',
      '  issue    low_balance=$0.50',
      '  warning  on_backup=twocaptcha',
      '  mode normal, evidence 7 s old',
    ])
  })

  it('asks the fleet of npm start unless it is told another, and sends the token only if there is one', async () => {
    const fleet = await seeing(STATES.ready.reading, { token: 'right' })
    const env = { LIFESIGN_PORT: String(fleet.port) }
    expect((await lifesign(['status'], { env })).code).toBe(0)
    await lifesign(['status'], { env: { ...env, LIFESIGN_HEALTH_TOKEN: 'right' } })
    expect(fleet.asked).toEqual([
      { path: '/health/ready', authorization: undefined },
      { path: '/health/ready', authorization: 'Bearer right' },
    ])
  })

  it('without the token gives the same reason without its value', async () => {
    const { url } = await seeing(STATES['not ready'].reading, { token: 'right' })
    const { code, out } = await lifesign(['status', '--url', url])
    expect(code).toBe(2)
    expect(out[0]).toBe('✖ Not ready: the balance is low.')
    expect(out).toContain(`  See ${url}/runbook#low-balance`)
    expect(text(out).replaceAll(url, 'URL')).not.toMatch(/0\.50|12|twocaptcha/)
  })

  it('is unknown, exit code 3 and never an error where nothing listens', async () => {
    const { url } = await seeing(STATES.ready.reading)
    for (const close of closers.splice(0)) close()
    const { code, out, err } = await lifesign(['status', '--url', url])
    expect([code, err]).toEqual([3, []])
    expect(out).toEqual(['? Unknown: the health URL cannot be read (ECONNREFUSED).'])
  })

  it.each([
    ['a page that is not ours', '<html>ok</html>', 200],
    ['JSON that is no health report', '{"status":"ok"}', 200],
    ['a redirect', '', 302],
    ['green text with escapes', '{"status":"ready\\u001b[32m"}', 200],
  ])('is unknown where the URL answers with %s', async (_, body, status) => {
    const other: Get = async () => ({ status, headers: { location: '/elsewhere' }, body, json: {} })
    const { url } = await serve(other)
    const { code, out } = await lifesign(['status', '--url', url])
    expect(code).toBe(3)
    expect(text(out)).toMatch(/^\? Unknown: the health URL cannot be read \([^\n]*\)\.$/)
  })

  it('has colours where the terminal has them: green for ready alone; without them no escape', async () => {
    const colours = { ready: 32, degraded: 33, not_ready: 31, unknown: 90 }
    for (const { reading, status } of Object.values(STATES)) {
      const { url } = await seeing(reading)
      const painted = await lifesign(['status', '--url', url], { coloured: true })
      expect(painted.out[0]?.startsWith(`\x1b[${colours[status]}m`)).toBe(true)
      expect(text(painted.out).includes('\x1b[32m')).toBe(status === 'ready')
      expect(text((await lifesign(['status', '--url', url])).out)).not.toContain('\x1b')
    }
  })

  it('--json is one object with the same words', async () => {
    const { url } = await seeing(STATES['not ready'].reading)
    const { out, code } = await lifesign(['status', '--json', '--url', url], { coloured: true })
    expect(code).toBe(2)
    expect(out).toHaveLength(1)
    expect(JSON.parse(out[0] ?? '')).toEqual({
      ...{ status: 'not_ready', mode: 'normal', word: 'Not ready', code: 'low_balance', ageSeconds: 7 },
      ...{ issues: ['consecutive_failures=12', 'low_balance=$0.50'], warnings: ['on_backup=twocaptcha'] },
      reason: 'the balance is down to $0.50',
      means: 'Without money no task can be solved. Tasks that cannot be paid for wait and are kept.',
      next: 'Top up the account. Nothing has to be restarted.',
      since: '2026-11-21T11:58:53.000Z',
      runbook: 'docs/runbook.md#low-balance',
      runbookUrl: `${url}/runbook#low-balance`,
    })
  })

  it('of several reasons the one that began first tells since when, warnings only where there is no issue', () => {
    const at = (minute: number) => `2026-11-21T11:${minute}:00.000Z`
    const trace = [
      { rule: 'low_balance', since: at(50) },
      { rule: 'overdue', since: at(40) },
      { rule: 'on_backup', since: at(30) },
      { rule: 'provider_slow', since: at(35) },
      { rule: 'starting', since: null },
    ]
    const warnings = ['starting', 'provider_slow=captchaai', 'on_backup=twocaptcha']
    const stated = { status: 'not_ready', mode: 'normal', warnings, ageSeconds: 7 } as const
    const sinceOf = (issues: string[]) => statusObject({ ...stated, url: '', issues, trace, failure: null }).since
    expect(sinceOf(['low_balance=$0.50', 'overdue=3'])).toBe(at(40))
    expect(sinceOf(['overdue=3', 'low_balance=$0.50'])).toBe(at(40))
    expect(sinceOf(['low_balance=$0.50'])).toBe(at(50))
    expect(sinceOf([])).toBe(at(30))
    expect(sinceOf(['starting'])).toBe(null)
  })

  it('an address that redirects tells nothing: nobody else is asked, and nobody else gets the token', async () => {
    const other = await seeing(STATES.ready.reading, { token: 'right' })
    const elsewhere: Get = async (...of) => {
      const answer = await healthSeeing(STATES.ready.reading)(...of)
      return { ...answer, status: 307, headers: { Location: `${other.url}/health/ready` }, body: '' }
    }
    const { url, asked } = await serve(elsewhere)
    const { code, out } = await lifesign(['status', '--url', url], { env: { LIFESIGN_HEALTH_TOKEN: 'right' } })
    expect([code, out[0]?.slice(0, 9)]).toEqual([CODES.unknown, '? Unknown'])
    expect([asked.length, other.asked]).toEqual([1, []])
  })

  it('--watch prints each change once, an age that grows is none, and ends on Ctrl-C with the exit code of the last state', async () => {
    const [ready, notReady] = [healthSeeing(STATES.ready.reading), healthSeeing(STATES['not ready'].reading)]
    const stop = new AbortController()
    const last: Get = async (...of) => {
      setTimeout(() => stop.abort(), 50)
      return notReady(...of)
    }
    const later: Get = async (...of) => {
      const answer = await ready(...of)
      return { ...answer, body: answer.body.replace('"ageSeconds":7,', '"ageSeconds":8,') }
    }
    expect((await later('/health/ready')).body).toContain('"ageSeconds":8,')
    const { url, asked } = await serve(ready, later, ready, notReady, notReady, last)
    const { code, out } = await lifesign(['status', '--watch', '--every', '0.1', '--url', url], { stop: stop.signal })
    expect(code).toBe(2)
    expect(asked.length).toBe(6)
    expect(out.filter((line) => /^[✔✖]/.test(line)).map((line) => line.slice(0, 3))).toEqual(['✔ R', '✖ N'])
  })

  it('--watch prints a state again that ended and began anew between two looks', async () => {
    const stop = new AbortController()
    let looks = 0
    const since = [10, 10, 25, 25].map((minute) => `2026-11-21T11:${minute}:00.000Z`)
    const at: Get = async () => {
      const trace = [{ rule: 'overdue', since: since[looks] ?? null }]
      looks += 1
      if (looks === since.length) setTimeout(() => stop.abort(), 50)
      const stated = { status: 'not_ready', mode: 'normal', issues: ['overdue=3'], warnings: [] }
      const body = JSON.stringify({ ...stated, trace, evidence: { ageSeconds: looks } })
      return { status: 503, headers: { 'content-type': 'application/json' }, body, json: {} }
    }
    const { url } = await serve(at)
    const args = ['status', '--watch', '--json', '--every', '0.1', '--url', url]
    const { code, out } = await lifesign(args, { stop: stop.signal })
    expect([code, out.map((line) => JSON.parse(line).since)]).toEqual([2, [since[0], since[2]]])
  })

  it('--watch draws every look in place of the last one on a screen with colours, and never with --json', async () => {
    const ready = healthSeeing(STATES.ready.reading)
    const looks = async (...args: string[]) => {
      const stop = new AbortController()
      const { url } = await serve(ready, ready, (...of) => {
        stop.abort()
        return ready(...of)
      })
      const options = { stop: stop.signal, coloured: true }
      return lifesign(['status', '--watch', '--every', '0.1', '--url', `${url}//`, ...args], options)
    }
    const drawn = await looks()
    expect(drawn.code).toBe(0)
    const cleared = drawn.out.filter((line) => line.startsWith('\x1b[H\x1b[2J'))
    expect(cleared).toEqual(Array(2).fill(expect.stringMatching(/\d\d:\d\d:\d\d UTC$/)))
    expect(drawn.out.filter((line) => line.includes('✔'))).toHaveLength(2)
    const json = await looks('--json')
    expect(json.out.map((line) => JSON.parse(line).status)).toEqual(['ready'])
  })

  it('--watch that waits for its next look ends at once on Ctrl-C', async () => {
    const stop = new AbortController()
    const ready = healthSeeing(STATES.ready.reading)
    const { url, asked } = await serve((...of) => {
      setTimeout(() => stop.abort(), 100)
      return ready(...of)
    })
    const options = { stop: stop.signal }
    expect((await lifesign(['status', '--watch', '--every', '3600', '--url', url], options)).code).toBe(0)
    expect(asked).toHaveLength(1)
  })

  it('an address that answers with something else is told with its status, as an unknown state of which nothing is claimed', async () => {
    const { url, accepted } = await serve(async () => ({ status: 404, headers: {}, body: '<html>', json: {} }))
    const { code, out } = await lifesign(['status', '--url', url])
    const failure = 'the health URL cannot be read (it answers 404 without a health report)'
    expect([code, out]).toEqual([CODES.unknown, [`? Unknown: ${failure}.`]])
    const json = await lifesign(['status', '--json', '--url', url])
    expect(JSON.parse(json.out.join())).toMatchObject({
      ...{
        status: 'unknown',
        mode: 'normal',
        issues: [],
        warnings: [],
        ageSeconds: null,
        reason: failure,
        since: null,
      },
    })
    expect(accepted).toEqual(Array(2).fill('application/json'))
  })

  it('a ready fleet is not told with the time at which a warning began, nor evidence with an age that is not known', () => {
    const health = {
      ...{ url: 'http://health.example', status: 'ready' as const, mode: 'normal' as const, issues: [] },
      ...{ warnings: ['low_balance=$0.50'], failure: null, ageSeconds: null },
      trace: [{ rule: 'low_balance', since: '2026-11-21T11:00:00.000Z' }],
    }
    const lines = statusLines(health, Date.parse('2026-11-21T12:00:00.000Z'), false)
    expect(lines[0]).toMatch(/^✔ Ready: /)
    expect(lines.slice(-2)).toEqual(['  warning  low_balance=$0.50', '  mode normal'])
    const degraded = statusLines(
      { ...health, status: 'degraded', ageSeconds: 7 },
      Date.parse('2026-11-21T12:00:00.000Z'),
      false,
    )
    expect(degraded[0]).toMatch(/^▲ Degraded since .*11:00 UTC, for 1 h: /)
    expect(degraded.at(-1)).toBe('  mode normal, evidence 7 s old')
  })

  it('--watch that is stopped before it saw anything ends as unknown', async () => {
    const { url, asked } = await seeing(STATES.ready.reading)
    const stopped = await lifesign(['status', '--watch', '--url', url], { stop: AbortSignal.abort() })
    expect({ ...stopped, asked }).toEqual({ code: CODES.unknown, out: [], err: [], asked: [] })
  })

  it.each([[[]], [['--watch']]])('Ctrl-C ends a look at a health URL that hangs at once, with %j', async (args) => {
    const stop = new AbortController()
    const { url, asked } = await serve(() => {
      stop.abort()
      return new Promise(() => {})
    })
    const options = { stop: stop.signal }
    const { code, out } = await lifesign(['status', '--url', url, ...args], options)
    const aborted = '? Unknown: the health URL cannot be read (This operation was aborted).'
    expect([code, out, asked.length]).toEqual([CODES.unknown, args.length === 0 ? [aborted] : [], 1])
  })

  it('waits ten seconds for a health URL that hangs, says so, and no longer', async () => {
    const limits: number[] = []
    const late = vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
      limits.push(milliseconds)
      return AbortSignal.abort(new DOMException('late', 'TimeoutError'))
    })
    closers.push(() => late.mockRestore())
    const { url } = await serve(() => new Promise(() => {}))
    const { code, out } = await lifesign(['status', '--url', url])
    expect({ code, limits }).toEqual({ code: CODES.unknown, limits: [10_000] })
    expect(out).toEqual(['? Unknown: the health URL cannot be read (no answer within 10 s).'])
  })

  const EVERY = '--every must be a number of seconds from 0.1 to 3600'
  it.each([
    [['--every', '5'], '--every is for --watch'],
    [['--watch', '--every', '0'], EVERY],
    [['--watch', '--every', '0.09'], EVERY],
    [['--watch', '--every', '3600.1'], EVERY],
    [['--watch', '--every', ' '], EVERY],
    [['--watch', '--every', 'x'], EVERY],
    [['--url', 'nonsense'], '--url is not a URL'],
    [['--url', 'ftp://127.0.0.1'], '--url is not a URL'],
    [['--url', 'xhttp://127.0.0.1'], '--url is not a URL'],
    [['--stage', 'x', 'more'], expect.stringMatching(/^Unexpected argument 'more'/)],
  ])('refuses %j in one sentence, code 2', async (args, sentence) => {
    const { code, out, err } = await lifesign(['status', ...args])
    expect({ code, out }).toEqual({ code: 2, out: [] })
    expect(err.map((line) => line.replace(/^lifesign: /, ''))).toEqual([sentence])
  })
})
