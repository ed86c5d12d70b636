import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation'
import {
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fileKeyStore } from '../../bin/commands/keys/file-key-store.ts'
import { secretKeyStore } from '../../bin/commands/keys/secret-key-store.ts'
import { describeEngine } from '../engines/engine.ts'
import { ministackEngine } from '../engines/ministack.ts'
import { lifesign, type Run } from './scripted-fleet.ts'

const OLD = 'old-key-of-captchaai-0123456789a'
const NEW = 'new-key-of-captchaai-0123456789a'
const TOKEN = 'token-of-the-health-views'
const told = ({ out, err }: Run) => [...out, ...err].join('\n')

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifesign-keys-'))
  path = join(folder, 'keys.json')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
  await rm(folder, { recursive: true })
})
const local = (args: string[], more: { typed?: string | null; input?: string } = {}) =>
  lifesign(['keys', ...args], { env: { LIFESIGN_KEYS_FILE: path }, ...more })
const kept = async (): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))

describe('keys: the keys file of the local fleet', () => {
  test('set changes that entry only, keeps the health token and what it does not know, and never shows the key', async () => {
    await writeFile(path, JSON.stringify({ healthToken: TOKEN, captchaai: OLD, later: { a: [1] } }), { mode: 0o640 })
    const run = await local(['set', 'captchaai'], { typed: `  ${NEW}\n` })
    expect(run.code).toBe(0)
    expect(run.err).toEqual(['API key of captchaai: '])
    expect(await kept()).toEqual({ healthToken: TOKEN, captchaai: NEW, later: { a: [1] } })
    expect(told(run)).not.toMatch(/new-key|old-key|token-of/)
    expect((await stat(path)).mode & 0o777).toBe(0o640)
    expect(await readdir(folder)).toEqual(['keys.json'])
  })

  test('set reads standard input where no person is there, and makes a file that only its owner can read', async () => {
    expect(await local(['set', 'twocaptcha'], { input: `${NEW}\r\n` })).toMatchObject({ code: 0, err: [] })
    expect(await kept()).toEqual({ twocaptcha: NEW })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  test('a link to the file stays a link', async () => {
    await writeFile(path, '{}')
    const link = join(folder, 'link.json')
    await symlink(path, link)
    const env = { LIFESIGN_KEYS_FILE: link }
    expect((await lifesign(['keys', 'set', 'captchaai'], { env, input: NEW })).code).toBe(0)
    expect(await kept()).toEqual({ captchaai: NEW })
  })

  test('a key of another length is taken, with a warning that does not show it', async () => {
    const run = await local(['set', 'captchaai'], { input: 'short' })
    expect(run).toMatchObject({ code: 0, err: ['note: this key has 5 characters; keys of captchaai have 32'] })
    expect(await kept()).toEqual({ captchaai: 'short' })
  })

  test('a person who gives up changes nothing', async () => {
    expect((await local(['set', 'captchaai'], { typed: null })).code).toBe(130)
    await expect(stat(path)).rejects.toThrow('ENOENT')
  })

  test('of many changes at once none is lost: each was written or says that somebody else is at it', async () => {
    await writeFile(path, '{}')
    const names = Array.from({ length: 8 }, (_, i) => `provider-${i}`)
    const outcomes = await Promise.allSettled(
      names.map((name) => fileKeyStore(path).update((entries) => ({ ...entries, [name]: name }))),
    )
    const written = names.filter((_, i) => outcomes[i]?.status === 'fulfilled')
    expect(outcomes).toContainEqual({ status: 'fulfilled', value: 'written' })
    expect(written.length).toBeGreaterThan(0)
    expect(written.length).toBeLessThan(names.length)
    expect(await kept()).toEqual(Object.fromEntries(written.map((name) => [name, name])))
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))
    for (const reason of reasons) expect(reason).toContain('is being changed by somebody else')
    expect(await readdir(folder)).toEqual(['keys.json'])
  })

  test('list shows names and ages, never a value, and says what it cannot know', async () => {
    await writeFile(path, JSON.stringify({ healthToken: TOKEN, captchaai: OLD }))
    const run = await local(['list'])
    expect(run.code).toBe(0)
    expect(run.out).toEqual(
      ['healthToken   ', 'captchaai     '].map((name) =>
        expect.stringMatching(`^${name}set no later than \\d+ seconds? ago`),
      ),
    )
    expect(run.err).toEqual(['"no later than": it was the same in the oldest version that can still be read'])
    expect(told(run)).not.toMatch(/old-key|token-of/)
    const json = await local(['list', '--json'])
    expect(json.out.map((line) => JSON.parse(line))).toMatchObject([
      { name: 'healthToken', exact: false },
      { name: 'captchaai', exact: false },
    ])
    expect(told(json)).not.toMatch(/old-key|token-of/)
    expect(json.err).toEqual([])
  })

  test('list says so where there are no keys', async () => {
    expect(await local(['list'])).toEqual({ code: 0, out: [], err: [`the keys file ${path}: no keys`] })
  })

  test.each([
    [1, '1 second'],
    [59, '59 seconds'],
    [60, '1 minute'],
    [3599, '59 minutes'],
    [3600, '1 hour'],
    [86_399, '23 hours'],
    [86_400, '1 day'],
    [200_000, '2 days'],
  ])('list tells an age of %i s as %s', async (seconds, age) => {
    const setAt = Date.parse('2026-11-21T12:00:00.000Z')
    await writeFile(path, JSON.stringify({ captchaai: OLD }))
    await utimes(path, setAt / 1000, setAt / 1000)
    vi.useFakeTimers({ toFake: ['Date'], now: setAt + seconds * 1000 })
    expect((await local(['list'])).out).toEqual([
      `captchaai     set no later than ${age} ago (2026-11-21T12:00:00.000Z)`,
    ])
  })
})

describe('keys: what makes no sense is one sentence, changes nothing, and shows no key', () => {
  test.each<[string, string[], RegExp, { input?: string; env?: Record<string, string> }]>([
    ['no action', [], /say `keys set PROVIDER` or `keys list`$/, {}],
    ['no provider', ['set'], /whose key\? say captchaai or twocaptcha$/, {}],
    ['another provider', ['set', 'healthToken'], /whose key\?/, {}],
    ['a key on the command line', ['set', 'captchaai', NEW], /does not belong on the command line/, {}],
    ['a name for list', ['list', 'captchaai'], /`keys list` takes no name$/, {}],
    ['an empty key', ['set', 'captchaai'], /no key was given; nothing is changed$/, { input: ' \n' }],
    ['a key with blanks', ['set', 'captchaai'], /that is no key/, { input: 'new-key of captchaai' }],
    ['no keys file', ['list'], /has no keys file: .* set LIFESIGN_KEYS_FILE for npm start/, { env: {} }],
  ])('%s', async (_what, args, words, more) => {
    const before = JSON.stringify({ captchaai: OLD })
    await writeFile(path, before)
    const run = await lifesign(['keys', ...args], { env: { LIFESIGN_KEYS_FILE: path }, ...more })
    expect(run).toMatchObject({ code: 2, out: [], err: [expect.stringMatching(words)] })
    expect(told(run)).not.toMatch(/new-key|old-key/)
    expect(await readFile(path, 'utf8')).toBe(before)
  })

  test('a keys file that cannot be read or written is one sentence each, and a folder is no file without keys', async () => {
    const at = (file: string, ...args: string[]) =>
      lifesign(['keys', ...args], { env: { LIFESIGN_KEYS_FILE: file }, input: NEW })
    const missing = join(folder, 'nowhere', 'keys.json')
    const sentence = (text: string) => ({ code: 4, out: [], err: [`lifesign: the keys file ${text}`] })
    expect(await at(folder, 'list')).toEqual(sentence(`${folder} cannot be read`))
    expect(await at(missing, 'set', 'captchaai')).toEqual(sentence(`${missing} cannot be written`))
  })

  test('a file that is no JSON object is not overwritten, and is not quoted', async () => {
    for (const text of [`{"captchaai":"${OLD}"`, `["${OLD}"]`, OLD, 'null', '7']) {
      await writeFile(path, text)
      const run = await local(['set', 'captchaai'], { input: NEW })
      expect(run).toMatchObject({ code: 4, err: [expect.stringMatching(/holds no JSON object/)] })
      expect(told(run)).not.toMatch(/new-key|old-key/)
      expect(await readFile(path, 'utf8')).toBe(text)
    }
  })
})

describeEngine(ministackEngine, (running) => {
  let stage: string
  let arn: string
  let client: SecretsManagerClient
  beforeEach(async () => {
    const { endpoint } = running()
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint)
    stage = `keys-${randomUUID().slice(0, 8)}`
    const SecretString = JSON.stringify({ healthToken: TOKEN, captchaai: OLD })
    const Secret = { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString } }
    const Outputs = { ApiKeySecretArn: { Value: { Ref: 'Secret' } } }
    const stacks = new CloudFormationClient({ endpoint })
    const StackName = `Lifesign-${stage}`
    const TemplateBody = JSON.stringify({ Resources: { Secret }, Outputs })
    await stacks.send(new CreateStackCommand({ StackName, TemplateBody }))
    await waitUntilStackCreateComplete({ client: stacks, maxWaitTime: 30, minDelay: 1 }, { StackName })
    const { Stacks } = await stacks.send(new DescribeStacksCommand({ StackName }))
    arn = Stacks?.[0]?.Outputs?.[0]?.OutputValue ?? ''
    client = new SecretsManagerClient({ endpoint })
  })
  const entries = async (): Promise<Record<string, unknown>> =>
    JSON.parse((await client.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString ?? '')

  test('keys set changes that entry of the secret only, in one new version, and keeps the health token', async () => {
    const run = await lifesign(['keys', 'set', 'twocaptcha', '--stage', stage], { typed: NEW })
    expect(run).toMatchObject({ code: 0, err: ['API key of twocaptcha: '] })
    expect(run.out).toEqual([`twocaptcha: key set for stage ${stage}; the fleet uses it within 300 s`])
    expect(await entries()).toEqual({ healthToken: TOKEN, captchaai: OLD, twocaptcha: NEW })
    const { Versions = [] } = await client.send(
      new ListSecretVersionIdsCommand({ SecretId: arn, IncludeDeprecated: true }),
    )
    expect(Versions.flatMap(({ VersionStages }) => VersionStages)).toEqual(
      expect.arrayContaining(['AWSCURRENT', 'AWSPREVIOUS']),
    )
    expect(Versions).toHaveLength(2)
  })

  test('of many changes at once none is lost: each was written or says that somebody else was first', async () => {
    const store = secretKeyStore('the fleet', client, arn)
    const names = Array.from({ length: 8 }, (_, i) => `provider-${i}`)
    const outcomes = await Promise.all(names.map((name) => store.update((all) => ({ ...all, [name]: name }))))
    const written = names.filter((_, i) => outcomes[i] === 'written')
    expect(written.length).toBeGreaterThan(0)
    expect(Object.keys(await entries()).sort()).toEqual(['captchaai', 'healthToken', ...written].sort())
  })

  test('keys list tells since when each key is as it is, and never shows a value', async () => {
    await lifesign(['keys', 'set', 'captchaai', '--stage', stage], { input: NEW })
    const run = await lifesign(['keys', 'list', '--stage', stage])
    expect(run.code).toBe(0)
    expect(run.out).toEqual([
      expect.stringMatching(/^healthToken {3}set no later than \d+ seconds? ago \(20/),
      expect.stringMatching(/^captchaai {5}set \d+ seconds? ago \(20/),
    ])
    expect(told(run)).not.toMatch(/new-key|old-key|token-of/)
  })

  test('a version that never became the current one is no part of the history', async () => {
    const [{ VersionId: first } = {}] =
      (await client.send(new ListSecretVersionIdsCommand({ SecretId: arn, IncludeDeprecated: true }))).Versions ?? []
    await lifesign(['keys', 'set', 'captchaai', '--stage', stage], { input: NEW })
    const { VersionId } = await client.send(new GetSecretValueCommand({ SecretId: arn }))
    const back = { VersionStage: 'AWSCURRENT', MoveToVersionId: first, RemoveFromVersionId: VersionId }
    await client.send(new UpdateSecretVersionStageCommand({ SecretId: arn, ...back }))
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: arn,
        VersionStage: 'AWSPREVIOUS',
        RemoveFromVersionId: VersionId,
      }),
    )
    const run = await lifesign(['keys', 'list', '--stage', stage])
    expect(run.out[1]).toMatch(/^captchaai {5}set no later than/)
  })

  test('a stack that is not there is one sentence', async () => {
    const run = await lifesign(['keys', 'list', '--stage', 'nowhere'])
    expect(run).toMatchObject({ code: 4, out: [], err: [expect.stringContaining('stage nowhere: ')] })
  })
})
