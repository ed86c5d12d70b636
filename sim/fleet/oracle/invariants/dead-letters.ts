import { LIMITS } from '../../../../functions/contract/limits.ts'
import { DEAD_LETTER } from '../../../../functions/contract/messages.ts'
import { firstWrong, invariant } from '../invariant.ts'
import type { RunLog } from '../run-log.ts'
import type { InvalidMessageHistory } from '../task-history.ts'

/** Returns of a task message, by faults, that explain why its queue gave it up; and by itself, the most. */
const LEAST_EXCUSED = 5
const MOST_UNEXCUSED = 3

/** What becomes of messages that nobody can handle. */
export const DEAD_LETTERS = [
  invariant('the last receive leaves a dead letter with its reason', ['lastReceiveFailed'], ({ message }, log) =>
    message.receiveCount < LIMITS.taskMaxReceiveCount || log.invalidMessages.has(message.messageId)
      ? null
      : `${message.messageId} was left to the queue`,
  ),
  invariant('an invalid message gets exactly one dead letter', ['atRest'], (_step, log) =>
    firstWrong(log.invalidMessages.values(), (invalid) => {
      const { length } = lettersOf(invalid, log)
      const isReceivedAgain = invalid.receives > 1 || (log.returns.get(invalid.messageId)?.excused ?? 0) > 0
      const mayBeSeveral = isReceivedAgain || log.scenario.faults.sendTwice !== undefined
      return length === 1 || (length > 1 && mayBeSeveral) ? null : `${invalid.messageId} has ${length}`
    }),
  ),
  invariant('a dead letter says why', ['atRest'], (_step, log) =>
    firstWrong(log.invalidMessages.values(), (invalid) => {
      const letters = lettersOf(invalid, log)
      return letters.every(({ attributes }) => attributes.reason?.startsWith(`${DEAD_LETTER.invalidTask}: `))
        ? null
        : `${invalid.messageId}: ${letters[0]?.attributes.reason}`
    }),
  ),
  invariant('an invalid message gets its result', ['atRest'], (_step, log) =>
    firstWrong(log.invalidMessages.values(), ({ taskId }) =>
      log.invalidResults.has(taskId) ? null : `${taskId} has none`,
    ),
  ),
  invariant('healthy messages stay under the redrive limit', ['atRest'], ({ pollReceives }, log) => {
    const spare = (pollReceives.most - pollReceives.renewedAt) / 2
    const givenUp = firstWrong(log.exhausted, (messageId) => {
      const returns = log.returns.get(messageId)
      const least = messageId.startsWith('polls') ? spare : LEAST_EXCUSED
      return (returns?.excused ?? 0) >= least ? null : `${messageId}: ${JSON.stringify(returns)}`
    })
    const returned = firstWrong(log.returns, ([messageId, { unexcused }]) =>
      messageId.startsWith('tasks') && unexcused > MOST_UNEXCUSED
        ? `${messageId} came back ${unexcused} times by itself`
        : null,
    )
    return givenUp ?? returned
  }),
] as const

const lettersOf = ({ messageId }: InvalidMessageHistory, log: RunLog) =>
  log.deadLetters.filter(({ attributes }) => attributes.origin === messageId)
