import type { buildApp } from 'fauxqs'
import { HOST, type ListenTarget, listenProblem, portOf, urlOf } from '../support/listen.ts'
import { FOREIGN_HOST, isNoForeignName } from '../support/own-host.ts'
import type { Engine } from './engine.ts'
import { acceptEveryLegalCharacter } from './fauxqs-characters.ts'
import { installed } from './installed.ts'
import { makeRequestCounts } from './request-counts.ts'

type App = ReturnType<typeof buildApp>

/** SQS by fauxqs, on loopback only (`startFauxqs` would listen on every address). Queues live in memory. */
export async function startSqs(place: ListenTarget): Promise<Engine> {
  const { buildApp } = await installed('fauxqs', () => import('fauxqs'))
  await acceptEveryLegalCharacter()
  const app = buildApp({ logger: false, defaultRegion: 'us-east-1' })
  const counts = makeRequestCounts()
  app.addHook('onRequest', async (request, reply) => {
    if (!isNoForeignName(request.headers.host)) return reply.code(403).type('application/json').send(FOREIGN_HOST)
    counts.count(request.headers['x-amz-target'])
  })
  useLoopbackUrls(app)
  releaseAbandonedReceives(app)
  await app.listen({ host: HOST, port: place.port }).catch((error: unknown) => {
    throw listenProblem(place, error)
  })
  const port = portOf(app.server)
  return { port, url: urlOf(port), requests: counts.read, stop: () => app.close() }
}

/**
 * fauxqs puts the host `sqs.us-east-1.localhost` into queue URLs, which some resolvers do not know; replaces it by the
 * loopback address. fauxqs itself reads only the path of a URL.
 */
function useLoopbackUrls(app: App): void {
  app.addHook('onSend', async (request, _reply, payload) =>
    typeof payload === 'string' && /\.(CreateQueue|GetQueueUrl|ListQueues)$/.test(targetOf(request.headers))
      ? payload.replaceAll('http://sqs.us-east-1.localhost:', `http://${HOST}:`)
      : payload,
  )
}

/**
 * A receiver that is killed during a long poll leaves a waiting receive behind. That receive would take the next
 * messages and hide them until their visibility timeout. This hook makes them visible again at once.
 */
function releaseAbandonedReceives(app: App): void {
  app.addHook('onSend', async (request, _reply, payload) => {
    const nobody = request.raw.socket.destroyed && targetOf(request.headers).endsWith('.ReceiveMessage')
    if (nobody && typeof payload === 'string') await giveBackAbandoned(app, request.body, payload)
    return payload
  })
}

async function giveBackAbandoned(app: App, asked: unknown, payload: string): Promise<void> {
  const received: unknown = JSON.parse(payload)
  const messages = field(received, 'Messages')
  if (!Array.isArray(messages)) return
  for (const message of messages)
    await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ChangeMessageVisibility' },
      payload: JSON.stringify({
        QueueUrl: field(asked, 'QueueUrl'),
        ReceiptHandle: field(message, 'ReceiptHandle'),
        VisibilityTimeout: 0,
      }),
    })
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

const targetOf = (headers: { [name: string]: string | string[] | undefined }): string =>
  String(headers['x-amz-target'] ?? '')
