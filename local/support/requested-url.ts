import type { IncomingMessage } from 'node:http'

/**
 * The URL of a request to this machine. A target such as `//` or `//host/path` is a path like any other, which the URL
 * parser alone would take for the name of a host; a target that is no path at all (`*`, a whole URL) is `/`.
 */
export function requestedUrl({ url = '/' }: Pick<IncomingMessage, 'url'>): URL {
  const path = url.startsWith('/') ? url : '/'
  return new URL(`http://127.0.0.1${path}`)
}
