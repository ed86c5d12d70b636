import type { QueueFacts } from '../core/evidence/evidence.ts'
import type { QueueDepths } from '../core/ports.ts'

type Depth = Awaited<ReturnType<QueueDepths['read']>>

/** Every message counts, also those that are hidden or delayed: a parked task waits like any other. */
export async function readQueues(depths: QueueDepths): Promise<QueueFacts> {
  const [tasks, polls, dead] = await Promise.all([
    depths.read('tasks'),
    depths.read('polls'),
    depths.read('deadLetters'),
  ])
  return { waiting: all(tasks), available: tasks.visible, inFlight: all(polls), deadLetters: all(dead) }
}

const all = ({ visible, hidden, delayed }: Depth): number => visible + hidden + delayed
