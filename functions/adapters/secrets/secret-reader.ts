import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { callDeadline } from '../system/call-deadline.ts'
import type { SecretReader } from './secret-cache.ts'

const CONNECT_MS = 1_000
const ANSWER_MS = 2_500
/**
 * Both tries, and the reading of an answer. A worker may be frozen in the middle of a read, and one that never ends
 * would be the last: while a read runs no other one begins.
 */
const READ_MS = 6_000

/** The secret with the API keys: JSON, provider name → key. Its errors never contain a key. */
export function makeSecretReader(secretArn: string): SecretReader {
  const client = new SecretsManagerClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
  })
  return {
    async read() {
      const { SecretString } = await client.send(
        new GetSecretValueCommand({ SecretId: secretArn }),
        callDeadline(READ_MS),
      )
      return parseKeys(SecretString ?? '')
    },
  }
}

/** Leaves out entries that are not text. */
export function parseKeys(text: string): Record<string, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own message would quote the text of the secret.
    throw new Error('the secret is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('the secret is not a JSON object')
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, key]) => (typeof key === 'string' ? [[name, key.trim()] as const] : [])),
  )
}
