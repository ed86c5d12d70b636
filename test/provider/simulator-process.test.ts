import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { simulator } from './started-simulator.ts'

describe('the control door', () => {
  it('shows the ledger, the requests and the plan, and changes it', async () => {
    const { url, submit } = await simulator()
    const look = async (what: string) => (await fetch(`${url}/_sim/${what}`)).json()
    const set = async (body: string) => {
      const answer = await fetch(`${url}/_sim/set`, { method: 'POST', body })
      return { status: answer.status, body: await answer.json() }
    }
    await submit()
    expect(await look('ledger')).toMatchObject([{ method: 'userrecaptcha' }])
    expect(await look('requests')).toMatchObject([{ action: 'submit', keyInUrl: false, keyOk: true, said: 'OK' }])
    expect(await look('plan')).toMatchObject({ speed: 4, faults: [] })
    expect(await set('{"faults":[{"kind":"http","status":502}],"threads":3}')).toMatchObject({
      status: 200,
      body: { threads: 3 },
    })
    expect(await (await fetch(`${url}/res.php`)).text()).toContain('502 Bad Gateway')
    expect(await set('{"fautls":[]}')).toMatchObject({
      status: 400,
      body: { problem: expect.stringMatching(/fautls.*plan fields: .*faults/) },
    })
    expect(await set('not JSON')).toMatchObject({ status: 400, body: { problem: 'not JSON' } })
    expect(await set('{"faults":[{"kind":"refuse"}]}')).toMatchObject({
      status: 400,
      body: { problem: expect.stringContaining('forSeconds') },
    })
    expect((await fetch(`${url}/_sim/`)).headers.get('content-type')).toBe('text/plain')
    expect((await fetch(`${url}/_sim/nothing`)).status).toBe(404)
    expect((await fetch(`${url}/nothing`)).status).toBe(404)
    expect((await fetch(`${url}//`)).status).toBe(404)
  })
})

describe('the named faults at the control door', () => {
  const door = async (url: string, method: string, sent?: string) => {
    const answer = await fetch(`${url}/_sim/simulate`, { method, ...(sent !== undefined && { body: sent }) })
    const body: { until: number } = JSON.parse(await answer.text())
    return { status: answer.status, body }
  }

  it('start, run together, are listed with their end, and end all at once', async () => {
    const { url, set, plan } = await simulator()
    const before = Date.now()
    const started = await door(url, 'POST', '{"name":"outage","seconds":30}')
    expect(started).toMatchObject({
      status: 200,
      body: { name: 'outage', seconds: 30, does: expect.any(String), look: expect.stringContaining('circuit_open') },
    })
    expect(started.body.until - before).toBeGreaterThanOrEqual(30_000)
    expect(started.body.until - Date.now()).toBeLessThanOrEqual(30_000)
    await door(url, 'POST', '{"name":"slow","seconds":20,"ms":1}')
    expect((await fetch(`${url}/res.php`)).status).toBe(502)
    expect(await door(url, 'GET')).toMatchObject({ body: [{ name: 'outage' }, { name: 'slow' }] })
    await set({ threads: 3 })
    expect(await door(url, 'DELETE')).toMatchObject({
      status: 200,
      body: { ended: [{ name: 'outage' }, { name: 'slow' }] },
    })
    expect((await fetch(`${url}/res.php`)).status).toBe(200)
    expect(plan()).toMatchObject({ threads: null, faults: [] })
    expect(await door(url, 'GET')).toMatchObject({ body: [] })
  })

  it('are answered before the door shuts, where nobody listens then', async () => {
    const { url } = await simulator()
    expect(await door(url, 'POST', '{"name":"unreachable","seconds":1}')).toMatchObject({
      body: { name: 'unreachable' },
    })
    await expect(door(url, 'GET')).rejects.toThrow()
    await expect
      .poll(
        () =>
          door(url, 'GET').then(
            ({ body }) => body,
            () => null,
          ),
        { timeout: 5000 },
      )
      .toEqual([])
  })

  it.each([
    ['POST', '{"name":"outage","seconds":0,"what":1}', 400, /^outage takes no what, .*; seconds must be a number/],
    ['POST', '[]', 400, /^not a JSON object$/],
    ['POST', 'x', 400, /^not JSON$/],
    ['PUT', '{}', 405, /POST/],
  ])('%s %s is refused with one sentence', async (method, body, status, problem) => {
    const { url, running } = await simulator()
    expect(await door(url, method, body)).toMatchObject({ status, body: { problem: expect.stringMatching(problem) } })
    expect(running()).toEqual([])
  })

  it('every problem of a change is in one answer, that of a shut door too', async () => {
    const { url } = await simulator()
    const body = '{"faults":[{"kind":"refuse"},{"kind":"http","status":1}],"speed":0,"fautls":[]}'
    const answer = await fetch(`${url}/_sim/set`, { method: 'POST', body })
    const told = await answer.text()
    for (const part of ['forSeconds', 'faults.1.status', 'speed', 'fautls']) expect(told).toContain(part)
  })
})

describe('npm run simulator', () => {
  const children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  function run(...options: string[]) {
    const child = spawn(process.execPath, ['sim/provider/main.ts', ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    const out = { text: '' }
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out.text += chunk))
    return { child, out, ended: once(child, 'exit').then(([code]) => code) }
  }

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'says where it is and how to use it, and stops on %s with code 0',
    async (signal) => {
      const { child, out, ended } = run('--port', '0', '--profile', 'twocaptcha')
      await expect
        .poll(() => out.text, { timeout: 10_000 })
        .toMatch(/provider simulator \(twocaptcha\) on http:\/\/127.0.0.1:\d+, key .+\ncurl .*_sim\/ledger/)
      child.kill(signal)
      expect(await ended).toBe(0)
    },
  )

  it.each([
    [['--port', 'eighty'], '--port must be a whole number'],
    [['--profile', 'other'], '--profile must be captchaai or twocaptcha'],
    [['--plan', '{'], '--plan must be JSON'],
    [['--plan', '{"speed":0}'], 'speed'],
    [['--what'], '--what'],
  ])('%j is bad usage: one clear line and code 2', async (options, words) => {
    const { out, ended } = run(...options)
    expect(await ended).toBe(2)
    expect(out.text).toContain(words)
    expect(out.text).not.toMatch(/^\s+at /m)
  })

  it.each(['--help', '-h'])('%s prints how to use it, starts nothing and ends with 0', async (word) => {
    const { out, ended } = run(word)
    expect(await ended).toBe(0)
    expect(out.text).toMatch(/^npm run simulator -- \[--port 8081\]/)
    expect(out.text).toContain('/_sim/set')
    expect(out.text).not.toContain('provider simulator (')
  })

  it('a port in use is one line and code 1', async () => {
    const { port } = await simulator()
    const { out, ended } = run('--port', String(port))
    expect(await ended).toBe(1)
    expect(out.text).toBe(`port ${port} is in use: choose another with --port\n`)
  })
})
