import type { IncomingHttpHeaders } from 'node:http'
import type { Service } from './call.ts'

/** Who signed a request and for which service: all that the gateway reads from a Signature Version 4. */
interface Signed {
  accessKeyId: string
  service: Service | undefined
}

const SCOPES: ReadonlyMap<string, Service> = new Map([
  ['sqs', 'sqs'],
  ['dynamodb', 'dynamodb'],
  ['secretsmanager', 'secretsmanager'],
  ['monitoring', 'cloudwatch'],
  ['lambda', 'lambda'],
])

/**
 * The signature is not verified. The access key id is random and exists only in the memory of this process and its
 * threads, so a caller that knows it is the function that it was made for.
 */
export function signedBy({ authorization = '' }: IncomingHttpHeaders): Signed | undefined {
  const [, accessKeyId, scope] =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization) ?? []
  return accessKeyId === undefined || scope === undefined ? undefined : { accessKeyId, service: SCOPES.get(scope) }
}
