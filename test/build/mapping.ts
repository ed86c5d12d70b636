import type { EventSourceMapping } from '../../local/engines/mappings.ts'

/** What passes the messages of the task queue to submit. */
export const mapping: EventSourceMapping = {
  uuid: '5b1c8f0e-0000-4000-8000-000000000001',
  queueArn: 'arn:aws:sqs:us-east-1:000000000000:lifesign-tasks',
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:lifesign-submit',
  batchSize: 10,
  windowSeconds: 0,
  maximumConcurrency: 5,
  partial: true,
  enabled: true,
}
