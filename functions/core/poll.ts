import type { Reply, SubmittedItem } from './task.ts'

/**
 * The heartbeat of a submitted task: one message on the poll queue that stays there until the task is settled. It
 * carries all that collect needs, so that the normal task costs no read. Times are milliseconds since 1970.
 */
export interface Poll {
  taskId: string
  attempt: string
  provider: string
  captchaId: string
  method: string
  enqueuedAt: number
  submittedAt: number
  deadlineAt: number
  reply: Reply
  /** Charges so far, this one included, and what became of the earlier ones; see ItemFacts. */
  charges: number
  unknowns: number
  unsolvable: number
  lostIds: number
  /** False: the table could not be told of this submit; collect repairs it. */
  recorded: boolean
  /** The task message itself and where it came from, for a re-submit. */
  body: string
  origin: string
}

export function pollOf(item: SubmittedItem, body: string, recorded: boolean): Poll {
  const { taskId, attempt, provider, captchaId, method, enqueuedAt, submittedAt, deadlineAt, reply } = item
  const { charges, unknowns, unsolvable, lostIds, origin } = item
  const task = { taskId, attempt, provider, captchaId, method, enqueuedAt, submittedAt, deadlineAt, reply }
  return { ...task, charges, unknowns, unsolvable, lostIds, recorded, body, origin }
}
