import { makeAdmissionStore } from './dynamodb/admission-store.ts'
import { type DynamoClientOptions, makeDynamoClient } from './dynamodb/client.ts'
import { makeDeepRunStore } from './dynamodb/deep-run-store.ts'
import { makeHistoryStore } from './dynamodb/history-store.ts'
import { makeRecordStore } from './dynamodb/record-store.ts'

/** The two items that every view but the live one is computed from. */
export function makeHealthStores(tableName: string, options: DynamoClientOptions) {
  const table = { client: makeDynamoClient(options), tableName }
  return { record: makeRecordStore(table), admission: makeAdmissionStore(table) }
}

export const makeHistory = (tableName: string, options: DynamoClientOptions) =>
  makeHistoryStore({ client: makeDynamoClient(options), tableName })

/** The last deep run, for the views that show dependencies. */
export const makeLastRunStore = (tableName: string, options: DynamoClientOptions) =>
  makeDeepRunStore({ client: makeDynamoClient(options), tableName })

/** The client of the secret store is loaded for the first request that brings a token. */
export async function makeTokenReader(secretArn: string) {
  const { makeSecretReader } = await import('./secrets/secret-reader.ts')
  return makeSecretReader(secretArn)
}
