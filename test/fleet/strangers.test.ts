import { request } from 'node:http'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { folder, later } from '../local/bundles.ts'
import { startFleetHere, taskOf } from '../local/rights/fleet-here.ts'
import { start } from './programs.ts'

const SecretId = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:Lifesign-local-keys'

/** What a process with credentials that it made up is told. */
async function asksForTheKey(endpoint: string): Promise<string> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  later(() => client.destroy())
  return client.send(new GetSecretValueCommand({ SecretId })).then(
    ({ SecretString }) => `got ${SecretString}`,
    (error: Error) => error.name,
  )
}

/** One request as a browser sends it whose page has rebound its own name to this machine. */
function asked(url: string, host: string, headers: Record<string, string> = {}, body?: string) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const sent = request(url, { method, headers: { ...headers, host }, agent: false }, async (answer) => {
      resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(await answer.toArray()).toString() })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('strangers at the local endpoints', () => {
  it('another process with dummy credentials gets no key, a function of this run does', async () => {
    const fleet = await startFleetHere({ simulator: { plan: { solveSeconds: [1, 1], solveRate: 1 } } })
    expect(await asksForTheKey(fleet.controlUrl)).toBe('UnrecognizedClientException')
    const target = { 'x-amz-target': 'secretsmanager.GetSecretValue' }
    const own = new URL(fleet.controlUrl).host
    const unsigned = await asked(fleet.controlUrl, own, target, JSON.stringify({ SecretId }))
    expect(unsigned.status).toBe(400)
    expect(unsigned.text).toContain('MissingAuthenticationToken')
    await fleet.send('tasks', taskOf('one'))
    await expect.poll(async () => (await fleet.task('one'))?.state, { timeout: 30_000 }).toBe('solved')
    for (const page of ['/', '/requests', '/metrics-received', '/rights']) {
      const { status, text } = await asked(`${fleet.controlUrl}${page}`, own)
      expect(status, page).toBe(200)
      expect(text, page).not.toContain(fleet.simulator.key)
    }
  })

  it('a web page that rebinds its own name to this machine is refused by every endpoint that can reach a secret', async () => {
    const fleet = await startFleetHere({})
    const { port } = new URL(fleet.controlUrl)
    for (const host of ['attacker.example', `attacker.example:${port}`, '127.0.0.1:1', `127.0.0.1.nip.io:${port}`])
      for (const page of ['/', '/metrics-received', '/rights'])
        expect((await asked(`${fleet.controlUrl}${page}`, host)).status, `${host} ${page}`).toBe(403)
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])
      expect((await asked(`${fleet.controlUrl}/rights`, host)).status, host).toBe(200)

    // Messages and items hold proxy passwords and solutions, and the simulator's ledger what was sent.
    const calls = [
      [fleet.sqs.url, { 'x-amz-target': 'AmazonSQS.ListQueues', 'content-type': 'application/x-amz-json-1.0' }],
      [fleet.dynamodb.url, { 'x-amz-target': 'DynamoDB_20120810.ListTables', ...SIGNED }],
    ] as const
    for (const [url, headers] of calls) {
      expect((await asked(url, 'attacker.example', headers, '{}')).status, url).toBe(403)
      for (const host of [new URL(url).host, 'localhost:1', 'sqs.us-east-1.localhost:9324'])
        expect((await asked(url, host, headers, '{}')).status, `${url} ${host}`).toBe(200)
    }
    expect((await asked(`${fleet.simulator.url}/_sim/ledger`, 'attacker.example')).status).toBe(403)
    expect((await asked(`${fleet.simulator.url}/_sim/ledger`, new URL(fleet.simulator.url).host)).status).toBe(200)
  })

  it('npm run engines has no secret to give, whatever keys are in its environment', async () => {
    const engines = start('engines', { LIFESIGN_DATA: folder(), CAPTCHAAI_API_KEY: 'canary-provider-key' })
    await engines.until(/^engines ready:/)
    expect(await asksForTheKey(engines.url('control'))).toBe('ResourceNotFoundException')
  })
})

const SIGNED = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-date': '20261101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=local/20261101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0',
}
