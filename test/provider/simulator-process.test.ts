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
