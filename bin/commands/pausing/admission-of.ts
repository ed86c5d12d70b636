import type { AdmissionStore } from '../../../functions/core/ports.ts'
import { UsageError } from '../cli/exit.ts'
import type { Target } from '../fleet/target.ts'

/** The admission item of the fleet. Its client is loaded only when a command needs it. */
export async function admissionOf(target: Target): Promise<AdmissionStore> {
  const table = await target.table()
  if (table === null) throw new UsageError('--table is needed beside the URLs: the pause is kept in the table')
  const { makeAdmissionStore } = await import('../../../functions/adapters/dynamodb/admission-store.ts')
  return makeAdmissionStore({ client: table.client, tableName: table.name })
}
