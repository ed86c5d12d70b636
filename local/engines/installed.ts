import { errnoOf, errorText, UserError } from '../support/user-error.ts'

/**
 * Loads the package of an engine when the engine is started. A machine that only deploys does not install the engines
 * (`npm ci --no-workspaces`); the error then says in one sentence what is missing.
 */
export async function installed<Package>(name: string, load: () => Promise<Package>): Promise<Package> {
  try {
    return await load()
  } catch (error) {
    const isMissing = errnoOf(error) === 'ERR_MODULE_NOT_FOUND' && errorText(error).includes(`'${name}'`)
    if (!isMissing) throw error
    throw new UserError(`the engines of the local run are not installed (${name} is missing): run \`npm ci\``)
  }
}
