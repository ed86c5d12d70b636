import { fingerprintOf } from '../../../functions/adapters/provider/key-states.ts'
import type { Trouble } from './trouble.ts'

const [FIRST, SECOND, WRONG, BACKUP] = ['the first key', 'the second key', 'a wrong key', 'the key of the backup']

/** What the secret holds at this second of the run. */
export function secretAt(trouble: Trouble | null, second: number): Record<string, string> {
  if (trouble?.kind !== 'key') return { captchaai: FIRST, twocaptcha: BACKUP }
  const { from, until, isNew } = trouble
  const wrong = isNew && second >= from && second < until
  const good = !isNew && second >= until ? SECOND : FIRST
  return { captchaai: wrong ? WRONG : good, twocaptcha: BACKUP }
}

/** The keys by their fingerprints: hashed once, because every request is asked about its key. */
const FINGERPRINTS = new Map([FIRST, SECOND, WRONG, BACKUP].map((key) => [fingerprintOf(key), key]))

/** Whether the provider refuses the key with this fingerprint. */
export function isRefusedAt(trouble: Trouble | null, fingerprint: string, second: number): boolean {
  if (trouble?.kind !== 'key') return false
  const key = FINGERPRINTS.get(fingerprint)
  if (key === WRONG) return true
  return !trouble.isNew && key === (second < trouble.from ? SECOND : FIRST)
}
