import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { Interceptor } from '../gateway/interceptor.ts'
import type { LocalLimits } from '../settings/aws-limits.ts'
import type { Plan } from '../template/plan.ts'
import { makeInFlightLimit } from './in-flight-limit.ts'
import { makeLaggingCounts, type QueueCounts } from './lagging-counts.ts'
import { makeLineageOnMessages } from './lineage-on-messages.ts'

const SAMPLE_MS = 2000

/**
 * Adds the limits of AWS between the functions and the engines: loop detection always, the others if they are
 * requested.
 */
export function startAwsLimits(
  { lag, inFlightMessages }: LocalLimits,
  plan: Pick<Plan, 'queues'>,
  client: SQSClient,
): { interceptors: Interceptor[]; stop(): void } {
  async function read(queueName: string): Promise<QueueCounts> {
    const QueueUrl = plan.queues.find(({ name }) => name === queueName)?.url
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] })
    const { Attributes = {} } = await client.send(asked)
    return Object.fromEntries(
      Object.entries(Attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    )
  }
  const visibilitySeconds = (queueName: string) =>
    Number(plan.queues.find(({ name }) => name === queueName)?.attributes.VisibilityTimeout ?? 30)
  const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))
  const counts = makeLaggingCounts({
    queueNames: plan.queues.map(({ name }) => name),
    read,
    now: Date.now,
    fraction: Math.random,
  })
  // A queue that cannot be read now is read at the next interval.
  const timer = lag ? setInterval(() => counts.sample().catch(() => {}), SAMPLE_MS) : undefined
  return {
    interceptors: [
      makeLineageOnMessages(),
      ...(lag ? [counts.interceptor] : []),
      ...(inFlightMessages === null
        ? []
        : [makeInFlightLimit({ most: inFlightMessages, visibilitySeconds, now: Date.now, pause })]),
    ],
    stop: () => clearInterval(timer),
  }
}
