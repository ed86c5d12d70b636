import { randomBytes } from 'node:crypto'

/** Credentials of one function for one run. */
export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Made anew for each run: 80 bits of chance name the caller, so that nobody else can speak for it. */
export const makeCredentials = (): Credentials => ({
  accessKeyId: `ASIA${[...randomBytes(16)].map((byte) => BASE32[byte % 32]).join('')}`,
  secretAccessKey: randomBytes(30).toString('base64'),
})
