import { createServer, type RequestListener } from 'node:http'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { simulatorAddress } from '../../bin/commands/simulate/simulator.ts'
import { listen } from '../../local/support/listen.ts'
import { NAMED_FAULTS } from '../../sim/provider/fault-table.ts'
import { simulator } from '../provider/started-simulator.ts'
import { lifesign } from './scripted-fleet.ts'

const on = (port: number) => ({ env: { LIFESIGN_SIMULATOR_PORT: String(port), LIFESIGN_PORT: '8099' } })

describe('simulate', () => {
  test('switches a fault on, says until when and what to look at, and off ends everything', async () => {
    const { port, running, submit, url } = await simulator()
    const before = Date.now()
    const run = await lifesign(['simulate', 'outage', '--seconds', '90', '--status', '503'], on(port))
    expect(run).toMatchObject({ code: 0, err: [] })
    const [fault] = running()
    expect(fault).toMatchObject({ name: 'outage' })
    expect(fault?.until).toBeGreaterThanOrEqual(before + 90_000)
    const text = run.out.join('\n')
    expect(text).toMatch(/^outage: .*HTTP error/)
    expect(text).toContain(`until    ${new Date(fault?.until ?? 0).toISOString()}, 90 s from now`)
    expect(text).toMatch(/http:\/\/127.0.0.1:8099\/status.*`lifesign status`\nexpect {3}.*circuit_open/)
    expect((await fetch(`${url}/res.php`)).status).toBe(503)
    await lifesign(['simulate', 'capacity', '--threads', '1'], on(port))
    const list = await lifesign(['simulate', 'list'], on(port))
    expect(list.err).toEqual([])
    expect(list.out.map((line) => line.replace(/[-\dT:.Z]{24}/g, 'TIME'))).toEqual([
      'outage              from TIME until TIME',
      'capacity            from TIME until TIME',
    ])
    expect(await lifesign(['simulate', 'off'], on(port))).toMatchObject({
      code: 0,
      out: ['off: the simulated provider is as it was at the start; ended: outage, capacity'],
    })
    expect(running()).toEqual([])
    expect((await submit()).status).toBe(1)
    expect(await lifesign(['simulate', 'list'], on(port))).toMatchObject({ code: 0, out: [], err: ['no fault runs'] })
    expect(await lifesign(['simulate', 'off'], on(port))).toMatchObject({
      code: 0,
      out: ['off: the simulated provider is as it was at the start'],
    })
  })

  test('a fault ends by itself after its seconds, with no further command', async () => {
    const { port, url } = await simulator()
    await lifesign(['simulate', 'outage', '--seconds', '1'], on(port))
    const status = async () => (await fetch(`${url}/res.php`)).status
    expect(await status()).toBe(502)
    await expect.poll(status, { timeout: 5000 }).toBe(200)
  })

  test('--from lets a fault begin later: the schedule is kept by the simulator', async () => {
    const { port, running, submit } = await simulator()
    const before = Date.now()
    const run = await lifesign(['simulate', 'keys', '--from', '30', '--seconds', '10'], on(port))
    const [fault] = running()
    expect(fault?.from).toBeGreaterThanOrEqual(before + 30_000)
    expect(run.out[0]).toContain(`10 s from ${new Date(fault?.from ?? 0).toISOString()}`)
    expect((fault?.until ?? 0) - (fault?.from ?? 0)).toBe(10_000)
    expect((await submit()).status).toBe(1)
  })

  test.each(Object.keys(NAMED_FAULTS))('%s can be switched on with its defaults', async (name) => {
    const { port, running } = await simulator()
    expect(await lifesign(['simulate', name], on(port))).toMatchObject({ code: 0, err: [] })
    expect(running()).toMatchObject([{ name }])
  })

  test('--help names every fault, its own parameters and what the parameters mean', async () => {
    const { code, out } = await lifesign(['simulate', '--help'])
    expect(code).toBe(0)
    const lines = out.join('\n').split('\n')
    for (const [name, { does }] of Object.entries(NAMED_FAULTS))
      expect(lines.filter((line) => line.startsWith(`  ${name} `) && line.includes(does))).toHaveLength(1)
    expect(lines.some((line) => /^ {2}capacity .*\[--threads\]/.test(line))).toBe(true)
    expect(lines.some((line) => /^ {2}--rate N .*share/.test(line))).toBe(true)
  })

  test.each([
    [['simulate'], /^lifesign: say one fault, `list` or `off`; faults are outage, /],
    [['simulate', 'outage', 'slow'], /^lifesign: say one fault/],
    [['simulate', 'outrage'], /^lifesign: no fault "outrage"; there are outage, /],
    [['simulate', 'outage', '--seconds', '0'], /^lifesign: seconds must be a number from 1 to 86400$/],
    [['simulate', 'outage', '--seconds', 'long'], /^lifesign: seconds must be a number from 1 to 86400$/],
    [['simulate', 'outage', '--seconds', ''], /^lifesign: seconds must be a number from 1 to 86400$/],
    [
      ['simulate', 'flaky', '--rate', '1.5', '--count', '-1'],
      /^lifesign: rate must be .*; count must be a whole number/,
    ],
    [
      ['simulate', 'keys', '--threads', '2'],
      /^lifesign: keys takes no threads, only seconds, from, rate, count, code$/,
    ],
    [['simulate', 'outage', '--from', ' '], /^lifesign: from must be a number from /],
    [
      ['simulate', 'outage', '--rate', '--count', '1'],
      /^lifesign: Option '--rate' argument is ambiguous\. Did you forget to specify the option argument for '--rate'\?$/,
    ],
    [['simulate', 'outage', '--rate=1', '-5'], /^lifesign: Unknown option '-5'/],
    [['simulate', 'out--age', '-5'], /^lifesign: Unknown option '-5'/],
    [['simulate', 'outage', '--minutes', '2'], /^lifesign: Unknown option '--minutes'/],
    [['simulate', 'outage', '--stage', 'prod'], /^lifesign: simulate works on this machine only: it has no --stage/],
  ])('%j is refused in one clear sentence with code 2, and asks nobody', async (args, sentence) => {
    const { code, out, err } = await lifesign(args, on(9))
    expect({ code, out }).toEqual({ code: 2, out: [] })
    expect(err).toHaveLength(1)
    expect(err[0]).toMatch(sentence)
    expect(err[0]).not.toContain('\n')
  })

  test.each([
    'http://192.0.2.7:8081',
    'https://127.0.0.1:8081',
    'http://127.0.0.1.example.com:8081',
    'http://example.com@192.0.2.7/',
    'http://0.0.0.0:8081',
    'http://notlocalhost:8081',
    'http://x.127.0.0.1.nip.io:8081',
    '127.0.0.1:8081',
    'ftp://localhost',
    '',
  ])('the address %j is not this machine: one sentence, code 2, for every word', async (url) => {
    for (const word of ['outage', 'list', 'off']) {
      const { code, err } = await lifesign(['simulate', word, '--url', url])
      expect(code).toBe(2)
      expect(err).toEqual([
        'lifesign: simulate works on this machine only: --url must lead to an http address on loopback, such as http://127.0.0.1:8081',
      ])
    }
  })

  test('the address of a backup on this machine is taken from --url, by any name of loopback', async () => {
    const { port, running } = await simulator({ profile: 'twocaptcha' })
    const url = `http://localhost:${port}/`
    expect(await lifesign(['simulate', 'no-funds', '--url', url], on(9))).toMatchObject({ code: 0 })
    expect(running()).toMatchObject([{ name: 'no-funds' }])
  })

  test.each([
    ['http://127.255.10.254:8081/x', {}, 'http://127.255.10.254:8081'],
    ['http://[::1]:8081', {}, 'http://[::1]:8081'],
    [undefined, {}, 'http://127.0.0.1:8081'],
    [undefined, { LIFESIGN_SIMULATOR_PORT: '' }, 'http://127.0.0.1:8081'],
    [undefined, { LIFESIGN_SIMULATOR_PORT: '9000' }, 'http://127.0.0.1:9000'],
  ])('the simulator at --url %s, with %o, is asked at %s', (url, env, origin) => {
    expect(simulatorAddress(url, env)).toBe(origin)
  })

  test('a port in the environment that is none is named', async () => {
    const { code, err } = await lifesign(['simulate', 'list'], { env: { LIFESIGN_SIMULATOR_PORT: 'x' } })
    expect({ code, err }).toEqual({
      code: 2,
      err: [
        'lifesign: simulate works on this machine only: LIFESIGN_SIMULATOR_PORT must lead to an http address on loopback, such as http://127.0.0.1:8081',
      ],
    })
  })

  test('a text of a fault may look like an option of other commands, and the health views are on port 8080 unless told', async () => {
    const { port, running } = await simulator()
    const env = { LIFESIGN_SIMULATOR_PORT: String(port) }
    const { code, out } = await lifesign(['simulate', 'keys', '--code', 'ERROR_X--stage'], { env })
    expect({ code, running: running() }).toMatchObject({ code: 0, running: [{ name: 'keys' }] })
    expect(out.join()).toContain('look at  http://127.0.0.1:8080/status, http://127.0.0.1:8080/health/ready')
  })

  test('what the simulator says of an order that it refuses is told, with code 2', async () => {
    const port = await answering((_, response) => response.writeHead(400).end('{"problem":"no such fault today"}'))
    expect(await lifesign(['simulate', 'outage'], on(port))).toEqual({
      code: 2,
      out: [],
      err: ['lifesign: no such fault today'],
    })
  })

  test('where no simulator answers it says so in one line, code 4', async () => {
    const { code, err } = await lifesign(['simulate', 'outage'], on(9))
    expect(code).toBe(4)
    expect(err).toEqual([expect.stringMatching(/^lifesign: no simulated provider answers at http:\/\/127.0.0.1:9: /)])
  })

  /** The port of a server that answers every request so. */
  async function answering(answer: RequestListener): Promise<number> {
    const server = createServer(answer)
    const port = await listen(server, { what: 'the other server of the test', port: 0, variable: 'none' })
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return port
  }

  test.each<[string, RequestListener]>([
    ['another answer', (_, response) => response.end('{"status":"ok"}')],
    ['no JSON', (_, response) => response.end('<html>')],
    ['an error of its own', (_, response) => response.writeHead(500).end('{"problem":"broken"}')],
  ])('something else that answers there with %s is not taken for the simulator', async (_, answer) => {
    const port = await answering(answer)
    const { code, err } = await lifesign(['simulate', 'outage'], on(port))
    expect({ code, err }).toEqual({
      code: 4,
      err: [`lifesign: what answers at http://127.0.0.1:${port} is not the simulated provider`],
    })
  })

  test('a simulator that leads elsewhere is not followed: nobody else gets the fault', async () => {
    const elsewhere = await simulator()
    const port = await answering((_, response) =>
      response.writeHead(307, { location: `${elsewhere.url}/_sim/simulate` }).end(),
    )
    expect((await lifesign(['simulate', 'outage'], on(port))).code).toBe(4)
    expect(elsewhere.running()).toEqual([])
  })

  test.each(['outage', 'list', 'off'])(
    '%s waits five seconds for a simulator that hangs, and no longer',
    async (word) => {
      const limits: number[] = []
      const late = vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
        limits.push(milliseconds)
        return AbortSignal.abort(new DOMException('late', 'TimeoutError'))
      })
      onTestFinished(() => late.mockRestore())
      const port = await answering(() => {})
      const { code, err } = await lifesign(['simulate', word], on(port))
      expect({ code, limits }).toEqual({ code: 4, limits: [5000] })
      expect(err).toEqual([expect.stringMatching(/^lifesign: no simulated provider answers at /)])
    },
  )
})
