import { randomBytes } from 'node:crypto'
import type { Ids } from '../../core/ports.ts'

const FRACTION_BYTES = 6

export const randomIds: Ids = {
  secret: () => randomBytes(16).toString('hex'),
  fraction: () => randomBytes(FRACTION_BYTES).readUIntBE(0, FRACTION_BYTES) / 2 ** (8 * FRACTION_BYTES),
}
