import { PROVIDERS, type ProviderName } from '../../functions/contract/providers.ts'
import { EXIT, UsageError } from './cli/exit.ts'
import { type Command, type CommandContext, describeOptions, HELP, type Options, parse, TARGET } from './cli/options.ts'
import { plain } from './cli/terminal.ts'
import { type TargetFlags, targetOf } from './fleet/target.ts'
import { fileKeyStore } from './keys/file-key-store.ts'
import { keyAges } from './keys/key-ages.ts'
import type { KeyStore } from './keys/key-store.ts'
import { secretKeyStore } from './keys/secret-key-store.ts'

const OPTIONS = {
  json: { type: 'boolean', help: 'of list: as one JSON object a line' },
  stage: TARGET.stage,
  region: TARGET.region,
  ...HELP,
} as const satisfies Options

const KEY_CHARACTERS = 32
/** The fleet reads the secret again after this time. */
const NOTICED_SECONDS = 300

export const keys: Command = {
  name: 'keys',
  summary: "set a provider's API key, or list which keys there are",
  help: `Usage: lifesign keys set PROVIDER [options]
       lifesign keys list [options]

set asks for the key without showing it, or reads it from standard input, and changes that entry of
the secret only. list shows names and ages and never a value. PROVIDER is ${PROVIDERS.join(' or ')}.

${describeOptions(OPTIONS)}

Without --stage the keys file of the fleet on this machine is meant, which LIFESIGN_KEYS_FILE names
for npm start and for this command.
Exit codes: 0 done, 1 somebody else changed the secret meanwhile, 2 bad usage, 4 the secret cannot be
reached, 130 interrupted.`,
  async run(args, context) {
    const { values, positionals } = parse(args, OPTIONS, true)
    const [action, name, ...rest] = positionals
    if (action === 'set') return set(providerNamed(name, rest), () => storeOf(values, context), context)
    if (action !== 'list') throw new UsageError('say `keys set PROVIDER` or `keys list`')
    if (name !== undefined) throw new UsageError('`keys list` takes no name')
    return list(await storeOf(values, context), context, values.json === true)
  },
}

function providerNamed(name: string | undefined, rest: string[]): ProviderName {
  if (rest.length > 0)
    throw new UsageError("a key does not belong on the command line, where the shell's history keeps it: leave it out")
  const known = PROVIDERS.find((provider) => provider === name)
  if (known === undefined) throw new UsageError(`whose key? say ${PROVIDERS.join(' or ')}`)
  return known
}

async function storeOf(flags: TargetFlags, { env }: CommandContext): Promise<KeyStore> {
  const { name, secret } = targetOf({ stage: flags.stage, region: flags.region }, env)
  const found = await secret()
  if (found !== null) return secretKeyStore(name, found.client, found.arn)
  if (env.LIFESIGN_KEYS_FILE) return fileKeyStore(env.LIFESIGN_KEYS_FILE)
  throw new UsageError(
    'the local fleet has no keys file: it runs on the simulator, which needs no key, or on key variables; to keep keys ' +
      'in a file set LIFESIGN_KEYS_FILE for npm start and for this command, or say --stage for a deployed fleet',
  )
}

async function set(provider: ProviderName, open: () => Promise<KeyStore>, context: CommandContext): Promise<number> {
  const { terminal } = context
  const store = await open()
  const answer = terminal.secret(`API key of ${provider}: `)
  const typed = answer === null ? (await context.input()).toString('utf8') : await answer
  if (typed === null) return EXIT.interrupted
  const key = typed.trim()
  if (key === '') throw new UsageError('no key was given; nothing is changed')
  if (!/^[\x21-\x7e]+$/.test(key)) throw new UsageError('that is no key: it holds blanks or special characters')
  if (key.length !== KEY_CHARACTERS)
    terminal.err(`note: this key has ${key.length} characters; keys of ${provider} have ${KEY_CHARACTERS}`)
  const outcome = await store.update((entries) => ({ ...entries, [provider]: key }))
  if (outcome === 'conflict') {
    terminal.err(`${store.name}: somebody else changed it at the same time; nothing was changed, so do it again`)
    return EXIT.failed
  }
  terminal.out(`${provider}: key set for ${store.name}; the fleet uses it within ${NOTICED_SECONDS} s`)
  return EXIT.ok
}

async function list(store: KeyStore, { terminal }: CommandContext, json: boolean): Promise<number> {
  const ages = await keyAges(store.versions())
  if (ages.length === 0) terminal.err(`${store.name}: no keys`)
  for (const { name, setAt, exact } of ages) {
    const at = new Date(setAt).toISOString()
    if (json) terminal.out(JSON.stringify({ name, setAt: at, exact }))
    else
      terminal.out(
        `${plain(name).padEnd(14)}set ${exact ? '' : 'no later than '}${age(Date.now() - setAt)} ago (${at})`,
      )
  }
  if (!json && ages.some(({ exact }) => !exact))
    terminal.err('"no later than": it was the same in the oldest version that can still be read')
  return EXIT.ok
}

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [length, unit] = UNITS.find(([length]) => seconds >= length) ?? [1, 'second']
  const count = Math.floor(seconds / length)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
