import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { Sha256 } from '@smithy/core/checksum'
import { HttpRequest } from '@smithy/core/protocols'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { SignatureV4 } from '@smithy/signature-v4'
import { callDeadline } from '../system/call-deadline.ts'

/** Where the API of Lambda is. */
interface LambdaApiPlace {
  region: string
  /** Default: AWS's own address in that region. */
  endpoint?: string | undefined
}

/** The operations that are called, each with its method. */
const METHODS = {
  GetEventSourceMapping: 'GET',
  UpdateEventSourceMapping: 'PUT',
} as const

/** One call of Lambda's REST API. An answer that is no success is an error with the name that AWS gives it. */
export type LambdaApi = (operation: keyof typeof METHODS, path: string, body?: object) => Promise<unknown>

/**
 * Lambda's REST API, signed with the parts of the SDK that every function has anyway. The SDK's own client is 97 kB,
 * a quarter of what a function may have, for two calls.
 */
export function makeLambdaApi({ region, endpoint = awsEndpoint(region) }: LambdaApiPlace): LambdaApi {
  const signer = new SignatureV4({ service: 'lambda', region, credentials: defaultProvider(), sha256: Sha256 })
  const http = new NodeHttpHandler({ connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true })
  const { protocol, hostname, port, host } = new URL(endpoint)
  return async (operation, path, body) => {
    const request = new HttpRequest({
      method: METHODS[operation],
      protocol,
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      path: `/2015-03-31/${path}`,
      headers: { host, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const { response } = await http.handle(HttpRequest.clone(await signer.sign(request)), callDeadline())
    const text = await textOf(response.body)
    if (response.statusCode >= 400) throw refusal(response.statusCode, response.headers['x-amzn-errortype'])
    return JSON.parse(text)
  }
}

const awsEndpoint = (region: string): string =>
  `https://lambda.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** AWS writes the type with a prefix or a suffix at times: `#ResourceInUseException:http://…`. */
function refusal(status: number, type = ''): Error {
  const name = /(\w+Exception)/.exec(type)?.[1] ?? `HTTP_${status}`
  return Object.assign(new Error(`Lambda refused the call: ${name} (${status})`), { name })
}
