import type { QueueFacts } from '../core/evidence/evidence.ts'
import type { QueueDepths } from '../core/ports.ts'

type Depth = Awaited<ReturnType<QueueDepths['read']>>

/** Every message counts, including hidden and delayed ones: a parked task is a waiting task. */
export async function readQueues(depths: QueueDepths): Promise<QueueFacts> {
  const [tasks, polls, dead] = await Promise.all([
    depths.read('tasks'),
    depths.read('polls'),
    depths.read('deadLetters'),
  ])
  const { visible: available, hidden: received } = tasks
  return { waiting: all(tasks), available, received, inFlight: all(polls), deadLetters: all(dead) }
}

const all = ({ visible, hidden, delayed }: Depth): number => visible + hidden + delayed
