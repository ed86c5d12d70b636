import type { Depths } from '../core/ports.ts'
import type { QueueFacts } from '../core/readiness.ts'

type Depth = Awaited<ReturnType<Depths['read']>>

/** Every message counts, also those that are hidden or delayed: a parked task waits like any other. */
export async function readQueues(depths: Depths): Promise<QueueFacts> {
  const [tasks, polls, dead] = await Promise.all([
    depths.read('tasks'),
    depths.read('polls'),
    depths.read('deadLetters'),
  ])
  return { waiting: all(tasks), available: tasks.visible, inFlight: all(polls), deadLetters: all(dead) }
}

const all = ({ visible, hidden, delayed }: Depth): number => visible + hidden + delayed
