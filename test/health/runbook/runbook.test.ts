import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorOf } from '../../../functions/contract/runbook.ts'
import { makeTokenCheck } from '../../../functions/health/token-check.ts'
import { recordOf } from '../../build/record.ts'
import { healthOver, healthSeeing, STATES } from '../served-views.ts'

const markdown = readFileSync(join(import.meta.dirname, '../../../docs/runbook.md'), 'utf8')
const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text)
const states = Object.entries(STATES)
const get = healthSeeing(STATES.ready.reading)
const pageOf = async () => (await get('/runbook')).body
const allOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found)
const FOR_TEXT = { headers: { accept: 'text/plain' } }

describe.each(states)('the runbook, record %s', (_, { reading, status }) => {
  it('is the same page, 200, with the headers that every view has in this state', async () => {
    const ready = await healthSeeing(reading)('/health/ready')
    const answer = await healthSeeing(reading)('/runbook')
    expect([answer.status, answer.body]).toEqual([200, await pageOf()])
    expect(answer.headers).not.toHaveProperty('Retry-After')
    for (const name of ['X-Health-Status', 'X-Service-Mode', 'X-Health-Time', 'Cache-Control'])
      expect([name, answer.headers[name]]).toEqual([name, ready.headers[name]])
    expect(answer.headers['X-Health-Status']).toBe(status)
  })
})

describe('the runbook', () => {
  it('is answered within a second while the table hangs, whether a record was ever read or not', async () => {
    // Loaded before, so that only the table is waited for.
    await pageOf()
    const fleet = healthOver(recordOf())
    const isAnsweredAfter = async (milliseconds: number, health: string) => {
      fleet.table('hang')
      let isAnswered = false
      const asked = fleet.get('/runbook').finally(() => {
        isAnswered = true
      })
      await fleet.clock.advance(0)
      await fleet.clock.advance(milliseconds - 1)
      expect(isAnswered).toBe(false)
      await fleet.clock.advance(1)
      // The clock stands still from here on: an answer that waited for more would never come.
      expect(await asked).toMatchObject({ status: 200, headers: { 'X-Health-Status': health } })
    }
    await isAnsweredAfter(900, 'unknown')
    fleet.table('answer')
    await fleet.clock.advance(1000)
    expect((await fleet.get('/health/ready')).status).toBe(200)
    await fleet.clock.advance(2000)
    await isAnsweredAfter(700, 'ready')
  })

  it('is for everybody: without a token, with a wrong one, and where the secret cannot be read', async () => {
    for (const stored of ['right', null])
      for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Bearer right' }]) {
        const access = makeTokenCheck({ stage: 'prod', configured: undefined, stored: async () => stored })
        const answer = await healthSeeing(STATES.ready.reading, { access })('/runbook', { headers })
        expect([answer.status, answer.body]).toEqual([200, await pageOf()])
      }
  })

  it('does not read the last deep run, which it does not show', async () => {
    let asked = 0
    const lastRun = async () => {
      asked += 1
      return null
    }
    await healthSeeing(STATES.ready.reading, { lastRun })('/runbook')
    expect(asked).toBe(0)
    await healthSeeing(STATES.ready.reading, { lastRun })('/status')
    expect(asked).toBe(1)
  })

  it('reads the record like other views: once a second, however often it is asked for', async () => {
    const fleet = healthOver(recordOf())
    for (let n = 0; n < 50; n += 1) await fleet.get('/runbook')
    expect(fleet.reads()).toBe(1)
    await fleet.clock.advance(1001)
    await fleet.get('/runbook')
    expect(fleet.reads()).toBe(2)
  })

  it.each([
    [undefined, 'text/html'],
    ['*/*', 'text/html'],
    ['text/*', 'text/html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['application/json', 'text/html'],
    ['image/png, */*;q=0', 'text/html'],
    ['garbage///', 'text/html'],
    ['text/plain', 'text/plain'],
    ['text/html;q=0.5, text/plain', 'text/plain'],
    ['text/plain;q=0', 'text/html'],
  ])('asked for with Accept %s is %s, never 406', async (accept, type) => {
    const answer = await get('/runbook', accept === undefined ? {} : { headers: { accept } })
    expect([answer.status, answer.headers['Content-Type']]).toEqual([200, `${type}; charset=utf-8`])
  })

  it('as text is docs/runbook.md, to the byte', async () => {
    const { body, headers } = await get('/runbook', FOR_TEXT)
    expect(body).toBe(markdown)
    expect(headers['Content-Length']).toBe(String(Buffer.byteLength(markdown)))
  })

  it('HEAD has the headers of GET and no body, in both formats', async () => {
    for (const more of [{}, FOR_TEXT]) {
      const full = await get('/runbook', more)
      expect(await get('/runbook', { ...more, method: 'HEAD' })).toEqual({ ...full, body: '', json: {} })
    }
  })

  it('takes no other method, and is neither redirected nor 304', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'get', ''])
      expect(await get('/runbook', { method })).toMatchObject({
        ...{ status: 405, json: { error: 'method_not_allowed' } },
        headers: { Allow: 'GET, HEAD', 'Content-Type': 'application/json' },
      })
    const plain = await get('/runbook')
    expect(await get('/runbook//')).toEqual(plain)
    expect(await get('/runbook', { headers: { 'if-none-match': '*' } })).toEqual(plain)
  })

  it.each([
    '/runbook/low-balance',
    '/Runbook',
    '/runbook.md',
    '/runbook.html',
    '/health/runbook',
    '/runbook/../status',
  ])('%s is 404 in JSON', async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, body: '{"error":"not_found"}' })
  })
})

describe.each(states)('every link of a view to the runbook, record %s', (_, { reading }) => {
  it.each(['text/html', 'text/plain', 'application/health+json'])('lands on an id, as %s', async (accept) => {
    const ids = allOf(await pageOf(), / id="([^"]*)"/g)
    for (const path of ['/status', '/health', '/health/ready']) {
      const get = healthSeeing(reading)
      const { json } = await get('/health/ready')
      const { body } = await get(path, { headers: { accept } })
      const anchors = allOf(body, /\/runbook#([\w-]+)/g)
      const codes = [json.issues, json.warnings].flat().map((text) => String(text).split('=')[0]?.replaceAll('_', '-'))
      expect(anchors.filter((anchor) => !ids.includes(anchor))).toEqual([])
      if (path === '/status' || accept !== 'text/html') expect(new Set(anchors)).toEqual(new Set(codes))
    }
  })
})

describe('the page of the runbook', () => {
  it('has every heading of docs/runbook.md in its order, each with the id that a link to it names', async () => {
    const shown = [...(await pageOf()).matchAll(/<h[123](?: id="([^"]*)")?>([^<]*)<\/h[123]>/g)]
    const ofDocument = shown.filter(([, id]) => id !== 'contents')
    expect(ofDocument.map(([, , text]) => text)).toEqual(headings)
    expect(ofDocument.map(([, id]) => id)).toEqual([undefined, ...headings.slice(1).map(anchorOf)])
  })

  it('has headings of letters and spaces, so that their ids are those that GitHub makes', () => {
    for (const heading of headings) expect(heading).toMatch(/^[A-Za-z]+( [A-Za-z]+)*$/)
  })

  it('has at its top a link to every section, in their order', async () => {
    const contents = /<nav.*?<\/nav>/s.exec(await pageOf())?.[0] ?? ''
    expect(allOf(contents, /href="#([^"]*)"/g)).toEqual(headings.slice(1).map(anchorOf))
    expect(contents.match(/<li>/g)).toHaveLength(headings.length - 1)
  })

  it('has no id twice, and no link but to one of its ids and to the status page', async () => {
    const page = await pageOf()
    const ids = allOf(page, / id="([^"]*)"/g)
    expect(ids).toHaveLength(new Set(ids).size)
    const links = allOf(page, /<a href="([^"]*)"/g)
    const inText = allOf(markdown, /\]\(#([^)]*)\)/g)
    expect(links.length).toBeGreaterThan(headings.length + inText.length)
    expect(links.filter((link) => !ids.includes(link.slice(1)))).toEqual(['/status'])
  })

  it('says every word of docs/runbook.md, and names the documents that it cannot link to', async () => {
    const words = (text: string) => text.split(/\s+/).filter((word) => word !== '')
    const main = /<\/nav><\/section>(.*)<\/main>/s.exec(await pageOf())?.[1] ?? ''
    const shown = main
      .replaceAll('<p class="up"><a href="#contents">Contents</a></p>', '')
      .replace(/<[^>]+>/g, '')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&gt;', '>')
      .replaceAll('&lt;', '<')
      .replaceAll('&amp;', '&')
    const written = markdown
      .replace(/^# .*$/m, '')
      .replace(/^#+ /gm, '')
      .replace(/^```.*$/gm, '')
      .replace(/\[([^\]]+)\]\(#[^)]*\)/g, '$1')
      .replace(/\[([^\]]+)\]\(([a-z][^)]*)\)/g, '$1 (docs/$2)')
      .replace(/\*\*([^*]+)\*\*/g, '$1')
      .replace(/\*(\w+)\*/g, '$1')
      .replaceAll('`', '')
    expect(words(shown)).toEqual(words(written))
    expect(written).toContain('(docs/decisions/')
  })

  it('needs no script and loads nothing: the policy allows its one style sheet by hash', async () => {
    const { body, headers } = await get('/runbook')
    const style = /<style>(.*?)<\/style>/s.exec(body)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    expect(headers['Content-Security-Policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    expect(headers['Referrer-Policy']).toBe('no-referrer')
    expect(body).not.toMatch(/<script|<iframe|<form|<img|\sstyle=|\son\w+=|javascript:|@import|url\(/i)
    expect(allOf(body, /(?:src|href)="([^"]*:[^"]*)"/g)).toEqual(['data:,'])
  })

  it('is under 60 kB', async () => {
    expect(Buffer.byteLength(await pageOf())).toBeLessThan(60_000)
  })
})
