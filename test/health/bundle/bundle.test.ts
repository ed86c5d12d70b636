import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleHealth, evaluatedWith, probe } from './probed.ts'
import { startSecretStore } from './secret-store.ts'

/** The SDK cannot be evaluated without these; the live view has no use for them. */
const SDK_NEEDS = ['node:https', 'node:stream', 'node:os']

describe('the health function as it is deployed', () => {
  const bundle = bundleHealth()
  let probed: Awaited<ReturnType<typeof probe>>
  beforeAll(async () => {
    probed = await probe(bundle.path)
  })

  it('loads no SDK before, for or after the live view and unknown paths', () => {
    expect(probed.views['/health/live']).toMatchObject({ status: 200, asked: [] })
    expect(probed.views['/nowhere']).toMatchObject({ status: 404, asked: [] })
    expect(probed.asked.filter((name) => SDK_NEEDS.includes(name))).toEqual([])
  })

  it('loads the SDK for the first view that needs the record, which proves that it would have been seen', () => {
    expect(probed.views['/health/ready']?.asked).toEqual(expect.arrayContaining(SDK_NEEDS))
  })

  it('answers unknown within 1 s where the table refuses connections', () => {
    const { status, body = '' } = probed.views['/health/ready'] ?? {}
    expect(status).toBe(503)
    expect(JSON.parse(body)).toMatchObject({ status: 'unknown', issues: ['record_unreadable'] })
  })

  it('reads the secret for the request that brings a token, and for no other', async () => {
    const store = await startSecretStore({ healthToken: 'probe' })
    const { views } = await probe(bundle.path, store.url)
    await store.stop()
    const get = 'DynamoDB_20120810.GetItem'
    // Record and admission item, the token, and the last deep run.
    expect(store.calls).toEqual([get, get, 'secretsmanager.GetSecretValue', get])
    expect(views['/health/ready']?.body).not.toContain('thresholds')
    expect(views['/health/ready with a token']?.body).toContain('thresholds')
  })

  it('loads the client of the secret store neither with itself nor with the client of the table', () => {
    const client = 'node_modules/@aws-sdk/client-secrets-manager/'
    const of = (...files: string[]) => evaluatedWith(...files).filter((path) => path.startsWith(client)).length
    expect(of('health/handler.ts')).toBe(0)
    expect(of('adapters/dynamodb/client.ts', 'adapters/dynamodb/record-store.ts')).toBe(0)
    expect(of('adapters/secrets/secret-reader.ts')).toBeGreaterThan(0)
  })

  it('loads the pages, the runbook, the metrics, marked and prom-client only when they are asked for', () => {
    const parts = ['page/', 'runbook/', 'metrics/'].map((folder) => `functions/health/${folder}`)
    parts.push('docs/', 'node_modules/marked/', 'node_modules/prom-client/')
    const of = (file: string) => evaluatedWith(file).filter((path) => parts.some((part) => path.startsWith(part)))
    expect(of('health/handler.ts')).toEqual([])
    expect(of('health/metrics/exposition.ts').length).toBeGreaterThan(3)
    expect(of('health/runbook/served-runbook.ts')).toContain('docs/runbook.md')
  })

  it('is at most 100 kB, and each part that it loads later at most 400 kB', () => {
    const parts = ['deep-ports.js', 'documents.js', 'exposition.js', 'health-ports.js', 'index.js', 'served-runbook.js']
    expect(Object.keys(bundle.sizes)).toEqual(parts)
    expect(bundle.sizes['index.js']).toBeLessThanOrEqual(100_000)
    for (const bytes of Object.values(bundle.sizes)) expect(bytes).toBeLessThanOrEqual(400_000)
  })

  it('holds neither a client of AWS nor the calls of the providers itself', () => {
    const text = readFileSync(bundle.path, 'utf8')
    for (const word of ['GetItem', 'GetQueueAttributes', 'in.php', 'threadsinfo', 'HELP'])
      expect(text).not.toContain(word)
  })

  it('loads the part with the probes for a deep run, from beside itself, and for nothing else', async () => {
    const store = await startSecretStore({ healthToken: 'probe', captchaai: 'k' })
    const { views, asked } = await probe(bundle.path, store.url)
    await store.stop()
    const loads = Object.entries(views).filter(([, view]) => view.asked.some((name) => name.endsWith('deep-ports.js')))
    expect(asked.some((name) => name.endsWith('deep-ports.js'))).toBe(false)
    expect(loads.map(([name]) => name)).toEqual(['/health/deep with a token'])
    expect(views['/health/deep']).toMatchObject({ status: 401 })
    expect(views['/health/deep with a token']).toMatchObject({ status: 503 })
    expect(JSON.parse(views['/health/deep with a token']?.body ?? '')).toMatchObject({ status: 'unknown', checks: {} })
  })
})
