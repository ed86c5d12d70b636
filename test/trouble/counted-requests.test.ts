import { afterEach, describe, expect, it } from 'vitest'
import { type TroubledFleet, troubledFleet } from './troubled-fleet.ts'

let stop = () => {}
afterEach(() => stop())

/** The provider names no period, so the rule must hold in each, from a minute to a day. */
const WINDOWS_SECONDS = [60, 600, 3600, 6 * 3600, 86_400]
const NEVER_SOLVED = 1e7

async function fleetFor(hours: number, perSecond: number, more: { solveSeconds?: number; idleMs?: number } = {}) {
  const { solveSeconds = 20, idleMs = 1000 } = more
  const fleet = troubledFleet({ providers: [{ name: 'twocaptcha', solveSeconds }], workers: 2, idleMs })
  stop = fleet.stop
  await fleet.run(hours * 3600, perSecond)
  return fleet
}

/** Of all periods so long that end with a request: how many requests the rule would still permit in the worst one. */
function leastLeft({ reads, submits }: TroubledFleet, seconds: number): number {
  const captchas = submits.filter(({ accepted }) => accepted).map(({ answeredAt }) => answeredAt)
  let [firstRead, firstCaptcha, captcha, left] = [0, 0, 0, 1200]
  for (const [n, at] of reads.entries()) {
    while ((reads[firstRead] ?? at) <= at - seconds) firstRead += 1
    while ((captchas[captcha] ?? Number.POSITIVE_INFINITY) <= at) captcha += 1
    while ((captchas[firstCaptcha] ?? at) <= at - seconds) firstCaptcha += 1
    left = Math.min(left, 1200 + 20 * (captcha - firstCaptcha) - (n + 1 - firstRead))
  }
  return left
}

describe('requests for results and balances at twocaptcha are at most 20 for each captcha and 1,200 more in every period', () => {
  it.each([
    ['busy: a task every two seconds for two hours', 2, 0.5, {}],
    ['slow: nothing is solved for twelve hours', 12, 0.05, { solveSeconds: NEVER_SOLVED }],
    ['slow and busy: nothing of a task each second is solved for an hour', 1, 1, { solveSeconds: NEVER_SOLVED }],
    ['idle: nobody asks for a day', 24, 0, { idleMs: 20_000 }],
  ])('%s', async (_, hours, perSecond, more) => {
    const fleet = await fleetFor(hours, perSecond, more)
    const left = WINDOWS_SECONDS.map((seconds) => leastLeft(fleet, seconds))
    expect(Math.min(...left)).toBeGreaterThanOrEqual(0)
    expect(fleet.submits.length).toBeGreaterThanOrEqual(perSecond * hours * 3600 * 0.01)
    expect(fleet.reads.length).toBeGreaterThan(hours * 20)
  })
})
