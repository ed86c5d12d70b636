import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  type SecretVersionsListEntry,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { orUnreachable } from '../fleet/or-unreachable.ts'
import { entriesOf, type KeyStore, type Version } from './key-store.ts'

const CURRENT = 'AWSCURRENT'
const PREVIOUS = 'AWSPREVIOUS'
/** Marks a version that has not become the current one. */
const STAGED = 'lifesign-staged'
/** The most versions that are read to find the age of a key. */
const MOST_VERSIONS = 20

/**
 * The secret in Secrets Manager. PutSecretValue has no condition. So the new version is first stored without the label
 * of the current version, and then the label is moved to it from the version that was read. AWS refuses the move if the
 * label is no longer there.
 */
export function secretKeyStore(name: string, client: SecretsManagerClient, SecretId: string): KeyStore {
  const read = (version: { VersionId?: string | undefined } = {}) =>
    client.send(new GetSecretValueCommand({ SecretId, ...version }))
  const textOf = ({ SecretString = '' }: GetSecretValueCommandOutput) =>
    entriesOf(SecretString, `the secret of ${name}`)

  async function makeCurrent(MoveToVersionId: string | undefined, RemoveFromVersionId: string | undefined) {
    const move = { SecretId, VersionStage: CURRENT, MoveToVersionId, RemoveFromVersionId }
    try {
      await client.send(new UpdateSecretVersionStageCommand(move))
      return true
    } catch (error) {
      if (!isRefused(error)) throw error
      // If the request was sent twice, the answer to the first may have been lost.
      return (await read()).VersionId === MoveToVersionId
    }
  }

  return {
    name,
    update: (change) =>
      orUnreachable(name, async () => {
        const found = await read()
        const SecretString = JSON.stringify(change(textOf(found)))
        const staged = { SecretId, SecretString, VersionStages: [STAGED] }
        const { VersionId } = await client.send(new PutSecretValueCommand(staged))
        return (await makeCurrent(VersionId, found.VersionId)) ? 'written' : 'conflict'
      }),
    async *versions() {
      const current = await orUnreachable(name, () => read())
      yield versionOf(textOf(current), current.CreatedDate)
      for (const { VersionId } of await earlier(client, SecretId, current.VersionId)) {
        const found = await read({ VersionId }).catch(() => undefined)
        if (found === undefined) return
        yield versionOf(textOf(found), found.CreatedDate)
      }
    },
  }
}

const versionOf = (entries: Version['entries'], at: Date | undefined): Version => ({
  entries,
  writtenAt: at?.getTime() ?? 0,
})

const isRefused = (error: unknown): boolean =>
  error instanceof Error && ['InvalidParameterException', 'InvalidRequestException'].includes(error.name)

/** The versions before the current one, newest first; empty if they may not be listed. */
async function earlier(client: SecretsManagerClient, SecretId: string, current: string | undefined) {
  const list = new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true, MaxResults: 100 })
  const { Versions = [] } = await client.send(list).catch(() => ({ Versions: [] }))
  return Versions.filter((version) => version.VersionId !== current && !wasNeverCurrent(version))
    .sort((a, b) => Number(isPrevious(b)) - Number(isPrevious(a)) || writtenAt(b) - writtenAt(a))
    .slice(0, MOST_VERSIONS)
}

const isPrevious = ({ VersionStages = [] }: SecretVersionsListEntry) => VersionStages.includes(PREVIOUS)
const wasNeverCurrent = (version: SecretVersionsListEntry) =>
  version.VersionStages?.includes(STAGED) === true && !isPrevious(version)
const writtenAt = ({ CreatedDate }: SecretVersionsListEntry) => CreatedDate?.getTime() ?? 0
