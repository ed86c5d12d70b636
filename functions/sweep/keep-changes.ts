import { errorName } from '../core/error-name.ts'
import type { FleetChange } from '../core/outcome/change.ts'
import { withChanges } from '../core/outcome/summary.ts'
import type { Log, RecordStore } from '../core/ports.ts'
import type { ReadinessRecord } from '../core/record/record.ts'

/**
 * The record with what the sweep changed in the fleet, beside what the workers changed. The sweep changes the fleet
 * after it has judged it, so this is a second write, and only where something changed. If the write fails, the views
 * lack these lines and nothing else; they are in the log all the same.
 */
export async function keepChanges(
  record: ReadinessRecord,
  changes: readonly FleetChange[],
  store: Pick<RecordStore, 'write'>,
  log: Log,
): Promise<ReadinessRecord> {
  if (changes.length === 0) return record
  const { evidence, folded, version } = record
  const next: ReadinessRecord = {
    ...record,
    version: version + 1,
    folded: withChanges(folded, changes),
    evidence: { ...evidence, totals: withChanges(evidence.totals, changes) },
  }
  try {
    if (await store.write(next, version)) return next
    log('warn', 'changes not kept, another sweep was faster', { changes: changes.length })
  } catch (error) {
    log('warn', 'changes not kept', { changes: changes.length, why: errorName(error) })
  }
  return record
}
