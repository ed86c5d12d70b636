import { isRecord } from '../../functions/contract/is-record.ts'
import { COUNT_LAG_SECONDS } from '../../sim/aws/documented.ts'
import type { Interceptor } from '../gateway/interceptor.ts'
import { queueNameOf, readAnswer, withBody } from './json-answer.ts'

export type QueueCounts = Readonly<Record<string, string>>
interface LaggingCounts {
  interceptor: Interceptor
  /** Reads the counts of all queues once more. */
  sample(): Promise<void>
}

/**
 * Answers a function's request for a queue's counts with earlier readings, up to a minute old; each count has a reading
 * of its own. `read` reads the attributes of a queue from the engine.
 */
export function makeLaggingCounts(options: {
  queueNames: readonly string[]
  read: (queueName: string) => Promise<QueueCounts>
  now: () => number
  fraction: () => number
}): LaggingCounts {
  const { queueNames, read, now, fraction } = options
  let samples: { at: number; queueName: string; counts: QueueCounts }[] = []

  function older(queueName: string, name: string, current: unknown): unknown {
    const known = samples.filter(
      (sample) => sample.queueName === queueName && sample.at >= now() - COUNT_LAG_SECONDS * 1000,
    )
    const values: unknown[] = [...known.map(({ counts }) => counts[name] ?? current), current]
    return values[Math.floor(fraction() * values.length)]
  }

  return {
    async sample() {
      const at = now()
      const counted = await Promise.all(
        queueNames.map(async (queueName) => ({ at, queueName, counts: await read(queueName) })),
      )
      samples = [...samples.filter((sample) => sample.at >= at - COUNT_LAG_SECONDS * 1000), ...counted]
    },
    interceptor: ({ service, operation, input }) => {
      if (service !== 'sqs' || operation !== 'GetQueueAttributes') return { kind: 'pass' }
      const queueName = queueNameOf(input.QueueUrl)
      return {
        kind: 'change',
        answer: (answer) => {
          const told = readAnswer(answer)?.Attributes
          if (!isRecord(told)) return answer
          const attributes = Object.entries(told).map(([name, value]) => [
            name,
            name.startsWith('ApproximateNumberOf') ? older(queueName, name, value) : value,
          ])
          return withBody(answer, { Attributes: Object.fromEntries(attributes) })
        },
      }
    },
  }
}
