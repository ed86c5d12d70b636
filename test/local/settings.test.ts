import { describe, expect, it } from 'vitest'
import { readEngineSettings, readLocalSettings } from '../../local/settings/settings.ts'
import { UserError } from '../../local/support/user-error.ts'

function problemOf(argv: string[], env: Record<string, string> = {}): UserError {
  try {
    readLocalSettings(argv, env)
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('nothing was wrong')
}
const PAID = { LIFESIGN_PROVIDER_URL: 'http://127.0.0.1:4000', CAPTCHAAI_API_KEY: 'k'.repeat(32) }

describe('the settings of a local run', () => {
  it('have a default for everything: the simulator, and the ports that docs/contracts.md names', () => {
    const settings = readLocalSettings([], {})
    expect(settings.ports).toEqual({ health: 8080, sqs: 9324, dynamodb: 8000, simulator: 8081, control: 9325 })
    expect(settings).toMatchObject({ data: '.lifesign', verbose: false, controlGiven: false })
    expect(settings.fleet.providerUrl).toBeUndefined()
    expect(settings.fleet.settings).toMatchObject({ sweepSeconds: 5, pingback: false, provider: 'captchaai' })
  })

  it.each([
    [['-c', 'sweepSeconds=1', '-c', 'pingback=true']],
    [['-csweepSeconds=1', '--context', 'pingback=true']],
    [['--context=sweepSeconds=1', '-c', 'pingback=true']],
  ])('take settings as cdk deploy does: %j', (argv) => {
    expect(readLocalSettings(argv, {}).fleet.settings).toMatchObject({ sweepSeconds: 1, pingback: true })
  })

  it('take ports, folder, provider and token from variables; empty text is missing', () => {
    const env = {
      ...PAID,
      LIFESIGN_PORT: '18080',
      LIFESIGN_SQS_PORT: '',
      LIFESIGN_CONTROL_PORT: '0',
      LIFESIGN_DATA: '/tmp/x',
      LIFESIGN_HEALTH_TOKEN: 't',
      LIFESIGN_SQS_URL: 'http://127.0.0.1:5000/',
    }
    const settings = readLocalSettings([], env)
    expect(settings.ports).toMatchObject({ health: 18080, sqs: 9324, control: 0 })
    expect(settings).toMatchObject({ data: '/tmp/x', healthToken: 't', controlGiven: true })
    expect(settings.sqsUrl).toBe('http://127.0.0.1:5000')
    expect(settings.fleet.providerUrl).toBe('http://127.0.0.1:4000')
    expect(settings.keys).toEqual({ kind: 'values', values: { captchaai: PAID.CAPTCHAAI_API_KEY } })
  })

  it('let the keys file win over the key variables', () => {
    const { keys } = readLocalSettings([], { ...PAID, LIFESIGN_KEYS_FILE: '/tmp/keys.json' })
    expect(keys).toEqual({ kind: 'file', path: '/tmp/keys.json' })
    const without = { LIFESIGN_PROVIDER_URL: PAID.LIFESIGN_PROVIDER_URL, LIFESIGN_KEYS_FILE: '/tmp/keys.json' }
    expect(readLocalSettings([], without).keys.kind).toBe('file')
  })

  it.each<[string, string[], Record<string, string>, string[]]>([
    ['an unknown setting', ['-c', 'pollSecond=2'], {}, ['pollSecond', 'pollSeconds', 'rebuyUnknown']],
    ['a name that every object has', ['-c', '__proto__=1'], {}, ['__proto__', 'pollSeconds']],
    ['a bad value', ['-c', 'streakFailures=many'], {}, ['streakFailures', 'whole number']],
    ['a value out of range', ['-c', 'providerTimeoutSeconds=-4'], {}, ['providerTimeoutSeconds']],
    ['a stage of the cloud', ['-c', 'stage=prod'], {}, ['stage', 'local']],
    ['a setting without a value', ['-c', 'pingback'], {}, ['name=value', 'pingback']],
    ['an unknown argument', ['--fast'], {}, ['--fast']],
    ['a port that is none', [], { LIFESIGN_PORT: 'eighty' }, ['LIFESIGN_PORT', 'eighty']],
    ['a port too high', [], { LIFESIGN_SQS_PORT: '65536' }, ['LIFESIGN_SQS_PORT']],
    ['one port twice', [], { LIFESIGN_SQS_PORT: '8000' }, ['LIFESIGN_SQS_PORT', 'LIFESIGN_DYNAMODB_PORT']],
    ['a provider without its key', [], { LIFESIGN_PROVIDER_URL: 'https://p.test' }, ['CAPTCHAAI_API_KEY']],
    [
      'a provider of the other profile without its key',
      ['-c', 'provider=twocaptcha'],
      PAID,
      ['TWOCAPTCHA_API_KEY', 'LIFESIGN_PROVIDER_URL'],
    ],
    ['a backup without its key', [], { LIFESIGN_BACKUP_PROVIDER_URL: 'https://p.test' }, ['TWOCAPTCHA_API_KEY']],
    [
      'a backup behind the other profile without its key',
      ['-c', 'provider=twocaptcha'],
      { LIFESIGN_BACKUP_PROVIDER_URL: 'https://p.test', TWOCAPTCHA_API_KEY: 'k' },
      ['CAPTCHAAI_API_KEY', 'LIFESIGN_BACKUP_PROVIDER_URL'],
    ],
    ['a provider URL that is none', [], { ...PAID, LIFESIGN_PROVIDER_URL: 'provider' }, ['LIFESIGN_PROVIDER_URL']],
    [
      'a limit that AWS does not have',
      [],
      { LIFESIGN_AWS_LIMITS: 'lag,lagg' },
      ['LIFESIGN_AWS_LIMITS', '"lagg"', 'recursion'],
    ],
    ['an engine behind TLS', [], { LIFESIGN_SQS_URL: 'https://127.0.0.1:9324' }, ['LIFESIGN_SQS_URL', 'http URL']],
    ['an SQS elsewhere', [], { LIFESIGN_SQS_URL: 'https://sqs.us-east-1.amazonaws.com' }, ['LIFESIGN_SQS_URL']],
    ['a table elsewhere', [], { LIFESIGN_DYNAMODB_URL: 'http://10.0.0.1:8000' }, ['LIFESIGN_DYNAMODB_URL', 'loopback']],
  ])('refuse %s in one line with exit code 2', (_, argv, env, words) => {
    const problem = problemOf(argv, env)
    expect(problem.exitCode).toBe(2)
    expect(problem.message).not.toContain('\n')
    for (const word of words) expect(problem.message).toContain(word)
  })

  it('may be the last port that there is, and name each port that is given twice or three times', () => {
    const last = readLocalSettings([], { LIFESIGN_PORT: '65535', LIFESIGN_SQS_PORT: '0', LIFESIGN_DYNAMODB_PORT: '0' })
    expect(last.ports).toEqual({ health: 65_535, sqs: 0, dynamodb: 0, simulator: 8081, control: 9325 })
    const same = { LIFESIGN_PORT: '7', LIFESIGN_DYNAMODB_PORT: '7', LIFESIGN_CONTROL_PORT: '7', LIFESIGN_SQS_PORT: '8' }
    expect(problemOf([], same).message).toBe(
      'LIFESIGN_PORT and LIFESIGN_DYNAMODB_PORT are the same port; ' +
        'LIFESIGN_DYNAMODB_PORT and LIFESIGN_CONTROL_PORT are the same port',
    )
  })

  it('remark on variables that nobody reads', () => {
    const { warnings } = readLocalSettings([], { LIFESIGN_SQSPORT: '1', CAPTCHAAI_API_KEY: 'very-secret' })
    expect(warnings).toEqual([
      expect.stringMatching(/^LIFESIGN_SQSPORT is no variable of Lifesign; they are LIFESIGN_PORT, LIFESIGN_SQS_PORT/),
      'CAPTCHAAI_API_KEY is not used: no address of that provider is given',
    ])
    expect(readLocalSettings([], PAID).warnings).toEqual([])
  })

  it('take the key of the other profile for the backup, whichever profile is first', () => {
    const urls = { LIFESIGN_PROVIDER_URL: 'https://one.test', LIFESIGN_BACKUP_PROVIDER_URL: 'https://two.test' }
    const keys = { CAPTCHAAI_API_KEY: 'k', TWOCAPTCHA_API_KEY: 'k' }
    for (const provider of ['captchaai', 'twocaptcha']) {
      const { fleet, warnings } = readLocalSettings(['-c', `provider=${provider}`], { ...urls, ...keys })
      expect(fleet).toMatchObject({ providerUrl: 'https://one.test', backupProviderUrl: 'https://two.test' })
      expect(warnings).toEqual([])
    }
  })

  it('never repeat a key in what they say', () => {
    const env = { ...PAID, CAPTCHAAI_API_KEY: 'very-secret', LIFESIGN_PORT: 'x', LIFESIGN_HEALTH_TOKEN: 'token' }
    expect(problemOf([], env).message).not.toMatch(/very-secret|token/)
  })

  it('of the engines alone need no provider', () => {
    expect(readEngineSettings({ LIFESIGN_CONTROL_PORT: '7000' })).toMatchObject({ ports: { control: 7000, sqs: 9324 } })
    expect(() => readEngineSettings({ LIFESIGN_CONTROL_PORT: 'x' })).toThrow(/LIFESIGN_CONTROL_PORT/)
  })
})
