import type { Ids } from '../../functions/core/ports.ts'
import { type Random, seededRandom } from '../support/random.ts'

/** Ids that are the same for the same seed. */
export function memoryIds(from: number | Random = 1): Ids {
  const random = typeof from === 'number' ? seededRandom(from) : from
  return { secret: () => random.hex(), fraction: () => random.next() }
}
