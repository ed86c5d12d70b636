import type { Message } from '../../functions/core/message/message.ts'
import type { BatchUseCase, Invocation } from '../../functions/core/ports.ts'
import type { VirtualTime } from '../../sim/fleet/model/virtual-time.ts'
import type { MemoryQueue } from '../../sim/memory/queue.ts'
import type { Environment, Recorder } from './recorder.ts'

type Work<Use, T> = (use: Use, run: Invocation) => Promise<T>

/** Lambda as far as a scenario needs it: environments that are used again while they live, and its pollers of queues. */
export function makeLambda<Ports extends { worker: string }>(
  virtualTime: VirtualTime,
  { tell }: Recorder,
  timeoutSeconds: number,
  portsOf: (environment: Environment) => Ports,
) {
  /** `ended` is told the answer, or undefined where the invocation died or threw. */
  function pool<Use>(name: string, build: (ports: Ports) => Use) {
    const idle: { environment: Environment; use: Use }[] = []
    let [started, invocations] = [0, 0]
    const start = () => {
      started += 1
      const environment: Environment = { name: `${name}-${started}`, dead: false, died: () => {} }
      return { environment, use: build(portsOf(environment)) }
    }
    return <T>(work: Work<Use, T>, ended: (answer: T | undefined, who: string) => void = () => {}): void => {
      const worker = idle.pop() ?? start()
      const { environment } = worker
      invocations += 1
      const endsAt = virtualTime.now() + timeoutSeconds * 1000
      let isOver = false
      const end = (answer: T | undefined, how: string): void => {
        if (isOver) return
        isOver = true
        if (how !== '') tell(environment.name, how)
        if (!environment.dead) idle.push(worker)
        ended(answer, environment.name)
      }
      environment.died = () => end(undefined, 'is dead')
      virtualTime.at(endsAt, () => {
        if (isOver) return
        environment.dead = true
        end(undefined, 'is killed: its time is over')
      })
      work(worker.use, { id: `${name}-invocation-${invocations}`, endsAt }).then(
        (answer) => environment.dead || end(answer, ''),
        (error: unknown) => environment.dead || end(undefined, `throws ${error}`),
      )
    }
  }

  /** The poller of one queue. It receives as soon as something is visible, and deletes what was not kept. */
  function onQueue(queue: MemoryQueue, name: string, batchSize: number, build: (ports: Ports) => BatchUseCase): void {
    const invoke = pool(name, build)
    const receive = (): void => {
      const messages = queue.receive(batchSize)
      if (messages.length === 0) return
      tell(
        queue.name,
        `→ ${name}: ${messages.map(({ messageId, receiveCount }) => `${messageId} (receive ${receiveCount})`).join(', ')}`,
      )
      invoke(
        (use, run) => use(messages, run),
        (kept, who) => remove(messages, kept, who),
      )
    }
    const remove = (messages: Message[], kept: string[] | undefined, who: string): void => {
      if (kept === undefined) return
      tell(who, kept.length === 0 ? 'ends' : `ends and keeps ${kept.join(', ')}`)
      for (const { messageId, receipt } of messages) if (!kept.includes(messageId)) queue.remove(receipt)
    }
    queue.changed = () => {
      const next = queue.nextVisibleAt()
      if (Number.isFinite(next)) virtualTime.at(next + 2, receive)
    }
  }
  return { pool, onQueue }
}
