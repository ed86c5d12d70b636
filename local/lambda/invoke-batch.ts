import type { Message } from '@aws-sdk/client-sqs'
import type { FromQueue } from '../aws/lambda-front.ts'
import { TRACE_ATTRIBUTE } from '../aws/trace-header.ts'
import { readBatchResponse } from './batch-response.ts'
import { sqsRecordOf } from './queue-event.ts'

export interface InvokeOptions {
  /** `partial`: the function answers which messages failed. Without it, all of a batch succeeds or fails. */
  source: { queueArn: string; partial: boolean }
  /** `traceHeaders`: the trace headers of those messages of the batch that have one. */
  invoke: (event: { Records: unknown[] }, traceHeaders: readonly string[]) => Promise<FromQueue>
  warn: (message: string) => void
}

/** `succeeded`: the messages to delete. `refused`: the function was not invoked. */
type BatchOutcome = { kind: 'processed'; succeeded: Message[] } | { kind: 'failed' } | { kind: 'refused' }

/** Invokes the function with one batch, and reads from its answer which messages succeeded. */
export async function invokeBatch({ source, invoke, warn }: InvokeOptions, batch: Message[]): Promise<BatchOutcome> {
  const records = batch.map((message) => sqsRecordOf(message, source.queueArn))
  const ended = await invoke({ Records: records }, traceHeadersOf(batch))
  if (ended.kind === 'refused') return { kind: 'refused' }
  if (ended.kind !== 'returned') return { kind: 'failed' }
  if (!source.partial) return { kind: 'processed', succeeded: batch }
  const idOf = ({ MessageId = '' }: Message) => MessageId
  const response = readBatchResponse(ended.payload, batch.map(idOf))
  if (response.kind === 'malformed') {
    warn('the answer was not a partial batch response, so the whole batch counts as failed')
    return { kind: 'failed' }
  }
  return { kind: 'processed', succeeded: batch.filter((message) => !response.failed.has(idOf(message))) }
}

const traceHeadersOf = (batch: readonly Message[]): string[] =>
  batch
    .flatMap(({ Attributes = {} }) => Object.entries(Attributes))
    .flatMap(([name, value]) => (name === TRACE_ATTRIBUTE ? [value] : []))
