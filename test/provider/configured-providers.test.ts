import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeReached } from '../../functions/adapters/deep-ports.ts'
import { makeConfiguredProviders } from '../../functions/adapters/provider/configured-providers.ts'
import { UNSHARED_KEYS } from '../../functions/adapters/provider/unshared-keys.ts'
import type { Provider } from '../../functions/core/ports.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { loopbackAws } from '../stores/loopback-aws.ts'
import { http, isWhole, rawServer } from './sockets.ts'

const KEYS = { captchaai: 'key-one', twocaptcha: 'key-two' }
const COUNTS = {
  ApproximateNumberOfMessages: '3',
  ApproximateNumberOfMessagesNotVisible: '2',
  ApproximateNumberOfMessagesDelayed: '1',
}
const stack = () =>
  loopbackAws(({ operation }) => {
    if (operation === 'GetSecretValue') return { body: { SecretString: JSON.stringify(KEYS) } }
    return operation === 'GetQueueAttributes' ? { body: { Attributes: COUNTS } } : {}
  })
const account = (body: string) => rawServer((socket, soFar) => isWhole(soFar) && socket.end(http(body)))
const REFUSED = 'ERROR_WRONG_USER_KEY'
const env = {
  provider: 'captchaai',
  apiKeySecretArn: 'arn:secret',
  providerTimeoutSeconds: 2,
  keyRetrySeconds: 900,
  tableName: 'lifesign-prod',
  taskQueueUrl: 'http://127.0.0.1/1/tasks',
} as const

describe('the providers of a function', () => {
  it('are asked at their own addresses, with their own keys of the stack’s secret', async () => {
    const { asked } = await stack()
    const [one, two] = [await account('OK|1.5'), await account('OK|2.5')]
    const providers = makeConfiguredProviders({
      env: { ...env, providerUrl: one.url, backupProviderUrl: two.url },
      ...{ clock: memoryClock(), log: () => {}, shared: UNSHARED_KEYS },
    })
    expect(providers.map(({ name }) => name)).toEqual(['captchaai', 'twocaptcha'])
    const answers = await Promise.all(providers.map((provider) => provider.balance()))
    expect(answers).toMatchObject([
      { kind: 'balance', value: 1.5 },
      { kind: 'balance', value: 2.5 },
    ])
    expect([one.received.join(), two.received.join()]).toEqual([
      expect.stringContaining('?key=key-one&'),
      expect.stringContaining('?key=key-two&'),
    ])
    expect(asked).toEqual([{ operation: 'GetSecretValue', body: { SecretId: 'arn:secret' } }])
  })

  it('are sent a refused key again when the wait that is set is over, and not a second earlier', async () => {
    await stack()
    const { url, received } = await account(REFUSED)
    const clock = memoryClock(NOON)
    const { log, lines } = memoryLog()
    const options = { env: { ...env, providerUrl: url }, clock, log, shared: UNSHARED_KEYS }
    const [provider] = makeConfiguredProviders(options)
    const sent: number[] = []
    for (const second of [0, 0, 899, 900]) {
      clock.set(NOON + second * 1000)
      await provider?.balance()
      sent.push(received.length)
    }
    expect(sent).toEqual([1, 1, 1, 2])
    const answers = lines.filter(({ message }) => message === 'provider answered').map(({ fields }) => fields)
    const answered = { provider: 'captchaai', call: 'balance', code: REFUSED, ms: expect.any(Number) }
    expect(answers).toEqual([answered, answered])
    expect(lines.filter(({ level }) => level !== 'debug').map(({ message }) => message)).toEqual([
      ...['key refused', 'key is tried again', 'key refused'],
    ])
  })
})

describe('what a deep run reaches', () => {
  const reachedAt = (providerUrl: string, changes = {}) =>
    makeReached({ env: { ...env, providerUrl, ...changes }, clock: memoryClock(), log: () => {} })

  it('is the queue, the record and the secret of its own stack', async () => {
    const { asked } = await stack()
    const { depths, record, secret } = reachedAt('http://127.0.0.1')
    expect(await depths.read('tasks')).toEqual({ visible: 3, hidden: 2, delayed: 1 })
    expect(await record.read()).toEqual({ record: null })
    expect(await secret.read()).toEqual(KEYS)
    expect(asked.map(({ body }) => body)).toMatchObject([
      ...[{ QueueUrl: env.taskQueueUrl }, { TableName: 'lifesign-prod' }, { SecretId: 'arn:secret' }],
    ])
  })

  it('is the account and its backup, with a key that was refused before sent again', async () => {
    await stack()
    const [one, two] = [await account(REFUSED), await account('OK|2.5')]
    const { accounts } = reachedAt(one.url, { backupProviderUrl: two.url })
    expect(accounts.map(({ name }) => name)).toEqual(['captchaai', 'twocaptcha'])
    for (let n = 0; n < 2; n += 1) expect(await accounts[0]?.balance()).toMatchObject({ failure: { class: 'auth' } })
    expect(await accounts[1]?.balance()).toMatchObject({ value: 2.5 })
    expect([one.received.length, two.received.length]).toEqual([2, 1])
  })
})

describe('a provider that never answers is waited for no longer than', () => {
  const ports = { clock: memoryClock(), log: () => {} }
  const minute = { ...env, providerTimeoutSeconds: 60 }
  it.each<[string, (at: { providerUrl: string }) => Pick<Provider, 'balance'>[], number]>([
    [
      'workers are set to',
      (at) => makeConfiguredProviders({ ...ports, env: { ...env, ...at }, shared: UNSHARED_KEYS }),
      2,
    ],
    ['workers are set to, in a deep run', (at) => makeReached({ ...ports, env: { ...env, ...at } }).accounts, 2],
    ['10 s, in a deep run', (at) => makeReached({ ...ports, env: { ...minute, ...at } }).accounts, 10],
  ])('%s', async (_, make, seconds) => {
    await stack()
    const asked = Promise.withResolvers<void>()
    const { url } = await rawServer((_socket, soFar) => isWhole(soFar) && asked.resolve())
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const answer = make({ providerUrl: url })[0]?.balance()
    await asked.promise
    const soon = () => new Promise((resolve) => setImmediate(resolve, 'waits'))
    await vi.advanceTimersByTimeAsync(seconds * 800)
    expect(await Promise.race([answer, soon()])).toBe('waits')
    await vi.advanceTimersByTimeAsync(seconds * 200)
    expect(await Promise.race([answer, soon()])).toMatchObject({ kind: 'failed', failure: { code: 'TIMEOUT' } })
  })
})
