import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { HttpResponse } from '@smithy/core/protocols'
import type { ServerClock } from '../system/server-clock.ts'

export interface DynamoClientOptions {
  /** Receives the time of every answer. */
  serverClock?: ServerClock
  /** Without it the SDK uses its own, AWS_ENDPOINT_URL_DYNAMODB. */
  endpoint?: string
  /**
   * The time limit of one try, and the number of tries. The defaults stay within the 3 s that recording a charge may
   * take.
   */
  requestTimeoutMs?: number
  maxAttempts?: number
}

/** A client whose calls end within a known time and whose answers set the fleet's clock. */
export function makeDynamoClient(options: DynamoClientOptions = {}): DynamoDBClient {
  const { serverClock, endpoint, requestTimeoutMs = 900, maxAttempts = 3 } = options
  const client = new DynamoDBClient({
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  })
  if (serverClock !== undefined) setClockBy(client, serverClock)
  return client
}

/** The innermost middleware step: it sees every try and every answer, refused ones included. */
function setClockBy(client: DynamoDBClient, clock: ServerClock): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentAt = clock.local()
      const answer = await next(args)
      const second = Date.parse(dateOf(answer.response))
      if (!Number.isNaN(second)) clock.observe(second, sentAt, clock.local())
      return answer
    },
    { step: 'deserialize', priority: 'low', name: 'serverClock' },
  )
}

const dateOf = (response: unknown): string => (HttpResponse.isInstance(response) ? (response.headers.date ?? '') : '')
