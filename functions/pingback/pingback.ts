import { errorName } from '../core/error-name.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Invocation } from '../core/ports.ts'
import type { Called } from '../core/task/pingback-address.ts'
import { isSettled, type OpenItem } from '../core/task/task.ts'
import type { RecordOutcome } from '../worker/record-outcome.ts'
import { type SettleOnCallContext, settleOnCall } from './settle-on-call.ts'

/** What the steps of pingback work with. */
interface PingbackContext extends SettleOnCallContext {
  recordOutcome: RecordOutcome
  /** Equality in constant time. */
  same: (a: string, b: string) => boolean
  /** Counts a call that is not believed. */
  refused: () => void
  /** Counts a genuine call about a task that is settled. */
  repeated: () => void
}

type Judged = { kind: 'believed'; item: OpenItem } | { kind: 'settled' | 'forged' | 'unknown' }
const FORGED: Judged = { kind: 'forged' }

/**
 * A provider's callback is a hint: a caller that knows the task's secret makes us poll the provider, and only the
 * provider's own answer settles the task. Any answer but a solution is left to the poll message. The caller always gets
 * the same answer.
 */
export async function pingback(
  context: PingbackContext,
  called: Called | null,
  captchaId: string,
  invocation: Invocation,
): Promise<void> {
  if (invocation.clockUnknown) return
  // Anybody may call, and as often as they like, so a call that changes nothing writes nothing and gets no log line of
  // its own.
  if (called === null || captchaId === '') return context.refused()
  const judged = await judge(context, called)
  if (judged.kind === 'forged') context.refused()
  if (judged.kind === 'settled') context.repeated()
  if (judged.kind !== 'believed') return
  const events = await settleOnCall(context, judged.item, { ...called, captchaId }, invocation)
  if (events.length > 0) await context.recordOutcome(outcomeIdOf(invocation, events), events)
}

/**
 * An outcome item with the invocation's own id says that the invocation counted what it settled and sent the result. A
 * call that failed may have settled the task all the same: under that id nobody would ever send its result.
 */
const outcomeIdOf = ({ id }: Invocation, events: readonly OutcomeEvent[]): string =>
  events.some(({ kind }) => kind === 'fault') ? `${id}:fault` : id

/** Whether the call knows the task's secret and one of its attempts, and the task if it is still open. */
async function judge({ tasks, same, log }: PingbackContext, called: Called): Promise<Judged> {
  try {
    const item = await tasks.read(called.taskId)
    if (!same(item?.token ?? '', called.token) || item === undefined) return FORGED
    if (isSettled(item)) return { kind: 'settled' }
    const isKnown = item.attempt === called.attempt || item.lost.some(({ attempt }) => attempt === called.attempt)
    return isKnown ? { kind: 'believed', item } : FORGED
  } catch (error) {
    log('error', 'pingback not followed', { error: errorName(error) })
    return { kind: 'unknown' }
  }
}
