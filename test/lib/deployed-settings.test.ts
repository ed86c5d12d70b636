import { describe, expect, it } from 'vitest'
import { changes, differing, settingsFrom, settingsOutputs } from '../../lib/deployed-settings.ts'
import { parseOptions, type Raw } from '../../lib/settings.ts'
import { templateOf } from './synthesized-fleet.ts'

function optionsOf(raw: Raw) {
  const parsed = parseOptions(raw, ['dev', 'prod'])
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '))
  return parsed.options
}
const toldBy = (outputs: Record<string, string>) => settingsFrom(new Map(Object.entries(outputs)))

describe('the deployed settings', () => {
  const raw = { stage: 'prod', maxInFlight: '20', pingback: 'true', alarmEmail: 'on-call@example.test' }

  it('are an output of the stack: what is not as it is by default, and no secret', () => {
    const { Outputs } = templateOf('prod', { ...raw, stage: undefined })
    expect(JSON.parse(String(Outputs.DeployedSettings?.Value))).toEqual({
      like: 'prod',
      maxInFlight: 20,
      pingback: true,
      alarmEmail: 'on-call@example.test',
    })
  })

  it('are read back as they were written, in pieces that CloudFormation takes, however long they are', () => {
    const long = {
      ...raw,
      providerUrl: `https://provider.test/${'p'.repeat(1500)}`,
      backupProviderUrl: 'https://b.test',
    }
    for (const given of [{}, raw, long]) {
      const options = optionsOf(given)
      const outputs = settingsOutputs(options)
      for (const value of Object.values(outputs)) expect(Buffer.byteLength(value)).toBeLessThanOrEqual(1024)
      expect(toldBy(outputs)).toEqual(differing(options))
    }
    expect(Object.keys(settingsOutputs(optionsOf(long)))).toEqual(['DeployedSettings', 'DeployedSettings2'])
  })

  it('are unknown where the stack tells none, or something else', () => {
    expect(toldBy({ TableName: 'x' })).toBeNull()
    expect(toldBy({ DeployedSettings: 'nonsense' })).toBeNull()
  })

  it('are compared with the next ones: one line for each that is dropped, changed or new', () => {
    const deployed = differing(optionsOf({ ...raw, stage: 'dev', noSolveSeconds: '60', spendPerDay: '9' }))
    const next = differing(optionsOf({ stage: 'dev', maxInFlight: '30', providerUrl: 'https://p.test' }))
    expect(changes(deployed, next)).toEqual([
      'noSolveSeconds is dropped: 60 is deployed, and then it is the default, 600',
      'maxInFlight is changed: 20 is deployed, and then it is 30',
      'spendPerDay is dropped: 9 is deployed, and then it is unset',
      'pingback is dropped: true is deployed, and then it is the default, false',
      'alarmEmail is dropped: on-call@example.test is deployed, and then it is unset',
      'providerUrl is new: unset is deployed, and then it is https://p.test',
    ])
    expect(changes(deployed, deployed)).toEqual([])
  })
})
