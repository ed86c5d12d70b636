import { LIMITS } from '../../functions/contract.ts'
import type { BatchUseCase } from '../../functions/core/invocation.ts'
import type { Message } from '../../functions/core/ports.ts'
import type { MemoryQueue } from '../memory/queue.ts'
import type { Pool } from './pool.ts'
import type { World } from './world.ts'

/**
 * Lambda's poller of one queue: batches, window, maximum concurrency, partial batch responses. What is not reported is
 * deleted (which may fail), what is reported or was in a crashed batch stays hidden until its visibility ends.
 */
export function makeEventSource(
  world: World,
  source: { queue: MemoryQueue; pool: Pool<BatchUseCase>; batchSize: number; windowSeconds: number; workers: number },
): void {
  const { timeline, faults, truth, random } = world
  const { queue, pool, workers } = source
  let armedAt = Infinity
  let gathering = 0

  function arm(): void {
    const next = Math.max(queue.nextVisibleAt(), timeline.now())
    if (next >= armedAt || next === Infinity) return
    armedAt = next
    timeline.at(
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
    if (pool.busy + gathering >= workers) return
    if (queue.nextVisibleAt() > timeline.now()) {
      arm()
      return
    }
    gathering++
    timeline.after(source.windowSeconds * 1000, flush)
  }

  function flush(): void {
    gathering--
    const messages = queue.receive(source.batchSize)
    if (messages.length > 0) deliver(messages)
    arm()
  }

  function deliver(messages: Message[]): void {
    for (const message of messages) {
      const misfit = truth.misfits.get(message.messageId)
      if (misfit !== undefined) misfit.receives++
      if (faults.strikes('revealed')) reveal(message)
    }
    world.trace?.(
      'queue',
      `${queue.name} delivers ${messages.map((m) => `${m.messageId}(${m.receiveCount})`).join(' ')}`,
    )
    pool.invoke(
      (useCase, run) => useCase(messages, run),
      (end) => {
        const failed = new Set(end.kind === 'answered' ? end.answer : messages.map(({ messageId }) => messageId))
        for (const message of messages) {
          if (failed.has(message.messageId)) {
            truth.cameBack(message.messageId, end.hurt)
            if (end.kind === 'answered' && !end.letterFailed) lastReceive(message)
          } else if (faults.strikes('deleteFails')) truth.cameBack(message.messageId, true)
          else timeline.after(5, () => queue.remove(message.receipt), true)
        }
        arm()
      },
    )
  }

  /** A task message that may not be received again is dead-lettered by us, with its reason. */
  function lastReceive({ messageId, receiveCount }: Message): void {
    if (queue.name !== 'tasks' || receiveCount < LIMITS.taskMaxReceiveCount || truth.misfits.has(messageId)) return
    truth.fail('the last receive leaves a dead letter with its reason', `${messageId} was left to the queue`)
  }

  /** A second delivery while the first is being worked on. */
  function reveal({ messageId, body }: Message): void {
    truth.cameBack(messageId, true)
    if (queue.name === 'polls') truth.doubled(body)
    timeline.after(random.next() ** 3 * 20_000, () => queue.reveal(messageId), true)
  }

  queue.changed = arm
}
