import type { FleetOptions } from '../lib/settings.ts'
import { type ReadSecret, secretOfFile, secretOfKeys } from './engines/secret.ts'
import { listenProblem, type Place } from './ports.ts'
import type { Keys } from './settings.ts'

/** The provider that the fleet pays: a given one, or the simulator in this process. */
export interface ProviderInUse {
  fleet: FleetOptions
  secret: ReadSecret
  /** Of the simulator; absent where a provider is given. */
  simulatorUrl?: string
  stop(): Promise<void>
}

export async function useProvider(fleet: FleetOptions, keys: Keys, place: Place): Promise<ProviderInUse> {
  const given: Record<string, string> = keys.kind === 'values' ? keys.values : {}
  const name = fleet.settings.provider
  const backup: Record<string, string> =
    fleet.backupProviderUrl === undefined ? {} : { twocaptcha: given.twocaptcha ?? '' }
  const secret = (own: Record<string, string>): ReadSecret =>
    keys.kind === 'file' ? secretOfFile(keys.path) : secretOfKeys({ ...backup, ...own })
  if (fleet.providerUrl !== undefined)
    return { fleet, secret: secret({ [name]: given[name] ?? '' }), stop: async () => {} }

  const { startSimulator } = await import('../sim/provider/simulator.ts')
  const profile = name === 'twocaptcha' ? 'twocaptcha' : 'captchaai'
  const simulator = await startSimulator({ port: place.port, host: '127.0.0.1', profile }).catch((error: unknown) => {
    throw listenProblem(place, error)
  })
  return {
    fleet: { ...fleet, providerUrl: simulator.url },
    secret: secret({ [name]: simulator.key }),
    simulatorUrl: simulator.url,
    stop: () => simulator.stop(),
  }
}
