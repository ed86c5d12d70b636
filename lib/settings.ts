import { backupOf, PROVIDER_URLS, type ProviderName } from '../functions/contract/providers.ts'
import { parseSetting, SETTINGS, type SettingName, type Settings } from '../functions/contract/settings.ts'
import { STAGES, type StageName } from './stages.ts'

/** The values of `-c name=value`: text from a command line, or a value of cdk.json. */
export type Raw = Record<string, unknown>

/** A fleet as it was configured: the settings, and the addresses beside them. */
export interface FleetOptions {
  /** The name of the stage; the stack is `Lifesign-<stage>`. */
  stage: string
  /** The stage of `lib/stages.ts` whose row applies to this fleet. */
  like: StageName
  settings: Settings
  providerUrl?: string | undefined
  backupProviderUrl?: string | undefined
  alarmEmail?: string | undefined
}

export const SETTING_NAMES = Object.keys(SETTINGS).filter((name): name is SettingName => name in SETTINGS)
export const isSetting = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name)
/** The addresses that may be given beside the settings. */
export const ADDRESS_NAMES = ['providerUrl', 'backupProviderUrl', 'alarmEmail'] as const
type AddressName = (typeof ADDRESS_NAMES)[number]
export const OPTION_NAMES = ['stage', ...ADDRESS_NAMES] as const

/**
 * Every setting with its value. `allowSubMinuteSweep`: the local runtime has its own timer, so `sweepSeconds` may be
 * any number from 1, and its default is 5. Unknown names are problems; CDK's own context is skipped.
 */
export function parseSettings(
  raw: Raw,
  { allowSubMinuteSweep }: { allowSubMinuteSweep: boolean },
): { settings: Settings } | { problems: string[] } {
  const problems = unknownNames(raw, SETTING_NAMES)
  const values: Record<string, unknown> = {}
  for (const name of SETTING_NAMES) {
    const parsed = settingOf(raw, name, allowSubMinuteSweep)
    if ('problem' in parsed) problems.push(parsed.problem)
    else values[name] = parsed.value
  }
  return problems.length > 0 ? { problems } : { settings: values as Settings }
}

/** The settings and the addresses. The first of `stages` is the default; the others are accepted. */
export function parseOptions(
  raw: Raw,
  stages: readonly [StageName, ...StageName[]],
): { options: FleetOptions } | { problems: string[] } {
  const { stage: asked = stages[0], ...rest } = raw
  const stage = stages.find((name) => name === asked)
  const parsed = parseFleet(rest, { stage: stage ?? stages[0], like: stage ?? stages[0] })
  if (stage !== undefined) return parsed
  return { problems: [`stage must be ${stages.join(' or ')}`, ...('problems' in parsed ? parsed.problems : [])] }
}

/** The fleet of a stage, from its settings and addresses. */
export function parseFleet(
  raw: Raw,
  stage: Pick<FleetOptions, 'stage' | 'like'>,
): { options: FleetOptions } | { problems: string[] } {
  const addresses = ADDRESS_NAMES.filter((name) => raw[name] !== undefined).map((name) => {
    const parsed = parseAddress(name, settingText(raw[name]) ?? '')
    return { name, ...parsed }
  })
  const rest = Object.fromEntries(
    Object.entries(raw).filter(([name]) => !ADDRESS_NAMES.some((known) => known === name)),
  )
  const parsed = parseSettings(rest, { allowSubMinuteSweep: STAGES[stage.like].subMinuteSweep })
  const problems = [
    ...('problems' in parsed ? parsed.problems : []),
    ...addresses.flatMap((one) => ('problem' in one ? [`${one.name} ${one.problem}`] : [])),
  ]
  const value = (wanted: AddressName): string | undefined =>
    addresses.flatMap((one) => ('value' in one && one.name === wanted ? [one.value] : []))[0]
  const named = {
    providerUrl: value('providerUrl'),
    backupProviderUrl: value('backupProviderUrl'),
    alarmEmail: value('alarmEmail'),
  }
  if ('settings' in parsed) problems.push(...crossedAddresses(parsed.settings.provider, named))
  if (problems.length > 0 || 'problems' in parsed) return { problems }
  return { options: { ...stage, settings: parsed.settings, ...named } }
}

/** One line that names every problem, and the valid names if a name was unknown. */
export function refusalOf(problems: readonly string[]): string {
  const unknown = problems.some((problem) => problem.includes(UNKNOWN))
  const names = [...OPTION_NAMES, ...SETTING_NAMES].join(', ')
  return `wrong settings: ${problems.join('; ')}${unknown ? `. Settings are: ${names}` : ''}`
}

type Parsed<T> = { value: T } | { problem: string }
const UNKNOWN = 'unknown setting '

function settingOf(raw: Raw, name: SettingName, allowSubMinuteSweep: boolean): Parsed<unknown> {
  const given = raw[name]
  if (given === undefined)
    return {
      value: name === 'sweepSeconds' && allowSubMinuteSweep ? STAGES.local.sweepSeconds : SETTINGS[name].default,
    }
  const parsed = parseSetting(name, settingText(given) ?? '')
  const wholeMinutes = name !== 'sweepSeconds' || allowSubMinuteSweep || Number(given) % 60 === 0
  return wholeMinutes || 'problem' in parsed
    ? parsed
    : { problem: 'sweepSeconds must be a multiple of 60 in the cloud: its scheduler counts minutes' }
}

/**
 * CDK and its command line keep values of their own in the context. Each of their names has a colon, a slash or a dash.
 */
export const isOurs = (name: string): boolean => !/[:/]/.test(name) && name !== 'acknowledged-issue-numbers'

const unknownNames = (raw: Raw, known: readonly string[]): string[] =>
  Object.keys(raw)
    .filter((name) => isOurs(name) && !known.includes(name))
    .map((name) => `${UNKNOWN}${name}`)

const settingText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined

export const parseAddress = (name: AddressName, text: string): Parsed<string> =>
  name === 'alarmEmail' ? parseEmail(text) : parseProviderUrl(text)

/** Plain http is allowed only to this machine, because every request carries the key. */
export function parseProviderUrl(text: string): Parsed<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url?.hostname ?? '')
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback)))
    return { problem: 'must be an https URL (http only on loopback)' }
  if (url.username || url.password || url.search || url.hash)
    return { problem: 'must have no user, password, query or fragment' }
  return { value: text.replace(/\/+$/, '') }
}

/**
 * Refuses an address that is known to belong to the other profile: that provider would receive a key that is not its
 * own.
 */
function crossedAddresses(
  first: ProviderName,
  urls: Pick<FleetOptions, 'providerUrl' | 'backupProviderUrl'>,
): string[] {
  const addresses = [
    ['providerUrl', first, backupOf(first)],
    ['backupProviderUrl', backupOf(first), first],
  ] as const
  return addresses.flatMap(([name, own, other]) => {
    const url = urls[name]
    return url !== undefined && new URL(url).host === new URL(PROVIDER_URLS[other]).host
      ? [`${name} is the address of ${other}, and with provider=${first} it must be one of ${own}`]
      : []
  })
}

const parseEmail = (text: string): Parsed<string> =>
  /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? { value: text } : { problem: 'must be an e-mail address' }
