import { describe, expect, it } from 'vitest'
import { parseSetting, SETTINGS } from '../../functions/contract/settings.ts'
import { parseOptions, parseSettings, type Raw, refusalOf, SETTING_NAMES } from '../../lib/settings.ts'

const cloud = (raw: Raw) => parseSettings(raw, { allowSubMinuteSweep: false })
const local = (raw: Raw) => parseSettings(raw, { allowSubMinuteSweep: true })
const problemsOf = (parsed: { problems: string[] } | object): string[] => ('problems' in parsed ? parsed.problems : [])
const DEFAULTS = Object.fromEntries(SETTING_NAMES.map((name) => [name, SETTINGS[name].default]))

describe('the settings', () => {
  it('have the promised names', () => {
    const documented =
      'provider sweepSeconds settlingSeconds streakFailures noSolveSeconds stalledSeconds minBalance balanceSeconds ' +
      'breakerFailures breakerSpanSeconds breakerFirstOpenSeconds breakerOpenSeconds breakerSuccesses firstPollSeconds ' +
      'pollSeconds providerTimeoutSeconds maxInFlight queueCapacity degradedQueueDepth degradedErrorRate ' +
      'emergencyErrorRate failoverSweeps failbackSweeps dwellSeconds enterNotReadySweeps leaveNotReadySweeps ' +
      'spendPerHour spendPerDay rebuyUnknown pingback keyRetrySeconds reservedConcurrency'
    expect([...SETTING_NAMES].sort()).toEqual(documented.split(' ').sort())
  })

  it('have their defaults where nothing is given, with a sweep every 60 s in the cloud and every 5 s locally', () => {
    expect(cloud({})).toEqual({ settings: DEFAULTS })
    expect(local({})).toEqual({ settings: { ...DEFAULTS, sweepSeconds: 5 } })
  })

  it.each(SETTING_NAMES)('take %s as text and as the value of cdk.json', (name) => {
    const setting = SETTINGS[name]
    const value = setting.kind === 'number' ? (name === 'sweepSeconds' ? 120 : setting.max) : setting.default
    expect(cloud({ [name]: `${value}` })).toEqual({ settings: { ...DEFAULTS, [name]: value } })
    expect(cloud({ [name]: value })).toEqual({ settings: { ...DEFAULTS, [name]: value } })
  })

  it.each(SETTING_NAMES)('refuse a bad %s and name it', (name) => {
    for (const bad of ['', ' ', 'lots', '-1', 'NaN', 'Infinity', '1e99', null, {}, []]) {
      const problems = problemsOf(cloud({ [name]: bad }))
      expect(problems, JSON.stringify(bad)).toHaveLength(1)
      expect(problems[0]).toMatch(new RegExp(`^${name} must be `))
    }
  })

  it.each(SETTING_NAMES.filter((name) => name.endsWith('Seconds')))('accept 1 for %s', (name) => {
    expect(local({ [name]: '1' })).toHaveProperty(['settings', name], 1)
  })

  it('accept rebuyUnknown 0 and refuse a part of a charge', () => {
    expect(cloud({ rebuyUnknown: '0' })).toHaveProperty('settings.rebuyUnknown', 0)
    expect(parseSetting('spendPerHour', '1.5')).toHaveProperty('problem')
  })

  it('say what each kind of setting may be, and take it', () => {
    expect(problemsOf(cloud({ provider: 'x', spendPerHour: '1.5', pingback: '1', degradedErrorRate: '2' }))).toEqual([
      'provider must be captchaai or twocaptcha',
      'degradedErrorRate must be a number from 0 to 1 (ratio)',
      'spendPerHour must be a whole number from 1 to 1000000000 (count)',
      'pingback must be true or false',
    ])
    expect(cloud({ provider: 'twocaptcha', spendPerHour: '15', pingback: 'true', degradedErrorRate: '1' })).toEqual({
      settings: { ...DEFAULTS, provider: 'twocaptcha', spendPerHour: 15, pingback: true, degradedErrorRate: 1 },
    })
  })

  it('take a sweep under a minute only where there is a timer for it', () => {
    expect(local({ sweepSeconds: '7' })).toHaveProperty('settings.sweepSeconds', 7)
    expect(problemsOf(cloud({ sweepSeconds: '90' }))).toEqual([
      'sweepSeconds must be a multiple of 60 in the cloud: its scheduler counts minutes',
    ])
  })

  it('name every problem at once, and the good names where one was unknown', () => {
    const problems = problemsOf(cloud({ minBalnce: '5', stalled_seconds: '1', pollSeconds: '0', pingback: 'yes' }))
    expect(problems).toEqual([
      'unknown setting minBalnce',
      'unknown setting stalled_seconds',
      'pollSeconds must be a number from 1 to 600 (seconds)',
      'pingback must be true or false',
    ])
    expect(refusalOf(problems)).toContain('minBalance, ')
    expect(refusalOf(problems)).not.toContain('\n')
    expect(refusalOf(['pingback must be true or false'])).toBe('wrong settings: pingback must be true or false')
  })

  it('are not mixed up with what CDK keeps in the context', () => {
    const fromCdk = {
      'aws:cdk:enable-path-metadata': true,
      '@aws-cdk/core:failSynthOnValidationErrors': false,
      'availability-zones:account=1:region=us-east-1': ['us-east-1a'],
      'acknowledged-issue-numbers': [1],
    }
    expect(cloud(fromCdk)).toEqual({ settings: DEFAULTS })
  })

  it('do not take a name that every object has for one of theirs', () => {
    expect(problemsOf(cloud({ constructor: '1', toString: '1' }))).toEqual([
      'unknown setting constructor',
      'unknown setting toString',
    ])
  })
})

describe('what is named beside the settings', () => {
  const options = (raw: Raw) => parseOptions(raw, ['dev', 'prod'])

  it('is the stage, dev where nothing is said; the local one is for npm start only', () => {
    expect(options({})).toHaveProperty('options.stage', 'dev')
    expect(options({ stage: 'prod' })).toHaveProperty('options.stage', 'prod')
    for (const stage of ['local', 'Prod', '', 'toString'])
      expect(problemsOf(options({ stage }))).toEqual(['stage must be dev or prod'])
  })

  it('is where the providers are, without a slash at the end', () => {
    const urls = { providerUrl: 'https://example.test/base//', backupProviderUrl: 'http://127.0.0.1:8081' }
    expect(options(urls)).toMatchObject({
      options: { providerUrl: 'https://example.test/base', backupProviderUrl: 'http://127.0.0.1:8081' },
    })
  })

  it.each([
    ['', 'must be an https URL (http only on loopback)'],
    ['ocr.captchaai.com', 'must be an https URL (http only on loopback)'],
    ['http://example.test', 'must be an https URL (http only on loopback)'],
    ['http://127.0.0.1.example.test', 'must be an https URL (http only on loopback)'],
    ['file:///etc/passwd', 'must be an https URL (http only on loopback)'],
    ['https://user:secret@example.test', 'must have no user, password, query or fragment'],
    ['https://example.test/?key=1', 'must have no user, password, query or fragment'],
  ])('refuses the provider URL "%s"', (providerUrl, problem) => {
    expect(problemsOf(options({ providerUrl }))).toEqual([`providerUrl ${problem}`])
  })

  it('refuses an address that is known to be of the other profile: its key would go to a stranger', () => {
    expect(problemsOf(options({ provider: 'twocaptcha', backupProviderUrl: 'https://2captcha.com' }))).toEqual([
      'backupProviderUrl is the address of twocaptcha, and with provider=twocaptcha it must be one of captchaai',
    ])
    expect(problemsOf(options({ providerUrl: 'https://2captcha.com/' }))).toEqual([
      'providerUrl is the address of twocaptcha, and with provider=captchaai it must be one of captchaai',
    ])
    const swapped = { provider: 'twocaptcha', backupProviderUrl: 'https://ocr.captchaai.com' }
    expect(options(swapped)).toMatchObject({ options: { backupProviderUrl: swapped.backupProviderUrl } })
  })

  it('is whom to write to', () => {
    expect(options({ alarmEmail: 'on-call@example.test' })).toHaveProperty('options.alarmEmail', 'on-call@example.test')
    expect(problemsOf(options({ alarmEmail: 'on-call' }))).toEqual(['alarmEmail must be an e-mail address'])
  })

  it('is refused together with the settings, in one go', () => {
    const problems = problemsOf(options({ stage: 'x', alarmEmail: 'y', providerUrl: 'z', minBalance: 'w', other: 'v' }))
    expect(problems).toHaveLength(5)
  })
})
