import { createHash, timingSafeEqual } from 'node:crypto'
import { LOCAL_STAGE } from '../contract/stack.ts'

/** Whether a request with this `Authorization` header may see everything. */
export type TokenCheck = (authorization: string | undefined) => Promise<boolean>

interface TokenCheckPorts {
  stage: string
  /** The token that was configured on this machine; heeded in the local stage only. */
  configured: string | undefined
  /** The token of the stack's secret; null: there is none, or nobody can tell. */
  stored: () => Promise<string | null>
}

/**
 * Without a token only the local stage is open, and only while none is configured there. Elsewhere the secret is asked,
 * and only for a request that brings a token; where the secret has none, no token is the right one.
 */
export function makeTokenCheck({ stage, configured, stored }: TokenCheckPorts): TokenCheck {
  if (stage !== LOCAL_STAGE) return (authorization) => knowsToken(authorization, stored)
  if (configured === undefined) return async () => true
  return (authorization) => knowsToken(authorization, async () => configured)
}

/** Takes as long for any wrong token. */
async function knowsToken(authorization: string | undefined, right: () => Promise<string | null>): Promise<boolean> {
  const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  if (given === undefined) return false
  const token = await right()
  return timingSafeEqual(digest(given), digest(token ?? '')) && token !== null
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
