import { describe, expect, it } from 'vitest'
import type { LocalFleet } from '../../local/fleet.ts'
import { readLocalSettings } from '../../local/settings/settings.ts'
import { startupBanner } from '../../local/startup-banner.ts'

const fleet: LocalFleet = {
  plan: {
    queues: ['tasks', 'results'].map((name) => ({
      ...{ name, url: `http://127.0.0.1:9324/000000000000/lifesign-${name}`, arn: `arn:${name}`, attributes: {} },
    })),
    tables: [{ name: 'lifesign', attributeTypes: {}, keys: [] }],
    ...{ functions: [], mappings: [], schedules: [], urls: [], outputs: {} },
  },
  healthUrl: 'http://127.0.0.1:8080',
  controlUrl: 'http://127.0.0.1:9325',
  sqs: { url: 'http://127.0.0.1:9324', how: 'own' },
  dynamodb: { url: 'http://127.0.0.1:8000', how: 'own' },
  provider: {
    fleet: readLocalSettings([], {}).fleet,
    secret: async () => '{}',
    simulatorUrl: 'http://127.0.0.1:8081',
    stop: async () => {},
  },
  resumed: 0,
  rights: () => [],
}
const KEYS = { CAPTCHAAI_API_KEY: 'paid-key', TWOCAPTCHA_API_KEY: 'paid-key' }

describe('what npm start shows when the fleet serves', () => {
  it('is every address, the command that sends a task, and last how long it took', () => {
    expect(startupBanner(fleet, readLocalSettings([], {}), 4.26)).toEqual([
      'Lifesign, on this machine only:',
      '  health      http://127.0.0.1:8080/health/ready, /health/live, /health/dependencies, /health',
      '  status page http://127.0.0.1:8080/status',
      '  SQS         http://127.0.0.1:9324',
      '              http://127.0.0.1:9324/000000000000/lifesign-tasks',
      '              http://127.0.0.1:9324/000000000000/lifesign-results',
      '  DynamoDB    http://127.0.0.1:8000, table lifesign',
      '  provider    http://127.0.0.1:8081 (simulator, captchaai)',
      '  control     http://127.0.0.1:9325',
      '  data, logs  .lifesign, .lifesign/logs/fleet.jsonl',
      '',
      'Send a task from another terminal:',
      '  npm run send -- --sitekey 6LdExampleExampleExampleExample --pageurl https://example.test/login',
      '',
      'ready: 4.3 s',
    ])
  })

  it('names the paid provider, its backup, callbacks and engines that are not its own, and no key', () => {
    const env = {
      ...KEYS,
      ...{ LIFESIGN_PROVIDER_URL: 'https://one.test', LIFESIGN_BACKUP_PROVIDER_URL: 'https://two.test' },
      LIFESIGN_DATA: '/data',
    }
    const settings = readLocalSettings(['-c', 'pingback=true'], env)
    const { simulatorUrl: _, ...provider } = { ...fleet.provider, fleet: settings.fleet }
    const shown = startupBanner(
      {
        ...fleet,
        provider,
        sqs: { ...fleet.sqs, how: 'found' },
        dynamodb: { ...fleet.dynamodb, how: 'given' },
      },
      settings,
      12,
    )
    expect(shown.filter((line) => /^ {2}(SQS|Dyn|prov|back|ping|data)/.test(line))).toEqual([
      '  SQS         http://127.0.0.1:9324 (already there, used as it is)',
      '  DynamoDB    http://127.0.0.1:8000 (as LIFESIGN_SQS_URL or LIFESIGN_DYNAMODB_URL says), table lifesign',
      '  provider    https://one.test (captchaai)',
      '  backup      https://two.test (twocaptcha)',
      '  pingback    http://127.0.0.1:8080/pingback/..',
      '  data, logs  /data, /data/logs/fleet.jsonl',
    ])
    expect(shown.at(-1)).toBe('ready: 12.0 s')
    expect(shown.join()).not.toContain('paid-key')
  })

  it.each([
    ['9324', '8000', ''],
    ['19324', '8000', 'LIFESIGN_SQS_PORT=19324 '],
    ['9324', '18000', 'LIFESIGN_DYNAMODB_PORT=18000 '],
    ['8000', '9324', 'LIFESIGN_SQS_PORT=8000 LIFESIGN_DYNAMODB_PORT=9324 '],
  ])('has a command to send a task that reaches engines on the ports %s and %s', (sqsPort, dynamodbPort, ports) => {
    const [sqs, dynamodb] = [sqsPort, dynamodbPort].map((port) => ({
      url: `http://127.0.0.1:${port}`,
      how: 'own' as const,
    }))
    if (sqs === undefined || dynamodb === undefined) throw new Error('two engines')
    const shown = startupBanner({ ...fleet, sqs, dynamodb }, readLocalSettings([], {}), 1)
    expect(shown.find((line) => line.includes('npm run send'))).toMatch(new RegExp(`^ {2}${ports}npm run send`))
  })

  it.each([
    [1, '1 task'],
    [3, '3 tasks'],
  ])('says how many tasks of the last run go on, right before the line that says ready: %i', (resumed, tasks) => {
    const shown = startupBanner({ ...fleet, resumed }, readLocalSettings([], {}), 1)
    expect(shown.slice(-4)).toEqual([
      '',
      `resumed: ${tasks} of the last run, whose queues were lost`,
      '',
      'ready: 1.0 s',
    ])
  })
})
