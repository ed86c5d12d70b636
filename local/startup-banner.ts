import { backupOf } from '../functions/contract/providers.ts'
import type { EngineInUse } from './engines/use-engine.ts'
import type { LocalFleet } from './fleet.ts'
import type { LocalSettings } from './settings/settings.ts'

/** The text that is shown when the fleet serves: every address, how to send a task, and last the line `ready:`. */
export function startupBanner(fleet: LocalFleet, settings: LocalSettings, seconds: number): string[] {
  const { plan, healthUrl, sqs, dynamodb, controlUrl } = fleet
  const { provider, pingback } = settings.fleet.settings
  const { simulatorUrl, fleet: paid } = fleet.provider
  const backup = settings.fleet.backupProviderUrl
  const rows: [string, string][] = [
    ['health', `${healthUrl}/health/ready, /health/live, /health/dependencies, /health`],
    ['status page', `${healthUrl}/status`],
    ['SQS', `${sqs.url}${howOf(sqs)}`],
    ...plan.queues.map((queue): [string, string] => ['', queue.url]),
    ['DynamoDB', `${dynamodb.url}${howOf(dynamodb)}, table ${plan.tables.map(({ name }) => name).join(', ')}`],
    [
      'provider',
      simulatorUrl === undefined ? `${paid.providerUrl} (${provider})` : `${simulatorUrl} (simulator, ${provider})`,
    ],
    ...(backup === undefined ? [] : [['backup', `${backup} (${backupOf(provider)})`] satisfies [string, string]]),
    ...(pingback ? [['pingback', `${healthUrl}/pingback/..`] satisfies [string, string]] : []),
    ['control', controlUrl],
    ['data, logs', `${settings.data}, ${settings.data}/logs/fleet.jsonl`],
  ]
  return [
    'Lifesign, on this machine only:',
    ...rows.map(([what, where]) => `  ${what.padEnd(12)}${where}`),
    '',
    'Send a task from another terminal:',
    `  ${sendCommand(fleet)}`,
    '',
    ...resumedWords(fleet.resumed),
    `ready: ${seconds.toFixed(1)} s`,
  ]
}

const resumedWords = (tasks: number): string[] =>
  tasks === 0 ? [] : [`resumed: ${tasks} task${tasks === 1 ? '' : 's'} of the last run, whose queues were lost`, '']

const HOW: Record<EngineInUse['how'], string> = {
  own: '',
  found: ' (already there, used as it is)',
  given: ' (as LIFESIGN_SQS_URL or LIFESIGN_DYNAMODB_URL says)',
}
const howOf = (engine: EngineInUse): string => HOW[engine.how]

/** The complete command to send a task, including ports that are not the default. */
function sendCommand({ sqs, dynamodb }: LocalFleet): string {
  const moved = (variable: string, url: string, byDefault: string) => {
    const { port } = new URL(url)
    return port === byDefault ? '' : `${variable}=${port} `
  }
  const ports = `${moved('LIFESIGN_SQS_PORT', sqs.url, '9324')}${moved('LIFESIGN_DYNAMODB_PORT', dynamodb.url, '8000')}`
  return `${ports}npm run send -- --sitekey 6LdExampleExampleExampleExample --pageurl https://example.test/login`
}
