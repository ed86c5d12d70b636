import { ack, type Handled, retryLater } from '../core/message/disposition.ts'
import { type PollMessage, pollMessageForSettled, sendOfPoll } from '../core/message/poll-message.ts'
import { resultMessages } from '../core/message/result-message.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Clock } from '../core/ports.ts'
import type { ResultAnswer } from '../core/provider/answers.ts'
import type { Accountant } from '../core/task/accounting.ts'
import { resolveSettledConflict } from '../core/task/settled-conflict.ts'
import { outcomeEventOf, withSolution } from '../core/task/settlement.ts'
import type { SettledItem } from '../core/task/task.ts'
import type { AccountingOwner } from './accounting-owner.ts'

export type SettledFinder = Pick<AccountingOwner, 'takeOver' | 'mayStillReport'>

/**
 * A poll whose task is settled already: its accounting is taken over if its owner crashed, and its result is sent if
 * need be.
 */
export async function resolveSettled(
  { accountingOwner, clock }: { accountingOwner: SettledFinder; clock: Clock },
  { poll, item, answer }: { poll: PollMessage; item: SettledItem; answer: ResultAnswer },
  invocation: Accountant,
): Promise<Handled> {
  const now = clock.now()
  const { attempt } = poll.item
  const mayStillReport = accountingOwner.mayStillReport(item)
  const taken = !mayStillReport && (await accountingOwner.takeOver(item, invocation)).taken
  const counted = taken ? [outcomeEventOf(item)] : []
  const late: OutcomeEvent[] = item.settledBy !== attempt && answer.kind === 'solved' ? [{ kind: 'late', at: now }] : []
  const events = [...counted, ...late]
  const resolution = resolveSettledConflict({ item, attempt, answer, mayStillReport, taken, now })
  switch (resolution.kind) {
    case 'ack':
      return ack(events)
    case 'retry':
      return retryLater(counted, resolution.afterSeconds)
    case 'resend':
      return ack(events, ...resultMessages(item.result, item.reply))
    case 'deliver':
      return ack(events, ...resultMessages(withSolution(item.result, resolution.solution), item.reply))
    case 'pollAttempt': {
      const missing = pollMessageForSettled(item, poll.body)
      const send = missing === null ? resultMessages(item.result, item.reply) : [sendOfPoll(missing)]
      return ack(events, ...send)
    }
  }
}
