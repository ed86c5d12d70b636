import { connect } from 'node:net'
import { LOCAL_QUEUES, LOCAL_TABLE } from '../../functions/contract/stack.ts'
import { HOST, urlOf } from '../support/listen.ts'

const PATIENCE_MS = 1000
/** An engine on a busy machine gets a second try before it is taken for another program. */
const MORE_PATIENCE_MS = 2500

/** What listens on a port: nothing, an engine of the wanted protocol, or another program. */
type Found = 'nothing' | 'engine' | 'other'
export type Protocol = 'sqs' | 'dynamodb'

export async function probe(port: number, protocol: Protocol): Promise<Found> {
  if (!(await listens(port))) return 'nothing'
  const url = urlOf(port)
  return (await speaks(url, protocol)) || (await speaks(url, protocol, MORE_PATIENCE_MS)) ? 'engine' : 'other'
}

/** Whether a program accepts connections on the port. */
function listens(port: number): Promise<boolean> {
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

/** `type`: the error type by which an engine of this protocol says that the resource does not exist. */
const CALLS = {
  sqs: {
    target: 'AmazonSQS.GetQueueUrl',
    body: JSON.stringify({ QueueName: LOCAL_QUEUES.tasks }),
    service: 'sqs',
    type: /NonExistentQueue|QueueDoesNotExist/,
    field: 'QueueUrl',
  },
  dynamodb: {
    target: 'DynamoDB_20120810.DescribeTable',
    body: JSON.stringify({ TableName: LOCAL_TABLE }),
    service: 'dynamodb',
    type: /ResourceNotFoundException/,
    field: 'Table',
  },
} as const

/**
 * Sends a harmless request and checks whether the answer belongs to the protocol: either the requested resource, or the
 * error that it does not exist.
 */
export async function speaks(url: string, protocol: Protocol, patienceMs = PATIENCE_MS): Promise<boolean> {
  const { target, body, service, type, field } = CALLS[protocol]
  const shaped = (answer: object) => field in answer
  const refused = (response: Response, answer: object) =>
    response.status < 500 && '__type' in answer && type.test(String(answer.__type))
  const day = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${day.slice(0, 8)}/us-east-1/${service}/aws4_request`
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(patienceMs),
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': target,
        'x-amz-date': day,
        authorization: `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
      },
      body,
    })
    const answer: unknown = await response.json()
    return typeof answer === 'object' && answer !== null && (response.ok ? shaped(answer) : refused(response, answer))
  } catch {
    return false
  }
}
