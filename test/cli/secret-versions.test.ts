import { createServer } from 'node:http'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect, it, onTestFinished } from 'vitest'
import { keyAges } from '../../bin/commands/keys/key-ages.ts'
import { secretKeyStore } from '../../bin/commands/keys/secret-key-store.ts'
import { listen, urlOf } from '../../local/support/listen.ts'
import { readBody } from '../../local/support/read-body.ts'

/** Seconds since 1970 at which the version was written, its entries, and the labels that are on it. */
const VERSIONS: Record<string, { at: number; entries: Record<string, string>; stages: string[] }> = {
  third: { at: 3000, entries: { captchaai: 'c', twocaptcha: 'x' }, stages: ['AWSPREVIOUS'] },
  staged: { at: 3500, entries: { captchaai: 'never', twocaptcha: 'never' }, stages: ['lifesign-staged'] },
  first: { at: 1000, entries: { captchaai: 'a', twocaptcha: 'y' }, stages: [] },
  fourth: { at: 4000, entries: { captchaai: 'd', twocaptcha: 'x' }, stages: ['AWSCURRENT'] },
  second: { at: 2000, entries: { captchaai: 'b', twocaptcha: 'x' }, stages: [] },
}

/** Secrets Manager as far as the versions of one secret go, which it lists in no order. */
async function secretStore() {
  const read: string[] = []
  const server = createServer(async (request, response) => {
    const asked: { VersionId?: string } = JSON.parse((await readBody(request, 10_000))?.toString() ?? '{}')
    const answer = request.headers['x-amz-target']?.toString().endsWith('.ListSecretVersionIds')
      ? {
          Versions: Object.entries(VERSIONS).map(([VersionId, { at, stages }]) => ({
            ...{ VersionId, CreatedDate: at, VersionStages: stages },
          })),
        }
      : versionNamed(asked.VersionId ?? 'fourth')
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer))
  })
  const versionNamed = (VersionId: string) => {
    read.push(VersionId)
    const { at, entries } = VERSIONS[VersionId] ?? { at: 0, entries: {} }
    return { VersionId, CreatedDate: at, SecretString: JSON.stringify(entries) }
  }
  const endpoint = urlOf(await listen(server, { what: 'the secret store of the test', port: 0, variable: 'none' }))
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials })
  onTestFinished(() => {
    client.destroy()
    server.closeAllConnections()
    server.close()
  })
  return { store: secretKeyStore('the fleet', client, 'arn:of-test'), read }
}

it('the versions of the secret come newest first, without those that never became the current one', async () => {
  const { store, read } = await secretStore()
  const written: number[] = []
  for await (const { writtenAt } of store.versions()) written.push(writtenAt / 1000)
  expect(written).toEqual([4000, 3000, 2000, 1000])
  expect(read).toEqual(['fourth', 'third', 'second', 'first'])
})

it('a key is as old as the first version that has it as it is now, and no older version is read than is needed', async () => {
  const { store, read } = await secretStore()
  expect(await keyAges(store.versions())).toEqual([
    { name: 'captchaai', setAt: 4_000_000, exact: true },
    { name: 'twocaptcha', setAt: 2_000_000, exact: true },
  ])
  expect(read).toEqual(['fourth', 'third', 'second', 'first'])
})
