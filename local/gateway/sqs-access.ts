import { arn } from '../template/known-names.ts'
import type { Access, Call } from './call.ts'

/** A batch needs the permission of its one-message call; IAM has no action for batches. */
const ACTIONS: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
}

export function sqsAccess({ operation, input }: Call): Access {
  const queue = [input.QueueUrl, input.QueueName].find((value) => typeof value === 'string')
  const source = input.SourceArn
  const resource =
    queue !== undefined
      ? arn('sqs', String(queue).slice(String(queue).lastIndexOf('/') + 1))
      : typeof source === 'string'
        ? source
        : '*'
  return { action: `sqs:${ACTIONS[operation] ?? operation}`, resource, context: {} }
}
