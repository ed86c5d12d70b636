const KEY_LENGTH = 32
const BAN_MS = 300_000
const WRONG_KEYS = 5
const TURN = { submits: 60, spanMs: 3_000, lockMs: 10_000 }
const READS = { each: 20, more: 1200, blockMs: 600_000 }

/** One request at the door. */
interface Knock {
  key: string | undefined
  isSubmit: boolean
  now: number
  /** Whether the limits are enforced. */
  limits: boolean
  /** The code with which the right key is refused; null: it is accepted. */
  keyCode: string | null
}

/** Who is let in: a function that answers the code which refuses a request before it is looked at, or null. */
export function makeGate(key: string) {
  const submits: number[] = []
  let wrongKeys: number[] = []
  let lockedUntil = 0
  let blockedUntil = 0
  let reads = 0
  let captchas = 0

  function turnsTooFast(now: number): boolean {
    submits.push(now)
    while ((submits[0] ?? now) <= now - TURN.spanMs) submits.shift()
    if (submits.length > TURN.submits) lockedUntil = now + TURN.lockMs
    return now < lockedUntil
  }

  /**
   * The rule of 2Captcha: requests to res.php, balance calls included, against captchas. After a block it begins anew.
   */
  function readsTooMuch(now: number): boolean {
    if (reads > READS.each * captchas + READS.more) {
      blockedUntil = now + READS.blockMs
      reads = 0
      captchas = 0
    }
    return now < blockedUntil
  }

  function refusal({ isSubmit, now, limits, keyCode }: Knock): string | null {
    if (keyCode !== null) return keyCode
    if (!isSubmit) reads += 1
    if (!limits) return null
    if (readsTooMuch(now)) return 'ERROR: 1005'
    return isSubmit && turnsTooFast(now) ? 'MAX_USER_TURN' : null
  }

  return {
    refusal(knock: Knock): string | null {
      const { now, limits } = knock
      wrongKeys = wrongKeys.filter((at) => now - at < BAN_MS)
      if (limits && wrongKeys.length >= WRONG_KEYS) return 'IP_BANNED'
      if (knock.key === key) return refusal(knock)
      wrongKeys.push(now)
      return knock.key?.length === KEY_LENGTH ? 'ERROR_KEY_DOES_NOT_EXIST' : 'ERROR_WRONG_USER_KEY'
    },
    /** A captcha was accepted. */
    accepted(): void {
      captchas += 1
    },
  }
}
