import { parseOptions, type Raw } from '../../lib/settings.ts'
import type { StageName } from '../../lib/stages.ts'
import { type FleetTemplate, synthesizeFleet } from '../../lib/synthesize-fleet.ts'

/** Every option that makes or changes a resource. */
const EVERY_OPTION: Raw = {
  pingback: 'true',
  providerUrl: 'https://one.example.test',
  backupProviderUrl: 'https://two.example.test',
  alarmEmail: 'on-call@example.test',
  spendPerHour: '100',
  spendPerDay: '1000',
  reservedConcurrency: '20',
  firstPollSeconds: '7',
  pollSeconds: '3',
  providerTimeoutSeconds: '30',
  sweepSeconds: '300',
}

const templateOf = (stage: StageName, raw: Raw): FleetTemplate => {
  const parsed = parseOptions({ ...raw, stage }, [stage])
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '))
  return synthesizeFleet(parsed.options).template
}

/** What is deployed, by name. */
export const TEMPLATES: Record<string, () => FleetTemplate> = {
  dev: () => templateOf('dev', {}),
  prod: () => templateOf('prod', { alarmEmail: 'on-call@example.test' }),
  'prod with every option on': () => templateOf('prod', EVERY_OPTION),
}
