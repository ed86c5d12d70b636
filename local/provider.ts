import { readFileSync } from 'node:fs'
import { parse, record, string } from 'zod/mini'
import { type ProviderName, providersOf } from '../functions/contract/providers.ts'
import type { FleetOptions } from '../lib/settings.ts'
import { type ReadSecret, secretOfFile, secretOfKeys } from './engines/secret.ts'
import type { KeySource } from './settings/settings.ts'
import { HOST, type ListenTarget, listenProblem } from './support/listen.ts'
import { errnoOf, errorText, usageError } from './support/user-error.ts'

/** The provider that the fleet pays: a configured one, or the simulator in this process. */
export interface ProviderInUse {
  fleet: FleetOptions
  secret: ReadSecret
  /** The simulator's address; absent if a provider is configured. */
  simulatorUrl?: string
  stop(): Promise<void>
}

export async function useProvider(fleet: FleetOptions, keys: KeySource, place: ListenTarget): Promise<ProviderInUse> {
  const name = fleet.settings.provider
  const given = keys.kind === 'file' ? readKeys(keys.path) : keys.values
  const wanted = providersOf(name, fleet.backupProviderUrl !== undefined)
  const secretWith = (own: Partial<Record<ProviderName, string>>): ReadSecret =>
    keys.kind === 'file'
      ? secretOfFile(keys.path)
      : secretOfKeys(Object.fromEntries(wanted.map((which) => [which, own[which] ?? given[which] ?? ''])))
  if (keys.kind === 'file') refuseMissing(keys.path, wanted, given)
  if (fleet.providerUrl !== undefined) return { fleet, secret: secretWith({}), stop: async () => {} }

  const { startSimulator } = await import('../sim/provider/simulator.ts')
  const key = keys.kind === 'file' ? given[name] : undefined
  const options = { port: place.port, host: HOST, profile: name, ...(key === undefined ? {} : { key }) }
  const simulator = await startSimulator(options).catch((error: unknown) => {
    throw listenProblem(place, error)
  })
  return {
    fleet: { ...fleet, providerUrl: simulator.url },
    secret: secretWith({ [name]: simulator.key }),
    simulatorUrl: simulator.url,
    stop: () => simulator.stop(),
  }
}

/** Reads the file only to refuse one that cannot work. The functions read the file themselves, and again each time. */
function readKeys(path: string): Partial<Record<string, string>> {
  try {
    return parse(record(string(), string()), JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    const why = errnoOf(error) === '' ? 'it must hold a JSON object, provider name to key' : errorText(error)
    throw usageError(`LIFESIGN_KEYS_FILE: ${path} cannot be used (${why})`)
  }
}

function refuseMissing(path: string, wanted: readonly ProviderName[], given: Partial<Record<string, string>>): void {
  const missing = wanted.filter((name) => !given[name])
  if (missing.length > 0) throw usageError(`LIFESIGN_KEYS_FILE: ${path} has no key for ${missing.join(', ')}`)
}
