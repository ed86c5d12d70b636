import type { SQSClient } from '@aws-sdk/client-sqs'
import type { Log, Visibility } from '../core/ports.ts'

export function makeVisibility(_poll: { client: SQSClient; queueUrl: string; log: Log }): Visibility {
  throw new Error('makeVisibility: being written')
}
