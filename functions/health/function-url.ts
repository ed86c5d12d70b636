import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda'
import type { HealthRequest, HealthResponse } from './http.ts'

/** A function URL passes header names in lower case, and the path without the query. */
export const healthRequestOf = (event: LambdaFunctionURLEvent): HealthRequest => ({
  method: event.requestContext.http.method,
  path: event.rawPath,
  headers: event.headers,
  body: bodyOf(event),
  caller: callerOf(event.requestContext.http),
})

function bodyOf({ body = '', isBase64Encoded }: LambdaFunctionURLEvent): string {
  return isBase64Encoded ? Buffer.from(body, 'base64').toString() : body
}

const LONGEST_CALLER = 200

/** Address and program of the caller. The program is what the caller says of itself. */
const callerOf = ({ sourceIp = '', userAgent = '' }: { sourceIp?: string; userAgent?: string }): string =>
  `${sourceIp} ${userAgent}`
    .replace(/[^\x20-\x7e]/g, '')
    .trim()
    .slice(0, LONGEST_CALLER)

export const urlResultOf = ({ status, headers, body }: HealthResponse): LambdaFunctionURLResult => ({
  statusCode: status,
  headers,
  body,
  isBase64Encoded: false,
})
