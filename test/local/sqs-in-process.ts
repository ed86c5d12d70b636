import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { SQSClient } from '@aws-sdk/client-sqs'
import { type HttpRequest, HttpResponse } from '@smithy/core/protocols'
import { later } from './bundles.ts'

interface Asked {
  call: string
  input: Record<string, unknown>
}
/** What SQS says to a call; a text is the type of an error. It may be told later, and what is aborted before never hears it. */
export type SqsSays = object | string | Promise<object | string>

/** A client of a queue service in this very process, without sockets and timers of its own; and every call in its order. */
export function sqsInProcess(answer: (asked: Asked) => SqsSays): { client: SQSClient; asked: Asked[] } {
  const asked: Asked[] = []
  const handle = async ({ headers, body }: HttpRequest, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
    const one = {
      call: String(headers['x-amz-target']).replace(/^.*\./, ''),
      input: JSON.parse(new TextDecoder().decode(body)),
    }
    asked.push(one)
    const aborted = new Promise<never>((_, reject) =>
      abortSignal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError'))),
    )
    return { response: responseOf(await Promise.race([answer(one), aborted])) }
  }
  const client = new SQSClient({
    ...{ endpoint: 'http://127.0.0.1:9', region: 'us-east-1', maxAttempts: 1, useQueueUrlAsEndpoint: false },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: { handle },
  })
  later(() => client.destroy())
  return { client, asked }
}

function responseOf(said: object | string): HttpResponse {
  const value = typeof said === 'string' ? { __type: `com.amazonaws.sqs#${said}`, message: `no: ${said}` } : said
  return new HttpResponse({
    statusCode: typeof said === 'string' ? 400 : 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Readable.from([Buffer.from(JSON.stringify(value))]),
  })
}

/** A message as SQS gives it, with the receipt `r-NAME`. */
export const received = (name: string) => ({
  ...{ MessageId: `m-${name}`, ReceiptHandle: `r-${name}`, Body: name, Attributes: { ApproximateReceiveCount: '1' } },
  MD5OfBody: md5Of(name),
})

/** The SDK compares what it sent with what SQS says that it received. */
export const md5Of = (body: string): string => createHash('md5').update(body).digest('hex')
