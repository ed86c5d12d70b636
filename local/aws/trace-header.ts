import { createHash } from 'node:crypto'
import type { Lineage } from '../../sim/aws/lineage.ts'

/**
 * The header in which AWS carries the chain of invocations, as `Lineage=a87bd80c:1|68fd508a:5`: a hash of each function
 * and how often it was invoked. Lambda sets it in `_X_AMZN_TRACE_ID`, the SDK sends it on as `X-Amzn-Trace-Id`, and SQS
 * keeps it as the message's system attribute `AWSTraceHeader`.
 */
export const TRACE_ATTRIBUTE = 'AWSTraceHeader'

/** The hash that identifies a function in a lineage. */
export const lineageHashOf = (functionArn: string): string =>
  createHash('sha256').update(functionArn).digest('hex').slice(0, 8)

export function lineageIn(header: string | undefined): Lineage {
  const [, text = ''] = /(?:^|;)\s*Lineage=([^;]*)/.exec(header ?? '') ?? []
  return Object.fromEntries([...text.matchAll(/([0-9a-f]{8}):(\d+)/g)].map(([, hash, count]) => [hash, Number(count)]))
}

export function traceHeader(requestId: string, lineage: Lineage): string {
  const hex = createHash('sha256').update(requestId).digest('hex')
  const chain = Object.entries(lineage).map(([hash, count]) => `${hash}:${count}`)
  return `Root=1-${hex.slice(0, 8)}-${hex.slice(8, 32)};Parent=${hex.slice(32, 48)};Sampled=0;Lineage=${chain.join('|')}`
}
