import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type KeyedCall, makeKeys } from '../../functions/adapters/provider/keys.ts'
import { makeProvider } from '../../functions/adapters/provider/provider.ts'
import { makeProviders } from '../../functions/adapters/provider/providers.ts'
import { UNSHARED_KEYS } from '../../functions/adapters/provider/unshared-keys.ts'
import { systemClock } from '../../functions/adapters/system/clock.ts'
import { PROFILES } from '../../functions/core/provider/profiles.ts'
import { parseEnv } from '../../functions/runtime/env.ts'
import type { FaultInput } from '../../sim/provider/fault-kinds.ts'
import { startSimulator } from '../../sim/provider/simulator.ts'
import { turnsUntil } from '../turns-until.ts'
import { type ProfileName, providerAt, task } from './provider-at.ts'
import { http, isWhole, rawServer } from './sockets.ts'

const KEY = 'k'.repeat(32)
const at = (url: string, timeoutSeconds = 2) => {
  const provider = providerAt(url, KEY, 'captchaai', timeoutSeconds)
  onTestFinished(() => provider.close())
  return provider
}
const answering = (head: string, body = '') =>
  rawServer((socket, soFar) => isWhole(soFar) && socket.write(http(body, `HTTP/1.1 ${head}`)))

/** Timers and the ticks of the machine go on only when the test says so; what goes over the wire does by itself. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
}

/** The answer of a call, and after how many milliseconds it came; null: not yet. */
function endOf<A>(call: Promise<A>) {
  const began = performance.now()
  const ended: { at: number | null; answer: Promise<A> } = { at: null, answer: call }
  ended.answer = call.then((answer) => {
    ended.at = performance.now() - began
    return answer
  })
  return ended
}

it('each call is logged by its name, with how long it took and the code of a failure', async () => {
  const { url } = await answering('503 Busy')
  const provider = at(url)
  await provider.submit(task())
  await provider.result('1')
  await provider.balance()
  expect(await provider.threads()).toMatchObject({ kind: 'failed', failure: { class: 'transient', code: 'HTTP_503' } })
  expect(provider.lines.map((line) => JSON.parse(line))).toEqual(
    ['submit', 'result', 'balance', 'threads'].map((call) => ({
      ...{ level: 'debug', message: 'provider answered', provider: 'captchaai', call },
      ...{ ms: expect.any(Number), code: 'HTTP_503' },
    })),
  )
})

it('a provider that is closed keeps no connection open', async () => {
  const closed = Promise.withResolvers<string>()
  const { url } = await rawServer(
    (socket, soFar) => isWhole(soFar) && socket.write(http('OK|1')),
    (socket) => void socket.on('close', () => closed.resolve('closed')),
  )
  const provider = providerAt(url, KEY)
  expect(await provider.submit(task())).toMatchObject({ kind: 'accepted' })
  provider.close()
  expect(await closed.promise).toBe('closed')
})

describe('HTTP statuses', () => {
  it.each([
    ['429 Too Many', { class: 'rate', code: 'HTTP_429', retryAfterSeconds: 5 }],
    ['429 Too Many\r\nretry-after: 17', { class: 'rate', retryAfterSeconds: 17 }],
    ['429 Too Many\r\nretry-after: 0', { class: 'rate', retryAfterSeconds: 1 }],
    ['429 Too Many\r\nretry-after: 86400', { class: 'rate', retryAfterSeconds: 300 }],
    ['429 Too Many\r\nretry-after: soon', { class: 'rate', retryAfterSeconds: 5 }],
    ['429 Too Many\r\nretry-after: Wed, 21 Oct 2015 07:28:00 GMT', { class: 'rate', retryAfterSeconds: 1 }],
  ])('%s refuses a submit without a charge', async (head, failure) => {
    const { url } = await answering(head, '{"status":1,"request":"1"}')
    expect(await at(url).submit(task())).toMatchObject({ kind: 'refused', failure })
  })

  it.each([
    ['503 Busy\r\nretry-after: 9', { class: 'transient', code: 'HTTP_503', retryAfterSeconds: 9 }],
    ['400 Bad Request', { class: 'transient', code: 'HTTP_400' }],
    ['404 Not Found', { class: 'transient', code: 'HTTP_404' }],
    ['599 What', { class: 'transient', code: 'HTTP_599' }],
  ])('%s without a code of the provider is an HTTP error of a submit', async (head, failure) => {
    for (const body of ['', '<h1>no</h1>', '{"status":1,"request":"1"}', 'SERVICE_UNAVAILABLE', 'ERROR_NEVER_SEEN']) {
      const { url } = await answering(head, body)
      expect(await at(url).submit(task()), body).toMatchObject({ kind: 'httpError', failure })
    }
  })

  it.each([408, 504, 524])('a submit answered with %i may have been charged: it is lost', async (status) => {
    for (const body of ['', '<h1>no</h1>', '{"status":1,"request":"1"}', 'GATEWAY_TIMEOUT']) {
      const { url } = await answering(`${status} Gave Up`, body)
      const failure = { class: 'uncertain', code: `HTTP_${status}` }
      expect(await at(url).submit(task()), body).toMatchObject({ kind: 'lost', failure })
      const look = { kind: 'failed', failure: { class: 'transient', code: `HTTP_${status}` } }
      expect(await at(url).result('1'), body).toMatchObject(look)
    }
  })

  it.each([
    ['ERROR_ZERO_BALANCE', { class: 'capacity' }],
    ['{"status":0,"request":"ERROR_BAD_PARAMETERS"}', { class: 'task', code: 'ERROR_BAD_PARAMETERS' }],
    ['ERROR: 1003', { class: 'blocked', retryAfterSeconds: 30 }],
    ['ERROR_SERVER_ERROR', { class: 'transient', code: 'ERROR_SERVER_ERROR' }],
  ])('with the code %s a status of 400 or above is judged by the code, whatever the status', async (body, failure) => {
    for (const status of [400, 403, 500, 502, 504]) {
      const { url } = await answering(`${status} No`, body)
      expect(await at(url).submit(task()), `${status}`).toMatchObject({ kind: 'refused', failure })
      expect(await at(url).result('1'), `${status}`).toMatchObject({ kind: 'failed', failure })
    }
  })

  it.each([
    '301 Moved',
    '302 Found\r\nlocation: http://127.0.0.1:1/',
    '304 Not Modified',
    '307 Again\r\nlocation: /in.php',
  ])('%s is not followed and may have been charged', async (head) => {
    const server = await answering(head)
    const code = `HTTP_${head.slice(0, 3)}`
    expect(await at(server.url).submit(task())).toMatchObject({ kind: 'lost', failure: { class: 'uncertain', code } })
    expect(await at(server.url).result('1')).toMatchObject({ kind: 'failed', failure: { class: 'transient', code } })
    expect(server.received).toHaveLength(2)
  })
})

describe('a call whose key is refused', () => {
  it('ends within its time-out although the secret answers slowly and holds a new key', async () => {
    stopTime()
    const answered = Promise.withResolvers<() => void>()
    const server = await rawServer((socket, soFar) => {
      if (isWhole(soFar)) answered.resolve(() => socket.write(http('ERROR_KEY_DOES_NOT_EXIST')))
    })
    const again = Promise.withResolvers<void>()
    let reads = 0
    const secret = {
      read: async () => {
        reads += 1
        if (reads === 1) return { captchaai: KEY }
        again.resolve()
        return new Promise<Record<string, string>>(() => {})
      },
    }
    const log = () => {}
    const keys = makeKeys({ shared: UNSHARED_KEYS, secret, clock: systemClock, log, keyRetrySeconds: 900 })
    const options = { name: 'captchaai', profile: PROFILES.captchaai, keys, timeoutSeconds: 3, clock: systemClock, log }
    const provider = makeProvider({ ...options, baseUrl: server.url })
    onTestFinished(() => provider.close())
    const ended = endOf(provider.submit(task()))
    const answer = await answered.promise
    await vi.advanceTimersByTimeAsync(2800)
    answer()
    await again.promise
    await vi.advanceTimersByTimeAsync(199)
    expect(ended.at).toBeNull()
    await vi.advanceTimersByTimeAsync(1)
    expect(await ended.answer).toMatchObject({ kind: 'refused', failure: { class: 'auth' } })
    expect([ended.at, server.received.length]).toEqual([3000, 1])
  })

  it('is not asked again with the new key where the time for another call is over, and is still told as refused', async () => {
    const asked: string[] = []
    const server = await rawServer((socket, soFar) => {
      if (!isWhole(soFar)) return
      asked.push(soFar)
      setTimeout(() => socket.write(http('ERROR_KEY_DOES_NOT_EXIST')), 600)
    })
    let current = KEY
    const secret = { read: async () => ({ captchaai: current }) }
    const keys = makeKeys({ shared: UNSHARED_KEYS, secret, clock: systemClock, log: () => {}, keyRetrySeconds: 900 })
    const options = { name: 'captchaai', profile: PROFILES.captchaai, keys, timeoutSeconds: 1, clock: systemClock }
    const provider = makeProvider({ ...options, log: () => {}, baseUrl: server.url })
    onTestFinished(() => provider.close())
    const answer = provider.submit(task())
    await expect.poll(() => asked.length).toBe(1)
    current = 'n'.repeat(32)
    expect(await answer).toMatchObject({
      kind: 'refused',
      failure: { class: 'auth', code: 'ERROR_KEY_DOES_NOT_EXIST' },
    })
    expect(asked).toHaveLength(1)
    expect(await provider.submit(task())).toMatchObject({ kind: 'refused' })
    expect(asked[1]).toContain(current)
  })
})

describe('a submit whose answer the simulator loses', () => {
  const lost: FaultInput['kind'] = 'lose'
  it.each([
    ['cut', 'CUT', 'lost'],
    ['garbage', 'UNREADABLE', 'lost'],
    ['html', 'UNREADABLE', 'lost'],
    ['empty', 'UNREADABLE', 'lost'],
    // A status of 400 and above is probably no charge. Here it is one, and the ledger shows it.
    ['http', 'HTTP_502', 'httpError'],
  ] as const)('by %s is %s: %s, and one charge', async (by, code, kind) => {
    const simulator = await startSimulator({
      key: KEY,
      plan: { submitMs: 1, faults: [{ kind: lost, by, on: 'submit' }] },
    })
    onTestFinished(() => simulator.stop())
    expect(await at(simulator.url).submit(task())).toMatchObject({ kind, failure: { code } })
    expect(simulator.ledger()).toMatchObject([{ lost: by }])
  })
})

describe('addresses', () => {
  it.each(['', '/', '/captcha/api', '/captcha/api/'])('a base URL that ends in %j is kept', async (path) => {
    const server = await answering('200 OK', '{"status":1,"request":"1"}')
    await at(server.url + path).submit(task())
    expect(server.received[0]).toMatch(new RegExp(`^POST ${path.replace(/\/$/, '')}/in\\.php HTTP`))
  })

  it("provider's id is number, string, object answer, odd spelling: handled; one with odd characters is asked for as it is (row 28)", async () => {
    const server = await answering('200 OK', 'CAPCHA_NOT_READY')
    expect(await at(server.url).result('a/b&c=d+e#f%')).toEqual({ kind: 'pending' })
    const asked = new URL(server.received[0]?.split(' ')[1] ?? '', server.url)
    expect(Object.fromEntries(asked.searchParams)).toEqual({ key: KEY, action: 'get', id: 'a/b&c=d+e#f%', json: '1' })
  })
})

describe('time', () => {
  it('no call starts with less than half of its time left: cut short it would be lost, not refused', async () => {
    const server = await answering('200 OK', '{"status":1,"request":"1"}')
    const slowKeys = {
      async use<A>({ attempt }: KeyedCall<A>) {
        await new Promise((resolve) => setTimeout(resolve, 120))
        return attempt(KEY)
      },
    }
    const provider = makeProvider({
      ...{ name: 'captchaai', profile: PROFILES.captchaai, baseUrl: server.url, keys: slowKeys, timeoutSeconds: 0.2 },
      ...{ clock: { now: Date.now, sleep: async () => {} }, log: () => {} },
    })
    onTestFinished(() => provider.close())
    expect(await provider.submit(task())).toMatchObject({
      kind: 'refused',
      failure: { class: 'transient', code: 'NO_TIME' },
    })
    expect(server.received).toEqual([])
  })

  it('a call waits a fifth of its time for the secret, and as long again for the probe of its key', async () => {
    const waits: number[] = []
    const use = async <A>({ patienceMs, refuse }: KeyedCall<A>) => {
      waits.push(patienceMs())
      return refuse({ class: 'auth', code: 'X', message: '' })
    }
    const provider = makeProvider({
      ...{ name: 'captchaai', profile: PROFILES.captchaai, baseUrl: 'http://127.0.0.1:1', timeoutSeconds: 10 },
      ...{ keys: { use }, clock: systemClock, log: () => {} },
    })
    await provider.balance()
    expect(waits).toEqual([2000])
  })

  it('a call ends within its time-out, the secret and the untried key included', async () => {
    stopTime()
    const server = await rawServer(() => {})
    const whole = (count: number) => turnsUntil(() => server.received.filter(isWhole).length === count)
    const provider = at(server.url, 0.5)
    const calls = Array.from({ length: 5 }, () => endOf(provider.submit(task())))
    await whole(1)
    // The others wait a fifth of their time for what becomes of the key in the first one.
    await vi.advanceTimersByTimeAsync(99)
    expect(server.received).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    await whole(5)
    await vi.advanceTimersByTimeAsync(399)
    expect(calls.map(({ at }) => at)).toEqual(Array(5).fill(null))
    await vi.advanceTimersByTimeAsync(1)
    for (const { answer } of calls) expect(await answer).toMatchObject({ kind: 'lost', failure: { code: 'TIMEOUT' } })
    expect(calls.map(({ at }) => at)).toEqual(Array(5).fill(500))
  })
})

describe('the accounts in order of preference', () => {
  const shared = {
    keys: { use: <A>({ refuse }: KeyedCall<A>) => Promise.resolve(refuse({ class: 'auth', code: 'X', message: '' })) },
    ...{ timeoutSeconds: 1, clock: { now: Date.now, sleep: async () => {} }, log: () => {} },
  }
  const names = (...options: [ProfileName, string?, string?]) =>
    makeProviders({ ...shared, profile: options[0], providerUrl: options[1], backupProviderUrl: options[2] }).map(
      ({ name, billing }) => `${name} by ${billing}`,
    )

  it('are the first one, and the backup where it has an address', () => {
    expect(names('captchaai')).toEqual(['captchaai by threads'])
    expect(names('twocaptcha', 'http://127.0.0.1:1')).toEqual(['twocaptcha by balance'])
    expect(names('captchaai', undefined, 'https://b.example')).toEqual([
      'captchaai by threads',
      'twocaptcha by balance',
    ])
    expect(names('twocaptcha', undefined, 'https://b.example')).toEqual([
      'twocaptcha by balance',
      'captchaai by threads',
    ])
  })

  it('are refused in one line where the settings make no sense', () => {
    const parse = () => parseEnv({ PROVIDER: 'other' }, { required: [], optional: [], settings: ['provider'] })
    expect(parse).toThrow('provider must be captchaai or twocaptcha')
    expect(() => names('captchaai', 'ftp://x')).toThrow('http:// or https://')
    expect(() => names('captchaai', 'httpx://x')).toThrow('http:// or https://')
    expect(() => names('captchaai', undefined, 'nonsense')).toThrow('http:// or https://')
  })
})
