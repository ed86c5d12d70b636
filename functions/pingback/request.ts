import type { LambdaFunctionURLEvent } from 'aws-lambda'

/** The provider's id in a callback, by GET (query) or POST (form); empty where there is none. Never throws. */
export function captchaIdOf(
  event: Pick<LambdaFunctionURLEvent, 'rawQueryString' | 'body' | 'isBase64Encoded'>,
): string {
  const body = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString('utf8') : event.body
  return new URLSearchParams(event.rawQueryString).get('id') ?? new URLSearchParams(body).get('id') ?? ''
}
