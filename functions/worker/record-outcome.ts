import { errorName } from '../core/error-name.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { OutcomeItem } from '../core/outcome/summary.ts'
import { summarise } from '../core/outcome/summary-of.ts'
import type { Clock, Log, OutcomeStore } from '../core/ports.ts'
import { RETRIES, retryFor } from './retry.ts'

export type RecordOutcome = (invocation: string, events: OutcomeEvent[]) => Promise<void>

/** How long one write may take. */
const LONGEST_WRITE_MS = 3000
/** Most outcome items that wait for a second try in one execution environment. */
const MOST_UNWRITTEN = 20

/**
 * Writes what one invocation did as its one outcome item. A write that fails is logged, counted and tried again by the
 * next invocation of the same environment; it never fails the tasks.
 */
export function makeRecordOutcome(ports: {
  outcomes: OutcomeStore
  clock: Clock
  log: Log
  worker: string
  function: OutcomeItem['function']
  /** Time limit of an invocation. */
  invocationSeconds: number
}): RecordOutcome {
  const { outcomes, clock, log } = ports
  let unwritten: OutcomeItem[] = []

  async function write(item: OutcomeItem): Promise<void> {
    try {
      await retryFor(clock, RETRIES.writeOutcome, () => outcomes.write(item))
    } catch (error) {
      log('error', 'outcome item not written', { invocation: item.invocation, error: errorName(error) })
      unwritten = [...unwritten, item].slice(-MOST_UNWRITTEN)
    }
  }

  /**
   * Writes an item of an earlier invocation with a new time, because the sweep has passed the old time. It is not
   * written if its first write was applied after all, or if so much time has passed that another invocation may count
   * in its place (see accounting-owner.ts).
   */
  async function writeLate(item: OutcomeItem): Promise<void> {
    const now = clock.now()
    if (now > item.at + ports.invocationSeconds * 1000 - LONGEST_WRITE_MS) {
      log('error', 'outcome item given up', { invocation: item.invocation })
      return
    }
    const known = await outcomes.has(item.invocation, item.at - 1000, now).catch(() => null)
    if (known === true) return
    if (known === null) unwritten = [...unwritten, item]
    else await write({ ...item, at: now, faults: item.faults + 1 })
  }

  return async (invocation, events) => {
    const waiting = unwritten
    unwritten = []
    for (const item of waiting) await writeLate(item)
    const summary = summarise(events)
    await write({ ...summary, at: clock.now(), invocation, worker: ports.worker, function: ports.function })
  }
}
