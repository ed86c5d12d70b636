import { isIP } from 'node:net'

/**
 * A web page that lets its own name point to 127.0.0.1 (DNS rebinding) may ask what listens on this machine, and read
 * the answers. Its requests carry that name in `Host`, which no page can change.
 */

/** Whether the request was sent to this server on loopback. For servers that hold secrets and have no other clients. */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].some((name) => host?.toLowerCase() === `${name}:${port}`)
}

/**
 * Whether the request was sent to an address, or to a name that always means this machine. For engines: a client may
 * use a proxy on another port, and queues of SQS have a host below `localhost`.
 */
export function isNoForeignName(host: string | undefined): boolean {
  if (host === undefined) return true
  const name = host.toLowerCase().replace(/:\d+$/, '')
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || name === 'localhost' || name.endsWith('.localhost')
}

export const FOREIGN_HOST = '{"message":"this Host is not served here: use 127.0.0.1 or localhost"}'
