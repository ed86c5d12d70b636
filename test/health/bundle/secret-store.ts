import { createServer } from 'node:http'
import { listen, urlOf } from '../../../local/support/listen.ts'

/** A table without a record and a secret with this value, on loopback; `calls` are those that were made, in their order. */
export async function startSecretStore(held: Record<string, string>) {
  const calls: string[] = []
  const server = createServer((request, response) => {
    const target = String(request.headers['x-amz-target'])
    calls.push(target)
    const answer = target.startsWith('secretsmanager.') ? { SecretString: JSON.stringify(held) } : {}
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer))
    })
  })
  const port = await listen(server, { what: 'the secret store of the test', port: 0, variable: 'none' })
  return {
    url: urlOf(port),
    calls,
    stop: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
