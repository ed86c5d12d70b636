import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { probe, speaks } from '../../local/engines/probe.ts'
import { useEngines } from '../../local/engines/use-engines.ts'
import { useProvider } from '../../local/provider.ts'
import { readLocalSettings } from '../../local/settings/settings.ts'
import { closeServer, listen, urlOf } from '../../local/support/listen.ts'
import { makeTeardown } from '../../local/support/teardown.ts'
import { folder, later } from './bundles.ts'

async function serving(answer: RequestListener): Promise<number> {
  const server = createServer(answer)
  const port = await listen(server, { what: 'web', port: 0, variable: '' })
  later(() => closeServer(server))
  return port
}
const ANY_PORTS = {
  ...{ LIFESIGN_PORT: '0', LIFESIGN_SQS_PORT: '0', LIFESIGN_DYNAMODB_PORT: '0' },
  ...{ LIFESIGN_SIMULATOR_PORT: '0', LIFESIGN_CONTROL_PORT: '0' },
}

describe('what listens on a port', () => {
  it.each<[string, number, unknown, boolean, boolean]>([
    ['the queue that was asked for', 200, { QueueUrl: 'x' }, true, false],
    ['the table that was asked for', 200, { Table: {} }, false, true],
    ['that the queue does not exist', 400, { __type: 'com.amazonaws.sqs#QueueDoesNotExist' }, true, false],
    ['the same in older words', 400, { __type: 'AWS.SimpleQueueService.NonExistentQueue' }, true, false],
    ['that the table does not exist', 400, { __type: 'x#ResourceNotFoundException' }, false, true],
    ['the same with the status of an error of its own', 500, { __type: 'x#ResourceNotFoundException' }, false, false],
    ['another refusal', 400, { __type: 'x#AccessDeniedException' }, false, false],
    ['an error with a queue in it', 400, { QueueUrl: 'x', Table: {} }, false, false],
    ['something else', 200, { __type: 'x#ResourceNotFoundException' }, false, false],
    ['null', 200, null, false, false],
    ['a redirect', 302, { QueueUrl: 'x', Table: {} }, false, false],
  ])('and answers with %s (%i) speaks SQS or DynamoDB by that', async (_, status, body, sqs, dynamodb) => {
    const asked: string[] = []
    const port = await serving((request, response) => {
      asked.push(`${request.method} ${request.headers['x-amz-target']}`)
      response.writeHead(status, { location: '/' }).end(JSON.stringify(body))
    })
    expect([await speaks(urlOf(port), 'sqs'), await speaks(urlOf(port), 'dynamodb')]).toEqual([sqs, dynamodb])
    expect(asked).toEqual(['POST AmazonSQS.GetQueueUrl', 'POST DynamoDB_20120810.DescribeTable'])
  })

  it('and is slow once is asked a second time before it counts as another program', async () => {
    let asked = 0
    const port = await serving((_, response) => {
      asked += 1
      response.end(asked === 1 ? 'busy' : '{"QueueUrl":"x"}')
    })
    expect([await probe(port, 'sqs'), asked]).toEqual(['engine', 2])
    expect([await probe(port, 'dynamodb'), asked]).toEqual(['other', 4])
    expect(await probe(0, 'sqs')).toBe('nothing')
  })
})

it('an engine that did start is stopped at the end, also where the other one cannot be used', async () => {
  const taken = await serving((_, response) => response.end('{}'))
  const env = { ...ANY_PORTS, LIFESIGN_DYNAMODB_PORT: String(taken), LIFESIGN_DATA: folder() }
  const undo: (() => unknown)[] = []
  const teardown = makeTeardown()
  later(() => teardown.run())
  const add = (step: () => unknown) => {
    undo.push(step)
    teardown.add(step)
  }
  const starting = useEngines(readLocalSettings([], env), { ...teardown, add })
  await expect(starting).rejects.toThrow(
    `port ${taken} (DynamoDB) is in use by another program: stop it, or choose another port with LIFESIGN_DYNAMODB_PORT`,
  )
  expect(undo).toHaveLength(1)
})

it('of two engines that cannot be used the queues are told first', async () => {
  const [sqs, dynamodb] = [
    await serving((_, response) => response.end('{}')),
    await serving((_, response) => response.end('{}')),
  ]
  const env = { ...ANY_PORTS, LIFESIGN_SQS_PORT: String(sqs), LIFESIGN_DYNAMODB_PORT: String(dynamodb) }
  const starting = useEngines(readLocalSettings([], { ...env, LIFESIGN_DATA: folder() }), makeTeardown())
  await expect(starting).rejects.toThrow(`port ${sqs} (SQS) is in use by another program`)
})

describe('the provider that the fleet pays', () => {
  const KEY = 'k'.repeat(32)
  const place = { what: 'provider simulator', port: 0, variable: 'LIFESIGN_SIMULATOR_PORT' }
  async function used(env: Record<string, string>, argv: string[] = []) {
    const { fleet, keys } = readLocalSettings(argv, { ...ANY_PORTS, ...env })
    const provider = await useProvider(fleet, keys, place)
    later(() => provider.stop())
    return { ...provider, secret: JSON.parse(await provider.secret()) }
  }
  const keysFile = (text: string) => {
    const path = join(folder(), 'keys.json')
    writeFileSync(path, text)
    return path
  }

  it('is the simulator where no other one is given, with the key of the simulator and no other', async () => {
    const { simulatorUrl, fleet, secret } = await used({ CAPTCHAAI_API_KEY: KEY, TWOCAPTCHA_API_KEY: KEY })
    expect(fleet.providerUrl).toBe(simulatorUrl)
    expect(simulatorUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(secret).toEqual({ captchaai: 'simulator-key-32-characters-long' })
  })

  it('is the given one with its key, and the backup has its own; no simulator is started', async () => {
    const urls = { LIFESIGN_PROVIDER_URL: 'https://one.test', LIFESIGN_BACKUP_PROVIDER_URL: 'https://two.test' }
    const given = await used({ ...urls, CAPTCHAAI_API_KEY: KEY, TWOCAPTCHA_API_KEY: 'other' })
    expect([given.fleet.providerUrl, given.simulatorUrl]).toEqual(['https://one.test', undefined])
    expect(given.secret).toEqual({ captchaai: KEY, twocaptcha: 'other' })
    const without = await used({
      LIFESIGN_PROVIDER_URL: 'https://one.test',
      CAPTCHAAI_API_KEY: KEY,
      TWOCAPTCHA_API_KEY: KEY,
    })
    expect(without.secret).toEqual({ captchaai: KEY })
  })

  it('as a simulator lets in the key of the keys file, and speaks the other protocol where that is chosen', async () => {
    const path = keysFile(JSON.stringify({ twocaptcha: KEY }))
    const { simulatorUrl, secret } = await used({ LIFESIGN_KEYS_FILE: path }, ['-c', 'provider=twocaptcha'])
    expect(secret).toEqual({ twocaptcha: KEY })
    const threads = async (key: string) => (await fetch(`${simulatorUrl}/res.php?action=threadsinfo&key=${key}`)).text()
    expect(await threads(KEY)).toBe('ERROR_EMPTY_ACTION')
    expect(await threads('x'.repeat(32))).toBe('ERROR_KEY_DOES_NOT_EXIST')
  })

  it.each([
    ['no JSON', '{', 'cannot be used (it must hold a JSON object, provider name to key)'],
    ['a list', '["k"]', 'cannot be used (it must hold a JSON object, provider name to key)'],
    ['keys of another provider', '{"twocaptcha":"k"}', 'has no key for captchaai'],
    ['an empty key', '{"captchaai":""}', 'has no key for captchaai'],
  ])(
    'is refused with exit code 2 where the keys file holds %s, and what it holds is not repeated',
    async (_, text, why) => {
      const path = keysFile(text)
      await expect(used({ LIFESIGN_KEYS_FILE: path })).rejects.toMatchObject({
        message: `LIFESIGN_KEYS_FILE: ${path} ${why}`,
        exitCode: 2,
      })
    },
  )

  it('is refused where the keys file is not there, and where the port of the simulator is taken', async () => {
    await expect(used({ LIFESIGN_KEYS_FILE: '/absent/keys.json' })).rejects.toMatchObject({
      message: expect.stringMatching(/^LIFESIGN_KEYS_FILE: \/absent\/keys\.json cannot be used \(ENOENT/),
      exitCode: 2,
    })
    const port = await serving(() => {})
    const { fleet, keys } = readLocalSettings([], ANY_PORTS)
    await expect(useProvider(fleet, keys, { ...place, port })).rejects.toThrow(
      `port ${port} (provider simulator) is in use by another program: stop it, or choose another port with LIFESIGN_SIMULATOR_PORT`,
    )
  })
})
