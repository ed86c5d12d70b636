import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { compareDeployed } from '../../bin/compare-deployed.ts'
import { parseOptions, type Raw } from '../../lib/settings.ts'
import { COMPILE_CACHE } from '../compile-cache.ts'

const ROOT = join(import.meta.dirname, '../..')
const ACCOUNT = '123456789012'
const DEPLOYED = { like: 'dev', maxInFlight: 20, minBalance: 5, providerUrl: 'https://provider.test' }

/** CloudFormation as it answers DescribeStacks; says what it was asked, and when. */
async function cloudFormation(answer: RequestListener) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      asked.push(new URLSearchParams(body).get('Action') ?? '')
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
}

const stack =
  (outputs: Record<string, string>, account = ACCOUNT): RequestListener =>
  (_, response) => {
    const members = Object.entries(outputs).map(
      ([name, value]) =>
        `<member><OutputKey>${name}</OutputKey><OutputValue>${value.replaceAll('"', '&quot;')}</OutputValue></member>`,
    )
    response.setHeader('content-type', 'text/xml')
    response.end(`<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>
      <Stacks><member><StackName>Lifesign-dev</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>
      <CreationTime>2026-11-21T08:00:00Z</CreationTime>
      <StackId>arn:aws:cloudformation:us-east-1:${account}:stack/Lifesign-dev/1</StackId>
      <Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`)
  }
const refused =
  (status: number, code: string, message: string): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'text/xml' })
    response.end(`<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>
      <Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`)
  }

const asIn = (url: string) => ({
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
})

/** What is printed before a deploy of these settings, with that CloudFormation. */
async function printed(raw: Raw, url: string, account: string | undefined = ACCOUNT): Promise<string[]> {
  const parsed = parseOptions(raw, ['dev'])
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '))
  for (const [name, value] of Object.entries(asIn(url))) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  return compareDeployed(parsed.options, account, 'us-east-1')
}

describe('before a deploy starts', () => {
  it('each setting that it would drop, change or add is printed, and nothing but that is asked of CloudFormation', async () => {
    const { asked, url } = await cloudFormation(stack({ DeployedSettings: JSON.stringify(DEPLOYED) }))
    expect(await printed({ maxInFlight: 30, pingback: true }, url)).toEqual([
      'Lifesign-dev: maxInFlight is changed: 20 is deployed, and then it is 30',
      'Lifesign-dev: minBalance is dropped: 5 is deployed, and then it is unset',
      'Lifesign-dev: providerUrl is dropped: https://provider.test is deployed, and then it is unset',
      'Lifesign-dev: pingback is new: the default, false is deployed, and then it is true',
    ])
    expect(asked).toEqual(['DescribeStacks'])
  })

  it('nothing is printed where the settings are those that are deployed', async () => {
    const { url } = await cloudFormation(stack({ DeployedSettings: JSON.stringify(DEPLOYED) }))
    const { like: _, ...same } = DEPLOYED
    expect(await printed(same, url)).toEqual([])
  })

  it.each<[string, RequestListener, string]>([
    [
      'there is no stack yet',
      refused(400, 'ValidationError', 'Stack with id Lifesign-dev does not exist'),
      'not deployed yet',
    ],
    ['the stack is older than this output', stack({ TableName: 't' }), 'does not tell its settings yet'],
    ['the stack is in another account', stack({}, '999999999999'), 'of account 999999999999'],
    ['reading it is not allowed', refused(403, 'AccessDenied', 'not authorized'), 'could not be read'],
    ['CloudFormation fails', refused(500, 'InternalFailure', 'try again'), 'could not be read'],
  ])('one line says so where %s, and nothing is thrown', async (_, answer, words) => {
    const { asked, url } = await cloudFormation(answer)
    expect(await printed({ maxInFlight: 30 }, url)).toEqual([expect.stringContaining(words)])
    expect(asked).toEqual(['DescribeStacks'])
  })

  it('a CloudFormation that never answers is waited for four seconds and no longer', async () => {
    const { url } = await cloudFormation(() => {})
    const began = performance.now()
    expect(await printed({}, url)).toEqual([expect.stringContaining('could not be read')])
    expect(performance.now() - began).toBeGreaterThan(3500)
    expect(performance.now() - began).toBeLessThan(6000)
  })

  it('nothing is asked where the command line has no credentials, as offline and in tests', async () => {
    const { asked, url } = await cloudFormation(stack({ DeployedSettings: JSON.stringify(DEPLOYED) }))
    expect(await printed({}, url, '')).toEqual([])
    expect(asked).toEqual([])
  })

  it('the app prints it by itself, as the CDK command line runs it: a setting given by -c once is lost by the next deploy', async () => {
    const { asked, url } = await cloudFormation(stack({ DeployedSettings: '{"like":"dev","pingback":true}' }))
    const project = mkdtempSync(join(tmpdir(), 'lifesign-compare-'))
    onTestFinished(() => rmSync(project, { recursive: true, force: true }))
    mkdirSync(join(project, 'config'))
    writeFileSync(join(project, 'config/dev.json'), '{}')
    const env = {
      ...asIn(url),
      ...COMPILE_CACHE,
      PATH: process.env.PATH,
      HOME: project,
      CDK_OUTDIR: join(project, 'out'),
      CDK_CONTEXT_JSON: '{"stage":"dev","maxInFlight":"30"}',
      CDK_DEFAULT_ACCOUNT: ACCOUNT,
      CDK_DEFAULT_REGION: 'us-east-1',
    }
    const run = promisify(execFile)(process.execPath, [join(ROOT, 'bin/app.ts')], { cwd: project, env })
    const { stderr } = await run
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('maxInFlight=30 comes from the command line and holds for this deploy only'),
      'note: Lifesign-dev: pingback is dropped: true is deployed, and then it is the default, false',
      'note: Lifesign-dev: maxInFlight is new: the default, 100 is deployed, and then it is 30',
    ])
    expect(asked).toEqual(['DescribeStacks'])
  }, 90_000)
})
