import { createHash, hash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Log } from '../core/ports.ts'
import { makeAdmissionStore } from './dynamodb/admission-store.ts'
import { makeDynamoClient } from './dynamodb/client.ts'
import { makeOutcomeStore } from './dynamodb/outcome-store.ts'
import { makeTaskStore } from './dynamodb/task-store.ts'
import { makeSqsClient } from './sqs/client.ts'
import { makeMessageSender } from './sqs/sender.ts'
import { systemClock } from './system/clock.ts'
import { randomIds } from './system/ids.ts'
import { makeServerClock } from './system/server-clock.ts'

/** The name of this execution environment, the same for all its invocations. */
export const workerName = (): string => randomUUID().slice(0, 8)

/** The ports that every worker is built from: the table, the queues, the table's clock and the log. */
export function makeWorkerPorts(env: {
  log: Log
  tableName: string
  taskQueueUrl?: string | undefined
  pollQueueUrl?: string | undefined
  resultQueueUrl?: string | undefined
  deadLetterQueueUrl?: string | undefined
}) {
  const { log } = env
  const clock = makeServerClock(systemClock)
  const dynamo = makeDynamoClient({ serverClock: clock })
  const sqs = makeSqsClient()
  const queueUrls = {
    tasks: env.taskQueueUrl,
    polls: env.pollQueueUrl,
    results: env.resultQueueUrl,
    deadLetters: env.deadLetterQueueUrl,
  }
  const { tableName } = env
  return {
    log,
    clock,
    dynamo,
    sqs,
    queueUrls,
    tasks: makeTaskStore({ client: dynamo, tableName, clock }),
    ids: randomIds,
    admission: makeAdmissionStore({ client: dynamo, tableName }),
    outcomes: makeOutcomeStore({ client: dynamo, tableName, clock, log }),
    sender: makeMessageSender({ client: sqs, queueUrls, log }),
  }
}

export const sha256 = (text: string): string => hash('sha256', text)

/** Equality in constant time; never true for an empty secret. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b)) && a !== ''
}
