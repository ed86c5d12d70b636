import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readConfigFile } from '../../lib/config-file.ts'
import { type Configured, configureStage } from '../../lib/configure-stage.ts'
import { foreignContext } from '../../lib/foreign-context.ts'
import type { Raw } from '../../lib/settings.ts'

const ROOT = join(import.meta.dirname, '../..')

function folderWith(files: Record<string, unknown>): string {
  const path = mkdtempSync(join(tmpdir(), 'lifesign-config-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  for (const [name, value] of Object.entries(files))
    writeFileSync(join(path, name), typeof value === 'string' ? value : JSON.stringify(value))
  return path
}

/** A stage as its files and a command line describe it. */
function configured(files: Record<string, unknown>, context: Raw = {}, foreign: string[] = []): Configured {
  const folder = folderWith(files)
  const readConfig = (stage: string) => readConfigFile(folder, stage)
  return configureStage({ context, foreign: new Set(foreign), readConfig })
}
const problemsOf = (of: Configured): string[] => ('problems' in of ? of.problems : [])
const optionsOf = (of: Configured) => ('options' in of ? of.options : undefined)
const remarksOf = (of: Configured): string[] => ('warnings' in of ? of.warnings : ['refused'])

describe('the settings of a stage', () => {
  const prod = { minBalance: 5, pingback: true, alarmEmail: 'on-call@example.test', spendPerDay: null }

  it('are what config/<stage>.json says, and the default where it says nothing', () => {
    const found = configured({ 'prod.json': prod }, { stage: 'prod' })
    expect(optionsOf(found)).toMatchObject({
      stage: 'prod',
      like: 'prod',
      alarmEmail: 'on-call@example.test',
      settings: { minBalance: 5, pingback: true, spendPerDay: null, maxInFlight: 100 },
    })
    expect(remarksOf(found)).toEqual([])
  })

  it('keep every setting of the file when -c overrides one, and the override is said to be a try', () => {
    const found = configured(
      { 'prod.json': prod },
      { stage: 'prod', minBalance: '7', maxInFlight: '20', pingback: 'true' },
    )
    expect(optionsOf(found)).toMatchObject({
      alarmEmail: 'on-call@example.test',
      settings: { minBalance: 7, maxInFlight: 20, pingback: true },
    })
    expect(remarksOf(found)).toEqual([
      'minBalance=7 comes from the command line and holds for this deploy only: config/prod.json says 5',
      'maxInFlight=20 comes from the command line and holds for this deploy only: config/prod.json does not name it (100)',
    ])
    expect(remarksOf(configured({ 'prod.json': prod }, { stage: 'prod', spendPerHour: '9' }))).toEqual([
      'spendPerHour=9 comes from the command line and holds for this deploy only: config/prod.json does not name it (unset)',
    ])
  })

  it('are named all at once where they are wrong, each with its file, its name and what is allowed', () => {
    const wrong = {
      minBalnce: 5,
      pollSeconds: '2',
      pingback: 'yes',
      maxInFlight: 1.5,
      provider: null,
      providerUrl: 'http://provider.test',
      alarmEmail: 7,
    }
    expect(
      problemsOf(configured({ 'dev.json': wrong }, { stage: 'dev', stalledSecond: '1', balanceSeconds: '0' })),
    ).toEqual([
      'config/dev.json: unknown setting minBalnce',
      'config/dev.json: pollSeconds must be a number from 1 to 600 (seconds), not "2"',
      'config/dev.json: pingback must be true or false, not "yes"',
      'config/dev.json: maxInFlight must be a whole number from 1 to 1000000 (count), not 1.5',
      'config/dev.json: provider must be captchaai or twocaptcha, not null',
      'config/dev.json: providerUrl must be an https URL (http only on loopback), not "http://provider.test"',
      'config/dev.json: alarmEmail must be an e-mail address, not 7',
      'unknown setting stalledSecond',
      'balanceSeconds must be a number from 1 to 86400 (seconds)',
    ])
  })

  it.each([
    ['[]', 'config/dev.json: it must hold one JSON object, setting to value'],
    ['{ "minBalance": 5', 'config/dev.json: it cannot be read as JSON'],
  ])('are refused in one line where the file holds %s', (text, problem) => {
    const problems = problemsOf(configured({ 'dev.json': text }))
    expect(problems).toEqual([expect.stringContaining(problem)])
    expect(problems[0]).not.toContain('\n')
  })

  it('may be those of any stage that says which of ours it is like', () => {
    const found = configured({ 'canary.json': { like: 'prod', maxInFlight: 5 } }, { stage: 'canary' })
    expect(optionsOf(found)).toMatchObject({ stage: 'canary', like: 'prod', settings: { maxInFlight: 5 } })
  })

  it.each<[string, Record<string, unknown>, string, string]>([
    ['without a file', {}, 'canary', 'there is no config/canary.json: a stage of your own needs one'],
    ['without "like"', { 'canary.json': {} }, 'canary', 'config/canary.json: like must be "dev" or "prod"'],
    [
      'like none of ours',
      { 'canary.json': { like: 'local' } },
      'canary',
      'config/canary.json: like must be "dev" or "prod"',
    ],
    [
      'of ours and like a number',
      { 'prod.json': { like: 5 } },
      'prod',
      'config/prod.json: like must be "dev" or "prod"',
    ],
    ['of ours and like another one', { 'prod.json': { like: 'dev' } }, 'prod', 'prod is like itself'],
    ['of the local run', {}, 'local', 'stage must be 1 to 32 lower-case letters'],
    ['with a name that is a path', {}, '../prod', 'stage must be 1 to 32 lower-case letters'],
    ['whose name begins with a capital', {}, 'Prod', 'stage must be 1 to 32 lower-case letters'],
  ])('are refused for a stage %s', (_, files, stage, problem) => {
    expect(problemsOf(configured(files, { stage }))).toEqual([expect.stringContaining(problem)])
  })

  it('say so where dev or prod has no file, because then nothing is kept from one deploy to the next', () => {
    expect(remarksOf(configured({}, { stage: 'prod' }))).toEqual([
      'there is no config/prod.json: every setting has its default',
    ])
  })

  it.each(['dev', 'prod'])('that this repository ships for %s are right', (stage) => {
    const readConfig = (name: string) => readConfigFile(join(ROOT, 'config'), name)
    expect(configureStage({ context: { stage }, foreign: new Set(), readConfig })).toMatchObject({ warnings: [] })
  })
})

describe('what other tools keep in the context', () => {
  const files = {
    'cdk.json': { app: 'node bin/app.ts', context: { companyTag: 'team', 'aws:cdk:x': 1, minBalance: 3 } },
    'cdk.context.json': { 'availability-zones:account=1': ['a'], vpcId: 'vpc-1' },
    '.cdk.json': { context: { owner: 'me' } },
  }

  it('is left alone where it comes from cdk.json, cdk.context.json or ~/.cdk.json', () => {
    const folder = folderWith(files)
    const foreign = foreignContext(folder, folder)
    expect([...foreign].sort()).toEqual(
      ['availability-zones:account=1', 'aws:cdk:x', 'companyTag', 'minBalance', 'owner', 'vpcId'].sort(),
    )
    const context = { companyTag: 'team', vpcId: 'vpc-1', owner: 'me', 'aws:cdk:x': 1 }
    expect(problemsOf(configured({ 'dev.json': {} }, context, [...foreign]))).toEqual([])
  })

  it('is a setting of this deploy where it has the name of one, and is said to be', () => {
    const found = configured({ 'dev.json': { minBalance: 2 } }, { minBalance: 3, owner: 'me' }, ['minBalance', 'owner'])
    expect(optionsOf(found)).toMatchObject({ stage: 'dev', settings: { minBalance: 3 } })
    expect(remarksOf(found)).toEqual([
      'minBalance=3 comes from the command line and holds for this deploy only: config/dev.json says 2',
    ])
    const stage = configured({ 'prod.json': {} }, { stage: 'prod', alarmEmail: 'a@example.test' }, [
      'stage',
      'alarmEmail',
    ])
    expect(optionsOf(stage)).toMatchObject({ stage: 'prod', alarmEmail: 'a@example.test' })
  })

  it('does not hide a setting that -c misspells', () => {
    const problems = problemsOf(configured({ 'dev.json': {} }, { companyTag: 'team', minBalnce: '5' }, ['companyTag']))
    expect(problems).toEqual(['unknown setting minBalnce'])
  })

  it('is nothing where the files are absent or no JSON', () => {
    expect([...foreignContext(folderWith({ 'cdk.json': '{' }), '/absent')]).toEqual([])
  })
})
