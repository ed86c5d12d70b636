import { createHash, timingSafeEqual } from 'node:crypto'
import { LOCAL_STAGE } from '../contract/stack.ts'

/** Answers whether a request with this `Authorization` header may see everything. */
export type TokenCheck = (authorization: string | undefined) => Promise<boolean>

interface TokenCheckPorts {
  stage: string
  /** The token that is configured on this machine; used in the local stage only. */
  configured: string | undefined
  /** The token of the stack's secret. Null: the secret has none, or it cannot be read. */
  stored: () => Promise<string | null>
}

/**
 * Requests without a token may see everything only in the local stage, and only if no token is configured there. In
 * other stages the secret is read, and only for a request that has a token. If the secret has no token, no token is
 * accepted.
 */
export function makeTokenCheck({ stage, configured, stored }: TokenCheckPorts): TokenCheck {
  if (stage !== LOCAL_STAGE) return (authorization) => knowsToken(authorization, stored)
  if (configured === undefined) return async () => true
  return (authorization) => knowsToken(authorization, async () => configured)
}

/** Compares in constant time, whatever the token is. */
async function knowsToken(authorization: string | undefined, right: () => Promise<string | null>): Promise<boolean> {
  const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  if (given === undefined) return false
  const token = await right()
  return timingSafeEqual(digest(given), digest(token ?? '')) && token !== null
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
