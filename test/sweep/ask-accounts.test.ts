import { describe, expect, it } from 'vitest'
import { accountSeconds } from '../../functions/sweep/ask-accounts.ts'

/** Periods after which evidence counts as stale (docs/contracts.md, "Health views"). */
const STALE_PERIODS = 3

describe('account calls of a sweep', () => {
  // Found from outside: sweeps every second, calls of two seconds: ready said `stale_evidence` though every sweep ran.
  it('a provider that hangs does not make the evidence stale, however frequent the sweeps', () => {
    for (const sweepSeconds of [1, 2, 5, 60])
      for (const providerTimeoutSeconds of [1, 2, 10, 60]) {
        const spent = accountSeconds({ sweepSeconds, providerTimeoutSeconds })
        // evidence is shown until the next sweep has ended, and one period is left for all else that may be slow
        expect(sweepSeconds + spent).toBeLessThan(sweepSeconds * (STALE_PERIODS - 1))
        expect(spent).toBeGreaterThan(0)
      }
  })

  it('in the cloud a call has the time that the provider is given', () => {
    expect(accountSeconds({ sweepSeconds: 60, providerTimeoutSeconds: 10 })).toBe(10)
  })
})
