import { LIMITS } from '../../contract/limits.ts'
import { ATTRIBUTE, type DeadLetterCode } from '../../contract/messages.ts'
import type { OutgoingMessage } from './message.ts'
import { problemText } from './problem-text.ts'
import { type TaskAttributes, writeTaskAttributes } from './task-attributes.ts'

/**
 * A copy for the dead-letter queue: body unchanged, with why it is there and what a redrive needs. The reason begins
 * with a code and a colon; it names fields and never values.
 */
export function deadLetter(
  letter: { body: string; code: DeadLetterCode; problems: string[]; source: 'tasks' | 'polls'; receiveCount: number },
  taskAttributes: TaskAttributes,
): OutgoingMessage {
  const code = `${letter.code}: `
  return {
    body: letter.body,
    attributes: {
      // SQS takes ten attributes; why the task waited is the least of them.
      ...writeTaskAttributes({ ...taskAttributes, while: undefined }),
      [ATTRIBUTE.reason]: code + problemText(letter.problems, LIMITS.reasonCharacters - code.length),
      [ATTRIBUTE.detail]: `${letter.problems.length} problem(s), received ${letter.receiveCount} time(s), parked ${taskAttributes.parks} time(s)`,
      [ATTRIBUTE.firstSeen]: new Date(taskAttributes.enqueuedAt).toISOString(),
      [ATTRIBUTE.source]: letter.source,
    },
  }
}
