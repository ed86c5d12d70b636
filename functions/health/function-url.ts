import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda'
import type { Request, Response } from './http.ts'

/** A function URL hands over header names in lower case and the path without its query. */
export const requestOf = (event: LambdaFunctionURLEvent): Request => ({
  method: event.requestContext.http.method,
  path: event.rawPath,
  headers: event.headers,
})

export const resultOf = ({ status, headers, body }: Response): LambdaFunctionURLResult => ({
  statusCode: status,
  headers,
  body,
  isBase64Encoded: false,
})
