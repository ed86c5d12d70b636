import type { ProviderBehaviour } from './behaviour.ts'

const KEY_LENGTH = 32
const BAN_MS = 300_000
const WRONG_KEYS = 5
const TURN = { submits: 60, spanMs: 3_000, lockMs: 10_000 }

/** Who is let in: a function that answers the code which refuses a request before it is looked at, or null. */
export function makeGate(key: string, plan: () => ProviderBehaviour) {
  const submits: number[] = []
  let wrongKeys: number[] = []
  let lockedUntil = 0

  function turnsTooFast(now: number): boolean {
    submits.push(now)
    while ((submits[0] ?? now) <= now - TURN.spanMs) submits.shift()
    if (submits.length > TURN.submits) lockedUntil = now + TURN.lockMs
    return now < lockedUntil
  }

  return (given: string | undefined, isSubmit: boolean, now: number): string | null => {
    wrongKeys = wrongKeys.filter((at) => now - at < BAN_MS)
    if (plan().limits && wrongKeys.length >= WRONG_KEYS) return 'IP_BANNED'
    if (given !== key) {
      wrongKeys.push(now)
      return given?.length === KEY_LENGTH ? 'ERROR_KEY_DOES_NOT_EXIST' : 'ERROR_WRONG_USER_KEY'
    }
    return plan().keyCode ?? (isSubmit && plan().limits && turnsTooFast(now) ? 'MAX_USER_TURN' : null)
  }
}
