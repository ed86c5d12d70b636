import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudAssembly } from 'aws-cdk-lib/cx-api'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const out = mkdtempSync(join(tmpdir(), 'lifesign-app-'))
afterAll(() => rmSync(out, { recursive: true, force: true }))

/** The app as the CDK command line runs it, with that context. */
function synth(context: Record<string, unknown>) {
  const folder = mkdtempSync(join(out, 'cdk-'))
  const { status, stderr, stdout } = spawnSync(process.execPath, ['bin/app.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify({ ...FROM_CDK, ...context }) },
  })
  return {
    status,
    stderr,
    stdout,
    made: (name: string) => existsSync(join(folder, name)),
    terminationProtection: (stage: string) =>
      new CloudAssembly(folder).getStackByName(`Lifesign-${stage}`).terminationProtection ?? false,
  }
}
const FROM_CDK = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:bundling-stacks': ['**'] }

describe('cdk synth', () => {
  it.each([
    ['dev', {}],
    ['prod', { stage: 'prod', pingback: 'true', alarmEmail: 'on-call@example.test', reservedConcurrency: '20' }],
  ])(
    'of %s has no warning and no finding of cdk-nag without a reason',
    (stage, context) => {
      const { status, stderr, stdout, made, terminationProtection } = synth(context)
      expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: '' })
      expect(made(`Lifesign-${stage}.template.json`)).toBe(true)
      expect(terminationProtection(stage)).toBe(stage === 'prod')
    },
    90_000,
  )

  it('of prod protects the stack from deletion, and says so when nobody would be paged', () => {
    const { status, stderr, terminationProtection } = synth({ stage: 'prod' })
    expect(status).toBe(0)
    expect(stderr.match(/^WARNING .*$/gm)).toEqual([expect.stringContaining('alarmEmail is not set')])
    expect(stderr).toContain('AlarmTopicArn')
    expect(terminationProtection('prod')).toBe(true)
  }, 90_000)

  it('of wrong settings is one line that names each of them, and makes nothing', () => {
    const { status, stderr, made } = synth({ stage: 'test', minBalnce: '5', sweepSeconds: '61', pingback: 'yes' })
    expect(status).toBe(1)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    for (const part of ['stage must be', 'minBalnce', 'sweepSeconds must be', 'pingback must be', 'minBalance,'])
      expect(stderr).toContain(part)
    expect(made('manifest.json')).toBe(false)
  })
})
