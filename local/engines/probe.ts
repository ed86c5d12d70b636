import { connect } from 'node:net'
import { HOST, urlOf } from '../ports.ts'

const PATIENCE_MS = 1000

/** What is at a port: nothing, an engine of the protocol that is wanted, or something else. */
export type Found = 'nothing' | 'engine' | 'other'
export type Protocol = 'sqs' | 'dynamodb'

export async function probe(port: number, protocol: Protocol): Promise<Found> {
  if (port === 0 || !(await listens(port))) return 'nothing'
  return (await speaks(urlOf(port), protocol)) ? 'engine' : 'other'
}

/** Whether something takes connections there. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(PATIENCE_MS, () => end(true))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

const CALLS = {
  sqs: { target: 'AmazonSQS.ListQueues', body: '{"QueueNamePrefix":"lifesign-"}', service: 'sqs' },
  dynamodb: { target: 'DynamoDB_20120810.DescribeTable', body: '{"TableName":"lifesign"}', service: 'dynamodb' },
} as const

/**
 * Asks for something harmless and looks whether the answer is of the protocol: data, or a typed error of the client's
 * making (no such table). An error of the server's is no sign of an engine.
 */
export async function speaks(url: string, protocol: Protocol): Promise<boolean> {
  const { target, body, service } = CALLS[protocol]
  const day = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${day.slice(0, 8)}/us-east-1/${service}/aws4_request`
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': target,
        'x-amz-date': day,
        authorization: `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
      },
      body,
    })
    const answer: unknown = await response.json()
    return typeof answer === 'object' && answer !== null && response.status < 500 && (response.ok || '__type' in answer)
  } catch {
    return false
  }
}
