import { fork, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudAssembly } from 'aws-cdk-lib/cx-api'
import { afterAll, describe, expect, it } from 'vitest'
import { COMPILE_CACHE } from '../compile-cache.ts'
import type { AppEnd, AppRun } from './app-runs.ts'
import { ACCOUNT, asIn, cloudFormation, stack } from './cloud-formation.ts'

const ROOT = join(import.meta.dirname, '../..')
const out = mkdtempSync(join(tmpdir(), 'lifesign-app-'))
afterAll(() => rmSync(out, { recursive: true, force: true }))

/** All runs that end well share one process, in which the CDK is loaded once (test/lib/app-runs.ts). */
const runs = fork(join(import.meta.dirname, 'app-runs.ts'), {
  env: { PATH: process.env.PATH, ...COMPILE_CACHE },
})
afterAll(() => runs.kill())

/** The app as the CDK command line runs it, with that context, in a project with these files in `config`. */
async function synth(context: Record<string, unknown>, config?: Record<string, unknown>, env = {}) {
  const run: AppRun = { ...runOf(context, config), env }
  const ended = new Promise<AppEnd>((resolve, reject) => {
    runs.once('message', (message: AppEnd) => resolve(message))
    runs.once('exit', (code) => reject(new Error(`the app ended its process with ${code}`)))
  })
  runs.send(run)
  return { ...(await ended), ...madeIn(run.folder) }
}

/** In a process of its own, which a refusal ends. */
function synthAlone(context: Record<string, unknown>) {
  const { project, folder, context: given } = runOf(context)
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin/app.ts')], {
    cwd: project,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...COMPILE_CACHE, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(given) },
  })
  return { status, stderr, ...madeIn(folder) }
}

function runOf(context: Record<string, unknown>, config?: Record<string, unknown>) {
  const folder = mkdtempSync(join(out, 'cdk-'))
  const project = config === undefined ? ROOT : mkdtempSync(join(out, 'project-'))
  if (config !== undefined) mkdirSync(join(project, 'config'))
  for (const [name, value] of Object.entries(config ?? {}))
    writeFileSync(join(project, 'config', name), JSON.stringify(value))
  return { project, folder, context: { ...FROM_CDK, ...context } }
}
const madeIn = (folder: string) => ({
  made: (name: string) => existsSync(join(folder, name)),
  terminationProtection: (stage: string) =>
    new CloudAssembly(folder).getStackByName(`Lifesign-${stage}`).terminationProtection ?? false,
})
const FROM_CDK = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:bundling-stacks': ['**'] }

describe('cdk synth', () => {
  // The stack with the most first: the validation of the CDK loads its rules anew for a type of resource that it has not met.
  it.each([
    [
      'prod',
      {
        pingback: true,
        alarmEmail: 'on-call@example.test',
        reservedConcurrency: 20,
        backupProviderUrl: 'https://two.example.test',
        spendPerHour: 100,
      },
    ],
    ['dev', {}],
  ])(
    'of %s has no warning and no finding of either pack of cdk-nag without a reason',
    async (stage, config) => {
      const { status, stderr, stdout, made, terminationProtection } = await synth(
        { stage },
        { [`${stage}.json`]: config },
      )
      expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: '' })
      expect(made(`Lifesign-${stage}.template.json`)).toBe(true)
      expect(terminationProtection(stage)).toBe(stage === 'prod')
    },
    90_000,
  )

  it('of prod protects the stack from deletion, and says so when nobody would be paged', async () => {
    const { status, stderr, terminationProtection } = await synth({ stage: 'prod' })
    expect(status).toBe(0)
    expect(stderr.match(/^WARNING .*$/gm)).toEqual([expect.stringContaining('alarmEmail is not set')])
    expect(stderr).toContain('AlarmTopicArn')
    expect(terminationProtection('prod')).toBe(true)
  }, 90_000)

  it('gives every finding that is acknowledged a reason of its own, on the construct that it is about', () => {
    const text = readdirSync(join(ROOT, 'lib/constructs')).map((file) =>
      readFileSync(join(ROOT, 'lib/constructs', file), 'utf8'),
    )
    const acknowledged = text.join('\n').match(/id: ['`](AwsSolutions|Serverless)::/g) ?? []
    expect(acknowledged.length).toBeGreaterThan(8)
    // Only what CDK itself makes beside our constructs has no construct of ours to stand on.
    expect(text.join('\n').match(/Validations\.of\((Stack|App)/g)).toEqual(['Validations.of(Stack'])
  })

  it('of a stage of your own that is like prod is a stack of its own with the protection of prod', async () => {
    const config = { like: 'prod', alarmEmail: 'on-call@example.test' }
    const { status, stderr, terminationProtection } = await synth({ stage: 'canary' }, { 'canary.json': config })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(terminationProtection('canary')).toBe(true)
  }, 90_000)

  it('with a setting of the command line says that it holds for this time only', async () => {
    const config = { 'prod.json': { alarmEmail: 'on-call@example.test', maxInFlight: 200 } }
    const { status, stderr } = await synth({ stage: 'prod', maxInFlight: '20' }, config)
    const note =
      'note: maxInFlight=20 comes from the command line and holds for this deploy only: config/prod.json says 200'
    expect({ status, stderr }).toEqual({ status: 0, stderr: `${note}\n` })
  }, 90_000)

  it('prints what a deploy would change, as the CDK command line runs it: a setting given by -c once is lost by the next deploy', async () => {
    const { asked, url } = await cloudFormation(stack({ DeployedSettings: '{"like":"dev","pingback":true}' }))
    const told = { ...asIn(url), HOME: out, CDK_DEFAULT_ACCOUNT: ACCOUNT, CDK_DEFAULT_REGION: 'us-east-1' }
    const { status, stderr } = await synth({ stage: 'dev', maxInFlight: '30' }, { 'dev.json': {} }, told)
    expect(status).toBe(0)
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('maxInFlight=30 comes from the command line and holds for this deploy only'),
      'note: Lifesign-dev: pingback is dropped: true is deployed, and then it is the default, false',
      'note: Lifesign-dev: maxInFlight is new: the default, 100 is deployed, and then it is 30',
    ])
    expect(asked).toEqual(['DescribeStacks'])
  }, 90_000)

  it('of wrong settings is one line that names each of them, and makes nothing', () => {
    const { status, stderr, made } = synthAlone({ stage: 'test', minBalnce: '5', sweepSeconds: '61', pingback: 'yes' })
    expect(status).toBe(1)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    for (const part of ['config/test.json', 'minBalnce', 'sweepSeconds must be', 'pingback must be', 'minBalance,'])
      expect(stderr).toContain(part)
    expect(made('manifest.json')).toBe(false)
  })
})
