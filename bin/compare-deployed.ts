import { stackName } from '../functions/contract/stack.ts'
import { changes, differing } from '../lib/deployed-settings.ts'
import type { FleetOptions } from '../lib/settings.ts'
import { askDeployed } from './deployed.ts'

/**
 * What a person should read before CloudFormation starts: each setting that the deploy would remove, change or add. The
 * CDK command line runs the app before every deploy, and passes the account and region only if it has credentials.
 * Without them nothing is compared.
 */
export async function compareDeployed(
  options: FleetOptions,
  account: string | undefined,
  region: string | undefined,
): Promise<string[]> {
  if (!account || !region) return []
  const name = stackName(options.stage)
  const deployed = await askDeployed(name, { account, region })
  switch (deployed.kind) {
    case 'settings':
      return changes(deployed.settings, differing(options)).map((line) => `${name}: ${line}`)
    case 'none':
      return [`${name} is not deployed yet in ${region}, as far as the credentials of this environment show`]
    case 'silent':
      return [`${name} is deployed and does not tell its settings yet: compare them yourself before you deploy over it`]
    case 'unknown':
      return [`${name}: its deployed settings could not be read to compare them (${deployed.why})`]
  }
}
