import { errnoOf, errorText, UserError } from '../support/user-error.ts'

/**
 * The package of an engine, loaded when its engine is started. Who only deploys does not install the engines
 * (`npm ci --no-workspaces`), and then learns in one sentence what is missing.
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
