import { errorName } from '../core/error-name.ts'
import type { HistoryStore, Log } from '../core/ports.ts'
import type { ReadinessRecord } from '../core/record/record.ts'

/**
 * Stores the hours and days of the history that are over, and answers the record that is left to write. What cannot be
 * stored stays in the record for the next sweep: a missing bar on a page is no reason for a sweep to fail. It runs
 * before the record is written, because a crash in between stores the same bucket twice and never loses it.
 */
export async function saveHistory(
  record: ReadinessRecord,
  store: Pick<HistoryStore, 'save'>,
  log: Log,
): Promise<ReadinessRecord> {
  const { history } = record
  if (history === null) return record
  try {
    for (const bucket of history.finished) await store.save(bucket)
    return { ...record, history: { ...history, finished: [] } }
  } catch (error) {
    log('warn', 'history not stored, the next sweep tries again', {
      buckets: history.finished.length,
      why: errorName(error),
    })
    return record
  }
}
