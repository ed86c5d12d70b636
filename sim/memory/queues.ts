import { LIMITS, visibilitySeconds, workerTimeoutSeconds } from '../../functions/contract/limits.ts'
import type { QueueName } from '../../functions/core/message/message.ts'
import { type MemoryQueue, memoryQueue } from './queue.ts'

/** The fleet's four queues, wired as the stack wires them. */
export type MemoryQueues = Record<QueueName, MemoryQueue>

export function memoryQueues(
  now: () => number,
  {
    providerTimeoutSeconds = 10,
    taskMaxReceiveCount = LIMITS.taskMaxReceiveCount,
    pollMaxReceiveCount = LIMITS.pollMaxReceiveCount,
    inFlightMessages = Number.POSITIVE_INFINITY,
  }: {
    providerTimeoutSeconds?: number
    taskMaxReceiveCount?: number
    pollMaxReceiveCount?: number
    /** Of the two queues that call functions. */
    inFlightMessages?: number
  } = {},
): MemoryQueues {
  const visibility = { visibilitySeconds: visibilitySeconds(workerTimeoutSeconds(providerTimeoutSeconds)) }
  const deadLetters = memoryQueue('deadLetters', visibility, now)
  const limited = Number.isFinite(inFlightMessages) ? { inFlightMessages } : {}
  const redrive = { ...visibility, ...limited, deadLetters }
  return {
    tasks: memoryQueue('tasks', { ...redrive, maxReceiveCount: taskMaxReceiveCount }, now),
    polls: memoryQueue('polls', { ...redrive, maxReceiveCount: pollMaxReceiveCount }, now),
    results: memoryQueue('results', visibility, now),
    deadLetters,
  }
}
