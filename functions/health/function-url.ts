import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda'
import type { HealthRequest, HealthResponse } from './http.ts'

/** A function URL passes header names in lower case, and the path without the query. */
export const healthRequestOf = (event: LambdaFunctionURLEvent): HealthRequest => ({
  method: event.requestContext.http.method,
  path: event.rawPath,
  headers: event.headers,
})

export const urlResultOf = ({ status, headers, body }: HealthResponse): LambdaFunctionURLResult => ({
  statusCode: status,
  headers,
  body,
  isBase64Encoded: false,
})
