import type { Message } from '../../../functions/core/message/message.ts'

/** The task of a message on the task queue: a copy says it in an attribute, a client in the body or not at all. */
export function messageTaskId({
  messageId,
  body,
  attributes,
}: Pick<Message, 'messageId' | 'body' | 'attributes'>): string {
  return attributes.taskId ?? /^\{(?:"item":\{)?"taskId":"([^"]+)"/.exec(body)?.[1] ?? messageId
}
