import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { urlEvent } from '../../local/lambda/url-event.ts'

/**
 * The bundled health handler on the thread that serves HTTP, as an Express server runs its routes: what the handler
 * itself costs, without the thread of its own that `npm start` gives every function. `BUNDLE`: the file.
 */
const file = process.env.BUNDLE ?? ''
interface Answer {
  statusCode: number
  headers: Record<string, string>
  body: string
}
const { handler }: { handler: (event: unknown) => Promise<Answer> } = createRequire(file)(file)
const NO_BODY = Buffer.alloc(0)
let requests = 0
const server = createServer(async (request, response) => {
  const { statusCode, headers, body } = await handler(urlEvent(request, NO_BODY, String(++requests), Date.now()))
  response.writeHead(statusCode, headers).end(body)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(`ready: http://127.0.0.1:${address?.port}`)
})
