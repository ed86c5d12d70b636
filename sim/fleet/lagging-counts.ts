import type { Depths, QueueName } from '../../functions/core/ports.ts'
import { COUNT_LAG_SECONDS } from '../aws/documented.ts'
import type { MemoryQueues } from '../memory/queues.ts'
import type { Random } from '../memory/random.ts'
import type { Timeline } from './timeline.ts'

const SAMPLE_SECONDS = 2
const NAMES: readonly QueueName[] = ['tasks', 'polls', 'results', 'deadLetters']

type Counts = Awaited<ReturnType<Depths['read']>>

/**
 * The queues' counts as SQS gives them: each of the three is a reading of some moment of the last minute. Which one
 * nobody promises; the highest and the lowest come up as often as any other.
 */
export function laggingCounts(queues: MemoryQueues, timeline: Timeline, random: Random): Depths {
  const readings: Record<QueueName, Counts[]> = { tasks: [], polls: [], results: [], deadLetters: [] }
  const sample = () => {
    for (const name of NAMES) {
      readings[name].push(queues[name].counts())
      if (readings[name].length > COUNT_LAG_SECONDS / SAMPLE_SECONDS) readings[name].shift()
    }
    timeline.after(SAMPLE_SECONDS * 1000, sample, true)
  }
  sample()
  return {
    async read(queue) {
      const known = [...readings[queue], queues[queue].counts()]
      const one = (count: keyof Counts) =>
        anyOf(
          known.map((reading) => reading[count]),
          random,
        )
      return { visible: one('visible'), hidden: one('hidden'), delayed: one('delayed') }
    },
  }
}

function anyOf(counts: readonly number[], random: Random): number {
  const which = random.pick(['highest', 'lowest', 'any'])
  if (which === 'highest') return Math.max(...counts)
  return which === 'lowest' ? Math.min(...counts) : (counts[Math.floor(random.next() * counts.length)] ?? 0)
}
