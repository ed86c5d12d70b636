import { afterEach, describe, expect, it } from 'vitest'
import { troubledFleet } from './troubled-fleet.ts'

/** Of 10 seconds until the time-out. */
const SLOW_MS = 8000
const SLOW = { from: 20, until: 320 }
const SWEEP_SECONDS = 60
let stop = () => {}
afterEach(() => stop())

/** The fleet under two tasks a second, and each state of its breaker, to the second. */
async function slowProvider(isSlow: (n: number) => boolean, seconds: number) {
  const answerMs = (second: number, n: number) =>
    second >= SLOW.from && second < SLOW.until && isSlow(n) ? SLOW_MS : 120
  const fleet = troubledFleet({ providers: [{ answerMs }] })
  stop = fleet.stop
  const states: { at: number; to: string; cause: string | undefined }[] = []
  await fleet.run(seconds, 2, () => {
    const breaker = fleet.control().providers.captchaai?.breaker ?? { state: 'closed' as const }
    const cause = 'cause' in breaker ? breaker.cause : undefined
    if (breaker.state !== (states.at(-1)?.to ?? 'closed')) states.push({ at: fleet.second(), to: breaker.state, cause })
  })
  return { fleet, states }
}

describe('the slow-call rate', () => {
  it('of a provider that answers every call after 8 of 10 seconds opens the breaker within two sweeps; it closes again, with every task kept', async () => {
    const { fleet, states } = await slowProvider(() => true, 900)
    const [first, ...later] = states
    expect(first).toMatchObject({ to: 'open', cause: expect.stringMatching(/^\d+ of \d+ submits were slow$/) })
    expect(first?.at).toBeGreaterThan(SLOW.from)
    expect(first?.at).toBeLessThanOrEqual(SLOW.from + 2 * SWEEP_SECONDS)
    expect(later.at(-1)?.to).toBe('closed')
    expect(later.filter(({ to, at }) => to === 'open' && at > SLOW.until + SWEEP_SECONDS)).toEqual([])
    expect(later.filter(({ at }) => at > SLOW.until + 3 * SWEEP_SECONDS)).toEqual([])
    expect([...fleet.ended('failed'), ...fleet.ended('expired')]).toEqual([])
    expect(fleet.depth('deadLetters')).toBe(0)
  })

  it('of a provider that is slow for one call in ten opens nothing', async () => {
    const { fleet, states } = await slowProvider((n) => n % 10 === 0, 400)
    expect(fleet.submits.length).toBeGreaterThan(700)
    expect(states).toEqual([])
  })
})
