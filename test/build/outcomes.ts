import type { OutcomeEvent } from '../../functions/core/outcome/event.ts'
import type { OutcomeItem } from '../../functions/core/outcome/summary.ts'
import { summarise } from '../../functions/core/outcome/summary-of.ts'

let invocations = 0
/** One invocation's outcome. */
export function outcome(at: number, events: OutcomeEvent[], changes: Partial<OutcomeItem> = {}): OutcomeItem {
  invocations += 1
  const invocation = `invocation-${invocations}`
  return { ...summarise(events), at, invocation, worker: 'worker-1', function: 'collect', ...changes }
}

const spent = { resubmitted: 0, unknown: 0 }
export const received = (at: number): OutcomeEvent => ({ kind: 'received', at })
export const accepted = (at: number): OutcomeEvent => ({ kind: 'accepted', at, provider: 'captchaai' })
export const polled = (at: number): OutcomeEvent => ({ kind: 'polled', at })
export const solved = (at: number, seconds = 12): Extract<OutcomeEvent, { kind: 'solved' }> => ({
  ...{ kind: 'solved', at, seconds, spent },
  method: 'userrecaptcha',
})
export const failed = (at: number, counted = true): OutcomeEvent => ({
  ...{ kind: 'failed', at, class: counted ? 'unsolvable' : 'task', counted },
  ...{ charged: true, spent },
})
export const expired = (at: number, submittedAt: number | null, counted = submittedAt !== null): OutcomeEvent => ({
  ...{ kind: 'expired', at, submittedAt, counted, spent },
})
export const parked = (at: number, enqueuedAt: number): OutcomeEvent => ({
  ...{ kind: 'parked', at, enqueuedAt },
})
export const slow = (at: number, taskId: string, submittedAt: number, method = 'userrecaptcha'): OutcomeEvent => ({
  ...{ kind: 'slow', at, taskId, method, submittedAt },
})
