import { createServer } from 'node:http'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { listen, urlOf } from '../../local/support/listen.ts'
import { asIn, cloudFormation, stack } from '../lib/cloud-formation.ts'
import { lifesign } from './scripted-fleet.ts'

afterEach(() => vi.unstubAllEnvs())
const KEY = 'new-key-of-captchaai-0123456789a'
const ENTRIES = { captchaai: 'old', healthToken: 'token' }

/** Secrets Manager as far as one change of a secret goes. `refuses`: the move of the label; `current`: who has it after that. */
async function secretStore({ refuses, current }: { refuses?: string; current?: string }) {
  const asked: { call: string; sent: Record<string, unknown> }[] = []
  let reads = 0
  const answers: Record<string, () => object> = {
    GetSecretValue: () => {
      reads += 1
      return { VersionId: reads === 1 ? 'first' : current, SecretString: JSON.stringify(ENTRIES) }
    },
    PutSecretValue: () => ({ VersionId: 'ours' }),
    UpdateSecretVersionStage: () =>
      refuses === undefined ? {} : { __type: refuses, message: 'the label is elsewhere' },
  }
  const server = createServer(async (request, response) => {
    const call = String(request.headers['x-amz-target']).replace(/^.*\./, '')
    asked.push({ call, sent: JSON.parse(Buffer.concat(await request.toArray()).toString()) })
    const isRefused = call === 'UpdateSecretVersionStage' && refuses !== undefined
    response.writeHead(isRefused ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(answers[call]?.()))
  })
  const url = urlOf(await listen(server, { what: 'the secret store of the test', port: 0, variable: 'none' }))
  const formation = await cloudFormation(stack({ ApiKeySecretArn: 'arn:of-test' }))
  const addresses = { ...asIn(formation.url), AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_SECRETS_MANAGER: url }
  for (const [name, value] of Object.entries(addresses)) vi.stubEnv(name, value)
  const run = await lifesign(['keys', 'set', 'captchaai', '--stage', 'prod'], { input: `${KEY}\n` })
  server.closeAllConnections()
  server.close()
  return { run, asked }
}

describe('keys set, where the secret is changed by somebody else at the same time', () => {
  const conflict = {
    code: 1,
    out: [],
    err: ['stage prod: somebody else changed it at the same time; nothing was changed, so do it again'],
  }
  const written = { code: 0, out: ['captchaai: key set for stage prod; the fleet uses it within 300 s'], err: [] }

  test.each(['InvalidParameterException', 'InvalidRequestException'])(
    'is exit code 1 and one sentence, after the label was refused with %s',
    async (refuses) => {
      const { run, asked } = await secretStore({ refuses, current: 'theirs' })
      expect(run).toEqual(conflict)
      expect(asked.map(({ call }) => call)).toEqual([
        'GetSecretValue',
        'PutSecretValue',
        'UpdateSecretVersionStage',
        'GetSecretValue',
      ])
    },
  )

  test('is written where the refusal only answers a second copy of the request', async () => {
    expect((await secretStore({ refuses: 'InvalidParameterException', current: 'ours' })).run).toEqual(written)
  })

  test('is exit code 4 and its own sentence where the refusal has another reason', async () => {
    const { run } = await secretStore({ refuses: 'AccessDeniedException' })
    expect(run).toEqual({ code: 4, out: [], err: ['lifesign: stage prod: the label is elsewhere'] })
  })

  test('and where nobody is, the new version gets the label from the one that was read, and only then is current', async () => {
    const { run, asked } = await secretStore({})
    expect(run).toEqual(written)
    expect(asked.map(({ sent }) => sent)).toEqual([
      { SecretId: 'arn:of-test' },
      {
        ClientRequestToken: expect.any(String),
        SecretId: 'arn:of-test',
        SecretString: JSON.stringify({ ...ENTRIES, captchaai: KEY }),
        VersionStages: ['lifesign-staged'],
      },
      { SecretId: 'arn:of-test', VersionStage: 'AWSCURRENT', MoveToVersionId: 'ours', RemoveFromVersionId: 'first' },
    ])
  })
})
