import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { FunctionPool } from '../../local/lambda/function-pool.ts'
import { makeFunctionUrls } from '../../local/lambda/function-urls.ts'
import { httpAnswer } from '../../local/lambda/url-response.ts'
import { closeServer, listen, urlOf } from '../../local/support/listen.ts'
import { fakeFunction, later, poolOf } from './bundles.ts'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function serve(pools: { health?: FunctionPool; pingback?: FunctionPool }): Promise<string> {
  const urls = makeFunctionUrls()
  const port = await listen(urls.server, { what: 'health', port: 0, variable: 'LIFESIGN_PORT' })
  later(() => closeServer(urls.server))
  if (Object.keys(pools).length > 0) urls.serve(pools)
  return urlOf(port)
}
const echo = () => poolOf(fakeFunction('return { statusCode: 200, body: JSON.stringify(event) }')).pool

describe('a function URL', () => {
  it('hands over a request in payload format 2.0', async () => {
    const url = await serve({ health: echo() })
    const response = await fetch(`${url}/health/ready/?a=1&a=2&b=%20x`, {
      headers: { 'X-Mixed-Case': 'Yes', cookie: 'one=1; two=2', 'user-agent': 'test' },
    })
    expect(await response.json()).toMatchObject({
      version: '2.0',
      rawPath: '/health/ready/',
      rawQueryString: 'a=1&a=2&b=%20x',
      queryStringParameters: { a: '1,2', b: ' x' },
      cookies: ['one=1', 'two=2'],
      headers: { 'x-mixed-case': 'Yes' },
      requestContext: { http: { method: 'GET', path: '/health/ready/', userAgent: 'test' } },
      isBase64Encoded: false,
    })
  })

  it('hands over text as text and everything else, forms too, as base64', async () => {
    const url = await serve({ health: echo() })
    const post = async (type: string, body: string) => {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body })
      return response.json()
    }
    expect(await post('application/json', '{"a":1}')).toMatchObject({ body: '{"a":1}', isBase64Encoded: false })
    const form = { body: Buffer.from('id=1&code=x').toString('base64'), isBase64Encoded: true }
    expect(await post('application/x-www-form-urlencoded', 'id=1&code=x')).toMatchObject(form)
  })

  it('hands over a body of which only the end tells the length', async () => {
    const url = await serve({ health: echo() })
    const body = new Blob(['{"a"', ':1}']).stream()
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    })
    expect(await response.json()).toMatchObject({ headers: { 'transfer-encoding': 'chunked' }, body: '{"a":1}' })
  })

  it('is told apart by its path: /pingback/.. is the callback, everything else is health', async () => {
    const named = (name: string) =>
      poolOf(fakeFunction(`return { statusCode: 200, body: '${name} ' + event.rawPath }`)).pool
    const url = await serve({ health: named('health'), pingback: named('pingback') })
    const get = async (path: string) => (await fetch(url + path)).text()
    expect(await get('/pingback/a/b')).toBe('pingback /pingback/a/b')
    expect(await get('/pingbacks')).toBe('health /pingbacks')
    expect(await get('/health/live')).toBe('health /health/live')
  })

  it('takes a path of slashes for a path, as the health view does, and is not cut off', async () => {
    const url = await serve({ health: echo() })
    for (const path of ['//', '///', '//health/live', '//[', '//:x', '/%', '//a@b?c=d'])
      expect(await (await fetch(url + path)).json(), path).toMatchObject({ rawPath: path.split('?')[0] })
  })

  it('sends no body for HEAD, and keeps status, headers and cookies', async () => {
    const answer = "{ statusCode: 503, headers: { 'Retry-After': 7 }, cookies: ['a=1', 'b=2'], body: 'gone' }"
    const url = await serve({ health: poolOf(fakeFunction(`return ${answer}`)).pool })
    const got = await fetch(url)
    expect([got.status, got.headers.get('retry-after'), got.headers.getSetCookie()]).toEqual([503, '7', ['a=1', 'b=2']])
    expect(await got.text()).toBe('gone')
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([503, ''])
  })

  it('answers 502 when its function fails, 503 before it serves, 429 when too many wait', async () => {
    const failing = await serve({ health: poolOf(fakeFunction("throw new Error('secret detail')")).pool })
    const response = await fetch(failing)
    expect([response.status, await response.text()]).toEqual([502, 'Internal Server Error'])
    expect((await fetch(await serve({}))).status).toBe(503)
    const slow = await serve({ health: poolOf(fakeFunction('await sleep(300)', { concurrency: 1 })).pool })
    const statuses = await Promise.all(Array.from({ length: 15 }, async () => (await fetch(slow)).status))
    expect(statuses.filter((status) => status === 429)).toHaveLength(4)
  })
})

describe('on the wire', () => {
  /** Answers without an environment. */
  const answering = (answer: object): FunctionPool => ({
    invoke: async () => ({ kind: 'returned', payload: JSON.stringify(answer) }),
    warm: async () => {},
    stop: async () => {},
    stats: { invocations: 0, failures: 0, timeouts: 0, environmentsStarted: 0 },
  })

  it.each([
    ['HEAD', { 'Content-Length': '10' }, '10'],
    ['HEAD', {}, '3'],
    ['GET', { 'Content-Length': '10' }, '3'],
    ['GET', {}, '3'],
  ])('an answer to %s with the headers %j of the function has the length %s', async (method, headers, length) => {
    const url = await serve({ health: answering({ statusCode: 200, headers, body: 'ü!' }) })
    const got = await fetch(url, { method })
    expect([got.headers.get('content-length'), await got.text()]).toEqual([length, method === 'HEAD' ? '' : 'ü!'])
  })

  it.each([
    ['/pingback', 'pingback'],
    ['/pingback?id=1', 'pingback'],
    ['/pingback/', 'pingback'],
    ['/pingback-x', 'health'],
    ['/health/pingback/', 'health'],
    ['/?/pingback/', 'health'],
  ])('%s is answered by %s', async (path, name) => {
    const named = (body: string) => answering({ statusCode: 200, body })
    const url = await serve({ health: named('health'), pingback: named('pingback') })
    expect(await (await fetch(url + path)).text()).toBe(name)
  })

  it('a callback is answered by health where the fleet takes none', async () => {
    const url = await serve({ health: answering({ statusCode: 404, body: 'no such view' }) })
    expect(await (await fetch(`${url}/pingback/a`)).text()).toBe('no such view')
  })

  it('a body of 6 MiB is handed over, and one that is larger is refused before the function sees it', async () => {
    const sizes: number[] = []
    const { invoke: _, ...others } = answering({})
    const invoke: FunctionPool['invoke'] = async (event) => {
      sizes.push(JSON.stringify(event).length)
      return { kind: 'returned', payload: '1' }
    }
    const url = await serve({ health: { ...others, invoke } })
    const post = async (bytes: number) => {
      const headers = { 'content-type': 'text/plain' }
      const got = await fetch(url, { method: 'POST', headers, body: Buffer.alloc(bytes, 'x') })
      return [got.status, await got.text()]
    }
    expect(await post(6 * 1024 * 1024)).toEqual([200, '1'])
    expect(await post(6 * 1024 * 1024 + 1)).toEqual([413, '{"Message":"Request Entity Too Large"}'])
    expect(sizes).toHaveLength(1)
    expect(sizes[0]).toBeGreaterThan(6 * 1024 * 1024)
  })

  it('each request has an id and the time of its own', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_123 })
    onTestFinished(() => void vi.useRealTimers())
    const url = await serve({ health: echo() })
    const contextOf = async () => JSON.parse(await (await fetch(url)).text()).requestContext
    const first = await contextOf()
    vi.setSystemTime(1_700_000_061_124)
    const second = await contextOf()
    expect([first.timeEpoch, second.timeEpoch]).toEqual([1_700_000_000_123, 1_700_000_061_124])
    expect([first.time, second.time]).toEqual(['14/Nov/2023:22:13:20 +0000', '14/Nov/2023:22:14:21 +0000'])
    const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
    expect(first.requestId).toMatch(uuid)
    expect(second.requestId).toMatch(uuid)
    expect(first.requestId).not.toBe(second.requestId)
  })

  it.each<Awaited<ReturnType<FunctionPool['invoke']>>>([
    { kind: 'threw', errorType: 'Error', errorMessage: 'secret' },
    { kind: 'crashed', errorMessage: 'secret' },
    { kind: 'notStarted', errorMessage: 'secret' },
    { kind: 'timedOut' },
  ])('a function that ends with $kind is a 502 without its words', async (ended) => {
    const { invoke: _, ...others } = answering({})
    const got = await fetch(await serve({ health: { ...others, invoke: async () => ended } }))
    expect([got.status, await got.text()]).toEqual([502, 'Internal Server Error'])
  })

  it('a fleet that starts says in how many seconds to ask again, and is not cached', async () => {
    const got = await fetch(`${await serve({})}/health/ready`)
    expect([got.status, await got.text()]).toEqual([503, '{"Message":"starting"}'])
    const names = ['content-type', 'retry-after', 'cache-control']
    expect(names.map((name) => got.headers.get(name))).toEqual(['application/json', '2', 'no-store'])
  })
})

describe('the answer of a function behind a URL', () => {
  it('without a status is JSON with 200', () => {
    expect(httpAnswer('{"a":1}')).toMatchObject({ status: 200, body: '{"a":1}' })
    expect(httpAnswer('"text"')).toMatchObject({ status: 200, body: 'text' })
  })
  it.each([
    '{"statusCode":"200"}',
    '{"statusCode":200,"headers":null}',
    '{"statusCode":200,"headers":["a"]}',
    '{"statusCode":200,"headers":{"a":{}}}',
    '{"statusCode":200,"headers":{"a":null}}',
    '{"statusCode":200,"cookies":"a=1"}',
    '{"statusCode":200,"cookies":[1]}',
    '{"statusCode":200,"body":{}}',
    '{"statusCode":200,"isBase64Encoded":"false"}',
    '[200]',
    'null',
  ])('of another shape is JSON with 200, as it is: %s', (payload) => {
    expect(httpAnswer(payload)).toEqual({ status: 200, headers: { 'content-type': 'application/json' }, body: payload })
  })
  it('may have headers that are numbers and truths, and fields that the URL does not know', () => {
    const headers = { 'X-Count': 7, 'X-True': true, 'Content-Type': 'text/plain' }
    expect(httpAnswer(JSON.stringify({ statusCode: 204, headers, more: 1 }))).toEqual({
      status: 204,
      headers: { 'x-count': '7', 'x-true': 'true', 'content-type': 'text/plain' },
      body: '',
    })
  })
  it('may be base64', () => {
    const body = Buffer.from([0, 255]).toString('base64')
    const { body: bytes } = httpAnswer(JSON.stringify({ statusCode: 200, body, isBase64Encoded: true }))
    expect([...bytes]).toEqual([0, 255])
  })
})
