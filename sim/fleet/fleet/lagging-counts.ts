import type { QueueName } from '../../../functions/core/message/message.ts'
import type { QueueDepths } from '../../../functions/core/ports.ts'
import { COUNT_LAG_SECONDS } from '../../aws/documented.ts'
import type { MemoryQueues } from '../../memory/queues.ts'
import type { Random } from '../../support/random.ts'
import type { VirtualTime } from '../model/virtual-time.ts'

const SAMPLE_SECONDS = 2
const NAMES: readonly QueueName[] = ['tasks', 'polls', 'results', 'deadLetters']

type Counts = Awaited<ReturnType<QueueDepths['read']>>

/** Which moment of the last minute a run reads: always that of the highest count, of the lowest, or any. */
const READINGS = ['highest', 'lowest', 'any'] as const
type Reading = (typeof READINGS)[number]

/** The queues' counts as SQS gives them: each of the three is a reading of some moment of the last minute. */
export function laggingCounts(
  queues: MemoryQueues,
  virtualTime: VirtualTime,
  random: Random,
  reading: Reading = random.pick(READINGS),
): QueueDepths {
  const readings: Record<QueueName, Counts[]> = { tasks: [], polls: [], results: [], deadLetters: [] }
  const sample = () => {
    for (const name of NAMES) {
      readings[name].push(queues[name].counts())
      if (readings[name].length > COUNT_LAG_SECONDS / SAMPLE_SECONDS) readings[name].shift()
    }
    virtualTime.after(SAMPLE_SECONDS * 1000, sample, true)
  }
  sample()
  return {
    async read(queue) {
      const known = [...readings[queue], queues[queue].counts()]
      const one = (name: keyof Counts): number => {
        const counts = known.map((counted) => counted[name])
        if (reading === 'any') return counts[Math.floor(random.next() * counts.length)] ?? 0
        return reading === 'highest' ? Math.max(...counts) : Math.min(...counts)
      }
      return { visible: one('visible'), hidden: one('hidden'), delayed: one('delayed') }
    },
  }
}
