import type { IncomingMessage } from 'node:http'

/** What a request asks for. */
interface ProviderRequest {
  action: string
  key: string | undefined
  keyInUrl: boolean
  params: Record<string, string>
  json: boolean
}

/** Reads in.php and res.php, whether the fields come in the query or in the body; null: another path. */
export async function readRequest(request: IncomingMessage): Promise<ProviderRequest | null> {
  // Not as a relative URL: of `//` the parser would make the name of a host.
  const url = new URL(`http://simulator${request.url?.startsWith('/') ? request.url : '/'}`)
  if (url.pathname !== '/in.php' && url.pathname !== '/res.php') return null
  const { key, json, ...params } = {
    ...Object.fromEntries(url.searchParams),
    ...Object.fromEntries(new URLSearchParams(await readBody(request))),
  }
  const action = url.pathname === '/in.php' ? 'submit' : (params.action ?? 'get')
  return { action, key, keyInUrl: url.searchParams.has('key'), params, json: json === '1' }
}

const MOST_BYTES = 8 * 1024 * 1024

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes <= MOST_BYTES) chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
