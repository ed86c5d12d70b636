import { createHash, timingSafeEqual } from 'node:crypto'
import { LOCAL_STAGE } from '../contract/stack.ts'

/** What a request's bearer token is. Only `right` may see everything. */
export type TokenState = 'none' | 'wrong' | 'right'

/** Judges the header `Authorization`. */
export type TokenCheck = (authorization: string | undefined) => Promise<TokenState>

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
  if (stage !== LOCAL_STAGE) return (authorization) => judgeToken(authorization, stored)
  if (configured === undefined) return async () => 'right'
  return (authorization) => judgeToken(authorization, async () => configured)
}

/** Compares in constant time, whatever the token is. */
async function judgeToken(authorization: string | undefined, right: () => Promise<string | null>): Promise<TokenState> {
  const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  if (given === undefined) return 'none'
  const token = await right()
  return timingSafeEqual(digest(given), digest(token ?? '')) && token !== null ? 'right' : 'wrong'
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
