import { createServer, request } from 'node:http'
import { closeServer, listen, urlOf } from '../../local/support/listen.ts'
import { later } from './bundles.ts'

/** Stands before an engine and remembers who signed each call. */
export async function startRecorder(engine: string): Promise<{ url: string; authorizations: string[] }> {
  const authorizations: string[] = []
  const server = createServer((incoming, outgoing) => {
    authorizations.push(incoming.headers.authorization ?? '')
    const { method, url, headers } = incoming
    const onward = request(`${engine}${url}`, { method, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  const port = await listen(server, { what: 'recorder', port: 0, variable: '' })
  later(() => closeServer(server))
  return { url: urlOf(port), authorizations }
}
