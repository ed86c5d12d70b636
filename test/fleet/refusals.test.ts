import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folder } from '../local/bundles.ts'
import { start } from './programs.ts'

const PAID = { LIFESIGN_PROVIDER_URL: 'http://127.0.0.1:9', CAPTCHAAI_API_KEY: 'k'.repeat(32) }

/** Listens and never answers: what a foreign program on a port looks like. */
let stranger: Server
let taken = ''
beforeAll(async () => {
  stranger = createServer()
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  const address = stranger.address()
  taken = String(typeof address === 'object' ? address?.port : '')
})
afterAll(() => stranger.close())

/** The one line it said, and its exit code. */
async function refusal(program: 'local' | 'engines', env: Record<string, string>, args: string[] = []) {
  const child = start(program, env, args)
  const { code } = await child.ended
  return { code, lines: child.lines }
}

describe.concurrent('a start that cannot be is one clear line', () => {
  it.each([
    ['health', 'LIFESIGN_PORT'],
    ['SQS', 'LIFESIGN_SQS_PORT'],
    ['DynamoDB', 'LIFESIGN_DYNAMODB_PORT'],
    ['provider simulator', 'LIFESIGN_SIMULATOR_PORT'],
    ['control', 'LIFESIGN_CONTROL_PORT'],
  ])('npm start, when the %s port is in use', async (what, variable) => {
    const { code, lines } = await refusal('local', { LIFESIGN_DATA: folder(), [variable]: taken })
    expect(lines).toEqual([
      `error: port ${taken} (${what}) is in use by another program: stop it, or choose another port with ${variable}`,
    ])
    expect(code).toBe(1)
  })

  it.each(['LIFESIGN_SQS_PORT', 'LIFESIGN_DYNAMODB_PORT', 'LIFESIGN_CONTROL_PORT'])(
    'npm run engines, when the port of %s is in use',
    async (variable) => {
      const { code, lines } = await refusal('engines', { LIFESIGN_DATA: folder(), [variable]: taken })
      expect(lines).toEqual([expect.stringMatching(new RegExp(`^error: port ${taken} .*${variable}$`))])
      expect(code).toBe(1)
    },
  )

  it.each<[string, (path: string) => string]>([
    ['is a file', (path) => join(path, 'file')],
    ['lies under a file', (path) => join(path, 'file', 'below')],
    ['holds a table store that cannot be opened', (path) => path],
  ])('when the data folder %s', async (_, place) => {
    const path = folder()
    writeFileSync(join(path, 'file'), '')
    mkdirSync(join(path, 'dynamodb'))
    writeFileSync(join(path, 'dynamodb', 'CURRENT'), 'nonsense')
    const { code, lines } = await refusal('local', { LIFESIGN_DATA: place(path) })
    expect(lines).toEqual([expect.stringMatching(/^error: the data folder .* cannot be used .*LIFESIGN_DATA$/)])
    expect(code).toBe(1)
  })

  it.each<[string, Record<string, string>, string[], string]>([
    ['a wrong setting', {}, ['-c', 'pollSecond=2'], 'pollSecond'],
    ['a port that is none', { LIFESIGN_PORT: 'eighty' }, [], 'LIFESIGN_PORT'],
    ['a missing key', { LIFESIGN_PROVIDER_URL: 'http://127.0.0.1:9', CAPTCHAAI_API_KEY: '' }, [], 'CAPTCHAAI_API_KEY'],
    ['a keys file that is not there', { ...PAID, LIFESIGN_KEYS_FILE: '/absent/keys.json' }, [], 'LIFESIGN_KEYS_FILE'],
    ['an SQS elsewhere', { LIFESIGN_SQS_URL: 'https://sqs.us-east-1.amazonaws.com' }, [], 'LIFESIGN_SQS_URL'],
  ])('with exit code 2 for %s', async (_, env, args, word) => {
    const { code, lines } = await refusal('local', { LIFESIGN_DATA: folder(), ...env }, args)
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^error: .*${word}`))])
    expect(code).toBe(2)
  })

  it('when the keys file has no key for the provider', async () => {
    const path = join(folder(), 'keys.json')
    writeFileSync(path, '{"twocaptcha":"x"}')
    const { code, lines } = await refusal('local', { LIFESIGN_DATA: folder(), ...PAID, LIFESIGN_KEYS_FILE: path })
    expect(lines).toEqual([`error: LIFESIGN_KEYS_FILE: ${path} has no key for captchaai`])
    expect(code).toBe(2)
  })

  it('when nothing answers where LIFESIGN_DYNAMODB_URL points', async () => {
    const env = { LIFESIGN_DATA: folder(), LIFESIGN_DYNAMODB_URL: `http://127.0.0.1:${taken}` }
    const { code, lines } = await refusal('local', env)
    expect(lines).toEqual([
      expect.stringMatching(/^error: LIFESIGN_DYNAMODB_URL: nothing that speaks DynamoDB answers/),
    ])
    expect(code).toBe(1)
  })
})

describe.concurrent('--help starts nothing', () => {
  it.each([
    ['engines', '--help'],
    ['engines', '-h'],
    ['local', '--help'],
    ['local', '-h'],
  ] as const)('%s %s prints how to use it and ends with 0, although its ports are taken', async (program, word) => {
    const env = { LIFESIGN_DATA: folder(), LIFESIGN_SQS_PORT: taken }
    const { code, lines } = await refusal(program, env, [word])
    expect(code).toBe(0)
    expect(lines[0]).toMatch(program === 'local' ? /^npm start -- / : /^npm run engines$/)
    expect(lines.join('\n')).not.toMatch(/ready|error/)
  })

  it('npm run engines takes no other word', async () => {
    const { code, lines } = await refusal('engines', { LIFESIGN_DATA: folder() }, ['--port', '1'])
    expect(code).toBe(2)
    expect(lines).toEqual(['error: unknown argument --port; npm run engines is set by variables: see --help'])
  })
})
