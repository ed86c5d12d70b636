import type { RequestListener } from 'node:http'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { compareDeployed } from '../../bin/compare-deployed.ts'
import { parseOptions, type Raw } from '../../lib/settings.ts'
import { turnsUntil } from '../turns-until.ts'
import { ACCOUNT, asIn, cloudFormation, refused, stack } from './cloud-formation.ts'

const DEPLOYED = { like: 'dev', maxInFlight: 20, minBalance: 5, providerUrl: 'https://provider.test' }

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
    const { asked, url } = await cloudFormation(() => {})
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    let lines: string[] | undefined
    const told = printed({}, url).then((all) => {
      lines = all
    })
    await turnsUntil(() => asked.length > 0)
    await vi.advanceTimersByTimeAsync(3999)
    expect(lines).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    await told
    expect(lines).toEqual([expect.stringMatching(/could not be read.*no answer in 4 s/)])
  })

  it('nothing is asked where the command line has no credentials, as offline and in tests', async () => {
    const { asked, url } = await cloudFormation(stack({ DeployedSettings: JSON.stringify(DEPLOYED) }))
    expect(await printed({}, url, '')).toEqual([])
    expect(asked).toEqual([])
  })
})
