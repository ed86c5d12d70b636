import { isRecord } from '../../functions/contract/is-record.ts'
import type { EngineAnswer } from '../gateway/call.ts'

/** The body of a successful answer as an object; undefined if it is not a JSON object or the answer is an error. */
export function readAnswer({ status, body }: EngineAnswer): Record<string, unknown> | undefined {
  if (status !== 200) return undefined
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const withBody = (answer: EngineAnswer, value: unknown): EngineAnswer => ({
  ...answer,
  body: Buffer.from(JSON.stringify(value)),
})

export const sqsAnswer = (value: unknown): EngineAnswer => {
  const body = Buffer.from(JSON.stringify(value))
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'content-length': String(body.length) }
  return { status: 200, headers, body }
}

export const listIn = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isRecord) : []

/** The queue that a call is about: the last part of its URL. */
export const queueNameOf = (url: unknown): string =>
  typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : ''
