import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether the caller may see everything: always where no token is configured. Takes as long for any wrong token. */
export function knowsToken(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return true
  const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
