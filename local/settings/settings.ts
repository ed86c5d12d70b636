import { backupOf, KEY_VARIABLES, PROVIDERS, type ProviderName } from '../../functions/contract/providers.ts'
import { type FleetOptions, parseOptions, parseProviderUrl, refusalOf } from '../../lib/settings.ts'
import { DEFAULT_PORTS, PORT_VARIABLES, type PortNumbers } from '../support/listen-targets.ts'
import { usageError } from '../support/user-error.ts'
import { readArguments } from './arguments.ts'
import { type LocalLimits, NO_LIMITS, parseLocalLimits } from './aws-limits.ts'
import { type EnvVariables, warningsOn } from './variables.ts'

/** The settings of `npm run engines`. */
export interface EngineSettings {
  ports: PortNumbers
  data: string
  /** Whether the port of the control endpoint was set by a variable. */
  controlGiven: boolean
  keys: KeySource
}
export type KeySource =
  | { kind: 'file'; path: string }
  | { kind: 'values'; values: Partial<Record<ProviderName, string>> }

/** The settings of `npm start`. */
export interface LocalSettings extends EngineSettings {
  fleet: FleetOptions
  healthToken?: string
  sqsUrl?: string
  dynamodbUrl?: string
  verbose: boolean
  awsLimits: LocalLimits
  /** Settings that are valid but may be a mistake. */
  warnings: string[]
}

/** Throws one error that names every problem. */
export function readEngineSettings(env: EnvVariables): EngineSettings {
  const problems: string[] = []
  const settings = engineSettings(env, problems)
  if (problems.length > 0) throw usageError(problems.join('; '))
  return settings
}

export function readLocalSettings(argv: readonly string[], env: EnvVariables): LocalSettings {
  const { context, verbose } = readArguments(argv)
  const problems: string[] = []
  const engines = engineSettings(env, problems)
  const given = (name: string) => env[name] || undefined
  const raw: Record<string, unknown> = { ...context }
  for (const [variable, name] of [
    ['LIFESIGN_PROVIDER_URL', 'providerUrl'],
    ['LIFESIGN_BACKUP_PROVIDER_URL', 'backupProviderUrl'],
  ] as const) {
    const url = given(variable)
    if (url === undefined) continue
    const read = parseProviderUrl(url)
    if ('problem' in read) problems.push(`${variable} ${read.problem}`)
    else raw[name] = read.value
  }
  const parsed = parseOptions(raw, ['local'])
  if ('problems' in parsed) throw usageError([...problems, refusalOf(parsed.problems)].join('; '))
  const fleet = parsed.options
  problems.push(...missingKeys(fleet, engines.keys))
  const urls = { sqsUrl: given('LIFESIGN_SQS_URL'), dynamodbUrl: given('LIFESIGN_DYNAMODB_URL') }
  if (urls.sqsUrl !== undefined && !isLoopback(urls.sqsUrl)) problems.push(notLoopback('LIFESIGN_SQS_URL'))
  if (urls.dynamodbUrl !== undefined && !isLoopback(urls.dynamodbUrl))
    problems.push(notLoopback('LIFESIGN_DYNAMODB_URL'))
  const limits = parseLocalLimits(given('LIFESIGN_AWS_LIMITS') ?? '')
  if ('problem' in limits) problems.push(limits.problem)
  if (problems.length > 0) throw usageError(problems.join('; '))
  const healthToken = given('LIFESIGN_HEALTH_TOKEN')
  return {
    ...engines,
    fleet,
    verbose,
    awsLimits: 'limits' in limits ? limits.limits : NO_LIMITS,
    warnings: warningsOn(env, fleet),
    ...(healthToken === undefined ? {} : { healthToken }),
    ...(urls.sqsUrl === undefined ? {} : { sqsUrl: urls.sqsUrl.replace(/\/+$/, '') }),
    ...(urls.dynamodbUrl === undefined ? {} : { dynamodbUrl: urls.dynamodbUrl.replace(/\/+$/, '') }),
  }
}

function engineSettings(env: EnvVariables, problems: string[]): EngineSettings {
  const given = (name: string) => env[name] || undefined
  const port = (what: keyof PortNumbers): number => {
    const text = given(PORT_VARIABLES[what])
    if (text === undefined) return DEFAULT_PORTS[what]
    const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
    if (value <= 65_535) return value
    problems.push(`${PORT_VARIABLES[what]} must be a port (0 to 65535; 0: any free one), not ${JSON.stringify(text)}`)
    return 0
  }
  const ports = {
    health: port('health'),
    sqs: port('sqs'),
    dynamodb: port('dynamodb'),
    simulator: port('simulator'),
    control: port('control'),
  }
  problems.push(...samePorts(ports))
  const path = given('LIFESIGN_KEYS_FILE')
  const values = Object.fromEntries(
    PROVIDERS.flatMap((name) => {
      const key = given(KEY_VARIABLES[name])
      return key === undefined ? [] : [[name, key]]
    }),
  )
  return {
    ports,
    data: given('LIFESIGN_DATA') ?? '.lifesign',
    controlGiven: given(PORT_VARIABLES.control) !== undefined,
    keys: path === undefined ? { kind: 'values', values } : { kind: 'file', path },
  }
}

function samePorts(ports: PortNumbers): string[] {
  const seen = new Map<number, string>()
  return (['health', 'sqs', 'dynamodb', 'simulator', 'control'] as const).flatMap((what) => {
    const first = seen.get(ports[what])
    seen.set(ports[what], PORT_VARIABLES[what])
    return first === undefined || ports[what] === 0 ? [] : [`${first} and ${PORT_VARIABLES[what]} are the same port`]
  })
}

/** The keys that are missing. A real provider needs a key; the simulator has its own. */
function missingKeys({ providerUrl, backupProviderUrl, settings }: FleetOptions, keys: KeySource): string[] {
  if (keys.kind === 'file') return []
  const wanted: [ProviderName, string | undefined, string][] = [
    [settings.provider, providerUrl, 'LIFESIGN_PROVIDER_URL'],
    [backupOf(settings.provider), backupProviderUrl, 'LIFESIGN_BACKUP_PROVIDER_URL'],
  ]
  return wanted.flatMap(([name, url, variable]) =>
    url === undefined || keys.values[name] !== undefined
      ? []
      : [
          `${KEY_VARIABLES[name]} is missing: ${variable} needs the key of that provider in it (or in LIFESIGN_KEYS_FILE)`,
        ],
  )
}

const isLoopback = (text: string): boolean =>
  URL.canParse(text) &&
  new URL(text).protocol === 'http:' &&
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(text).hostname)
const notLoopback = (variable: string): string =>
  `${variable} must be an http URL on loopback, such as http://127.0.0.1:<port>`
