import type { Message } from '../../../functions/core/message/message.ts'
import type { BatchUseCase } from '../../../functions/core/ports.ts'
import { LARGEST_BATCH_WITHOUT_WINDOW } from '../../aws/documented.ts'
import { type Lineage, longest, NO_LINEAGE } from '../../aws/lineage.ts'
import type { MemoryQueue } from '../../memory/queue.ts'
import { START, type World } from '../world.ts'
import type { IntakeMapping } from './intake-mapping.ts'
import type { Pool } from './pool.ts'

interface Source {
  queue: MemoryQueue
  pool: Pool<BatchUseCase>
  batchSize: number
  windowSeconds: number
  /** Invocations that the source starts at a time; null: as many as it has batches for. */
  maximumConcurrency: number | null
  /** Whether messages are received at all; absent: always. */
  mapping?: Pick<IntakeMapping, 'isReceiving' | 'enabled'>
  /** Invocations that Lambda runs at a time; a batch above that is throttled. */
  concurrency: number
}

/** A queue that has reached its limit of messages in flight is asked again after so long. */
const FULL_MS = 1000

/**
 * Lambda's poller of one queue: batches, window, maximum concurrency, partial batch responses. What is not reported is
 * deleted (which may fail), what is reported or was in a crashed batch stays hidden until its visibility ends. A batch
 * that Lambda refuses, because it is throttled or takes the chain for a loop, was received all the same.
 */
export function makeEventSource(world: World, source: Source): void {
  const { virtualTime, faults, oracle, random, aws } = world
  const { queue, pool, batchSize, windowSeconds, mapping } = source
  if (batchSize > LARGEST_BATCH_WITHOUT_WINDOW && windowSeconds === 0) {
    throw new Error(`AWS takes no batch of ${batchSize} without a window`)
  }
  let armedAt = Infinity
  let gathering = 0
  const isOff = () => mapping?.isReceiving() === false

  function arm(): void {
    if (isOff()) return
    const next = Math.max(queue.nextVisibleAt(), virtualTime.now())
    if (next >= armedAt || next === Infinity) return
    armedAt = next
    virtualTime.at(
      next + random.next() * 60,
      () => {
        if (armedAt !== next) return
        armedAt = Infinity
        tick()
      },
      true,
    )
  }

  function tick(): void {
    if (isOff()) return
    if (pool.busy + gathering >= (source.maximumConcurrency ?? Number.POSITIVE_INFINITY)) return
    if (queue.nextVisibleAt() > virtualTime.now()) {
      arm()
      return
    }
    gathering++
    const isFull = () => queue.counts().visible >= batchSize
    virtualTime.after(aws.waitMs(windowSeconds, isFull), flush)
  }

  function flush(): void {
    gathering--
    if (isOff()) return
    const messages = queue.receive(batchSize)
    if (messages.length > 0) deliver(messages)
    if (messages.length === 0 && queue.nextVisibleAt() <= virtualTime.now()) virtualTime.after(FULL_MS, arm, true)
    else arm()
  }

  function deliver(messages: Message[]): void {
    for (const message of messages) {
      oracle.record({ kind: 'received', queue: queue.name, message })
      if (faults.strikes('revealed')) reveal(message)
    }
    world.trace?.(
      'queue',
      `${queue.name} delivers ${messages.map((m) => `${m.messageId}(${m.receiveCount})`).join(' ')}`,
    )
    const lineage = longest(messages.map(({ messageId }) => queue.held.get(messageId)?.lineage ?? NO_LINEAGE))
    const refusal = refusalOf(lineage)
    if (refusal !== null) refused(messages, refusal)
    else invoke(messages, lineage)
  }

  function invoke(messages: Message[], lineage: Lineage): void {
    pool.invoke(
      (useCase, run, environment) => {
        oracle.record({ kind: 'invoked', environment, queue: queue.name, messages })
        return useCase(messages, run)
      },
      (end) => {
        const failed = new Set(end.kind === 'answered' ? end.answer : messages.map(({ messageId }) => messageId))
        for (const message of messages) {
          if (end.kind === 'answered' && !failed.has(message.messageId))
            oracle.record({ kind: 'acknowledged', message, environment: end.environment })
          if (end.kind !== 'answered' || end.faultCount) disturbPoll(message)
          if (failed.has(message.messageId)) {
            oracle.record({ kind: 'returned', message, isExcused: end.faultCount })
            if (end.kind === 'answered' && !end.letterFailed) lastReceive(message)
          } else if (faults.strikes('deleteFails')) {
            oracle.record({ kind: 'returned', message, isExcused: true })
            disturbPoll(message)
          } else virtualTime.after(5, () => queue.remove(message.receipt), true)
        }
        arm()
      },
      lineage,
    )
  }

  /** Why Lambda does not invoke the function for what was received. */
  function refusalOf(lineage: Lineage): 'loop' | 'throttled by the account' | 'throttled' | null {
    if (aws.refusesLoop(pool.name, lineage)) return 'loop'
    const second = (virtualTime.now() - START) / 1000
    if (aws.throttled.some(({ from, until }) => second >= from && second < until)) return 'throttled by the account'
    return pool.busy >= source.concurrency ? 'throttled' : null
  }

  function refused(messages: Message[], why: NonNullable<ReturnType<typeof refusalOf>>): void {
    world.trace?.('lambda', `refuses ${messages.length} messages of ${queue.name}: ${why}`)
    for (const message of messages) {
      oracle.record({ kind: 'returned', message, isExcused: why === 'throttled by the account' })
      disturbPoll(message)
    }
    oracle.record({ kind: 'invocationRefused', why })
    arm()
  }

  /** A task message that may not be received again is dead-lettered by us, with its reason. */
  function lastReceive(message: Message): void {
    if (queue.name === 'tasks') oracle.record({ kind: 'lastReceiveFailed', message })
  }

  /** A second delivery while the first is being worked on. */
  function reveal(message: Message): void {
    oracle.record({ kind: 'returned', message, isExcused: true })
    if (queue.name === 'polls') oracle.record({ kind: 'deliveredTwice', message })
    virtualTime.after(random.next() ** 3 * 20_000, () => queue.reveal(message.messageId), true)
  }

  function disturbPoll(message: Message): void {
    if (queue.name === 'polls') oracle.record({ kind: 'pollDisturbed', message })
  }

  queue.changed = arm
  if (mapping !== undefined) mapping.enabled = arm
}
