import { randomBytes } from 'node:crypto'

/** Credentials of one function for one run. */
export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * Credentials made for one run: 80 random bits identify the caller, so that no other program can pretend to be the
 * function.
 */
export const makeCredentials = (): Credentials => ({
  accessKeyId: `ASIA${[...randomBytes(16)].map((byte) => BASE32[byte % 32]).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64'),
})
