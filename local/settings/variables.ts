import { backupOf, KEY_VARIABLES, PROVIDERS } from '../../functions/contract/providers.ts'
import { type FleetOptions, SETTING_NAMES } from '../../lib/settings.ts'
import { PORT_VARIABLES } from '../support/listen-targets.ts'

export type EnvVariables = Readonly<Record<string, string | undefined>>

const VARIABLES = [
  ...Object.values(PORT_VARIABLES),
  ...[
    'PROVIDER_URL',
    'BACKUP_PROVIDER_URL',
    'HEALTH_TOKEN',
    'DATA',
    'SQS_URL',
    'DYNAMODB_URL',
    'KEYS_FILE',
    'AWS_LIMITS',
  ].map((name) => `LIFESIGN_${name}`),
]

export const USAGE = `npm start -- [-c name=value].. [--verbose]
  -c, --context name=value   a setting, as for cdk deploy: ${SETTING_NAMES.join(', ')}
  --verbose                  show every log line of the functions, not only what matters
Variables: ${VARIABLES.join(', ')}, ${Object.values(KEY_VARIABLES).join(', ')}`

export const ENGINES_USAGE = `npm run engines
Runs an SQS and a DynamoDB engine and a control endpoint on this machine, without a fleet. npm start uses them.
Variables: ${[PORT_VARIABLES.sqs, PORT_VARIABLES.dynamodb, PORT_VARIABLES.control].join(', ')} (ports), LIFESIGN_DATA (folder), LIFESIGN_KEYS_FILE`

/** Variables that are valid but may be a mistake. */
export function warningsOn(env: EnvVariables, { providerUrl, backupProviderUrl, settings }: FleetOptions): string[] {
  const unknown = Object.keys(env).filter((name) => name.startsWith('LIFESIGN_') && !VARIABLES.includes(name))
  const used = [providerUrl && settings.provider, backupProviderUrl && backupOf(settings.provider)]
  const unused = PROVIDERS.filter((name) => env[KEY_VARIABLES[name]] && !used.includes(name))
  return [
    ...unknown.map((name) => `${name} is no variable of Lifesign; they are ${VARIABLES.join(', ')}`),
    ...unused.map((name) => `${KEY_VARIABLES[name]} is not used: no address of that provider is given`),
  ]
}
