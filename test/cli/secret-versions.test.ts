import { createServer } from 'node:http'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect, it, onTestFinished } from 'vitest'
import { keyAges } from '../../bin/commands/keys/key-ages.ts'
import type { Version } from '../../bin/commands/keys/key-store.ts'
import { secretKeyStore } from '../../bin/commands/keys/secret-key-store.ts'
import { listen, urlOf } from '../../local/support/listen.ts'
import { readBody } from '../../local/support/read-body.ts'

/** Seconds since 1970 at which the version was written, its entries, and the labels that are on it. */
type Versions = Record<string, { at?: number; entries?: Record<string, string>; stages?: string[] }>
const VERSIONS: Versions = {
  third: { at: 3000, entries: { captchaai: 'c', twocaptcha: 'x' }, stages: ['AWSPREVIOUS'] },
  staged: { at: 3500, entries: { captchaai: 'never', twocaptcha: 'never' }, stages: ['lifesign-staged'] },
  first: { at: 1000, entries: { captchaai: 'a', twocaptcha: 'y' }, stages: [] },
  fourth: { at: 4000, entries: { captchaai: 'd', twocaptcha: 'x' }, stages: ['AWSCURRENT'] },
  second: { at: 2000, entries: { captchaai: 'b', twocaptcha: 'x' }, stages: [] },
}

/** Secrets Manager as far as the versions of one secret go, which it lists in no order. `refuses`: a call, or a version. */
async function secretStore({ versions = VERSIONS, refuses = '' } = {}) {
  const read: string[] = []
  const listed: object[] = []
  const answer = (call: string, asked: { VersionId?: string }) => {
    if (call === 'ListSecretVersionIds') {
      listed.push(asked)
      const Versions = Object.entries(versions).map(([VersionId, { at, stages }]) => ({
        ...{ VersionId, CreatedDate: at, VersionStages: stages },
      }))
      return Versions.length === 0 ? {} : { Versions }
    }
    const VersionId = asked.VersionId ?? 'fourth'
    read.push(VersionId)
    const { at, entries } = versions[VersionId] ?? {}
    return { VersionId, CreatedDate: at, SecretString: entries && JSON.stringify(entries) }
  }
  const server = createServer(async (request, response) => {
    const asked: { VersionId?: string } = JSON.parse((await readBody(request, 10_000))?.toString() ?? '{}')
    const call = String(request.headers['x-amz-target']).replace(/^.*\./, '')
    const isRefused = [call, asked.VersionId].includes(refuses)
    response.writeHead(isRefused ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(isRefused ? { __type: 'AccessDeniedException' } : answer(call, asked)))
  })
  const endpoint = urlOf(await listen(server, { what: 'the secret store of the test', port: 0, variable: 'none' }))
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials })
  onTestFinished(() => {
    client.destroy()
    server.closeAllConnections()
    server.close()
  })
  return { store: secretKeyStore('the fleet', client, 'arn:of-test'), read, listed }
}

const secondsOf = async (versions: AsyncIterable<Version>) => {
  const written: number[] = []
  for await (const { writtenAt } of versions) written.push(writtenAt / 1000)
  return written
}

it('the versions of the secret come newest first, without those that never became the current one', async () => {
  const { store, read, listed } = await secretStore()
  expect(await secondsOf(store.versions())).toEqual([4000, 3000, 2000, 1000])
  expect(read).toEqual(['fourth', 'third', 'second', 'first'])
  expect(listed).toEqual([{ SecretId: 'arn:of-test', IncludeDeprecated: true, MaxResults: 100 }])
})

it('a key is as old as the first version that has it as it is now, and no older version is read than is needed', async () => {
  const { store, read } = await secretStore()
  expect(await keyAges(store.versions())).toEqual([
    { name: 'captchaai', setAt: 4_000_000, exact: true },
    { name: 'twocaptcha', setAt: 2_000_000, exact: true },
  ])
  expect(read).toEqual(['fourth', 'third', 'second', 'first'])
})

it('the version that was the current one before comes next, whenever it was written', async () => {
  const back: Versions = { ...VERSIONS, third: { ...VERSIONS.third, stages: [] } }
  for (const name of ['first', 'second'])
    expect(
      await secondsOf(
        (
          await secretStore({ versions: { ...back, [name]: { ...back[name], stages: ['AWSPREVIOUS'] } } })
        ).store.versions(),
      ),
    ).toEqual(name === 'first' ? [4000, 1000, 3000, 2000] : [4000, 2000, 3000, 1000])
})

it('a version without a date or a label is the oldest, and none before the current one are read where none is told', async () => {
  const { second: _s, third: _t, staged: _st, ...dated } = VERSIONS
  const versions: Versions = { undated: { entries: { captchaai: 'u' } }, ...dated }
  expect(await secondsOf((await secretStore({ versions })).store.versions())).toEqual([4000, 1000, 0])
  const undated = { fourth: { entries: { captchaai: 'd' } } }
  expect(await secondsOf((await secretStore({ versions: undated })).store.versions())).toEqual([0])
})

it('where the versions may not be listed, or one may not be read, the ages are those that can be known', async () => {
  expect(await secondsOf((await secretStore({ refuses: 'ListSecretVersionIds' })).store.versions())).toEqual([4000])
  expect(await secondsOf((await secretStore({ refuses: 'second' })).store.versions())).toEqual([4000, 3000])
})

it('of many versions the 20 before the current one are read', async () => {
  const many = Array.from({ length: 30 }, (_, n) => [`old-${n}`, { at: 100 + n, entries: {} }])
  const { store } = await secretStore({ versions: { fourth: VERSIONS.fourth, ...Object.fromEntries(many) } })
  expect(await secondsOf(store.versions())).toEqual([4000, ...Array.from({ length: 20 }, (_, n) => 129 - n)])
})

it('a secret that holds no text is said to hold no keys, and by whom', async () => {
  const { store } = await secretStore({ versions: { fourth: { at: 4000 } } })
  await expect(secondsOf(store.versions())).rejects.toThrow(
    'the secret of the fleet holds no JSON object of names and keys; mend it by hand first',
  )
})
