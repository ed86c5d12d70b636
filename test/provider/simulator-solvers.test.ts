import { describe, expect, it } from 'vitest'
import { defaultPlan, type PlanChange, type ProviderBehaviour } from '../../sim/provider/behaviour.ts'
import { decideFate } from '../../sim/provider/solver.ts'
import { labelledRandom } from '../../sim/support/random.ts'
import { simulator, V2 } from './started-simulator.ts'

describe('the solvers', () => {
  const plan: ProviderBehaviour = { ...defaultPlan('captchaai'), speed: 1 }
  const fates = (params: Record<string, string>, change: Partial<ProviderBehaviour> = {}) =>
    Array.from({ length: 4000 }, (_, nth) =>
      decideFate(params, { ...plan, ...change }, labelledRandom(7, `fate ${nth}`)),
    )
  const middle = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length / 2] ?? Number.NaN

  it.each([
    [{ method: 'userrecaptcha' }, 20, 0.95, 0.99, 180],
    [{ method: 'userrecaptcha', version: 'v3' }, 6, 0.9, 0.97, 120],
    [{ method: 'turnstile' }, 10, 0.95, 0.99, 120],
    [{ method: 'geetest' }, 12, 0.9, 0.99, 180],
    [{ method: 'bls' }, 8, 0.9, 0.99, 120],
    [{ method: 'base64' }, 2, 0.85, 0.95, 60],
  ])('take the time and have the success that %o has', (params, median, leastRate, mostRate, giveUp) => {
    const all = fates(params)
    const rate = all.filter(({ solvable }) => solvable).length / all.length
    expect(Math.abs(middle(all.map(({ seconds }) => seconds)) / median - 1)).toBeLessThan(0.1)
    expect(rate).toBeGreaterThan(leastRate)
    expect(rate).toBeLessThan(mostRate)
    expect(Math.max(...all.map(({ seconds }) => seconds))).toBeLessThanOrEqual(giveUp)
  })

  it('are as much quicker as `speed` says', () => {
    const usual = middle(fates(V2).map(({ seconds }) => seconds))
    expect(middle(fates(V2, { speed: 4 }).map(({ seconds }) => seconds))).toBeCloseTo(usual / 4, 5)
  })

  it('do the same for the same seed, whatever the faults', async () => {
    const run = async (plan: PlanChange, seed: number) => {
      const { submit, ledger } = await simulator({ seed, plan })
      for (let i = 0; i < 5; i++) await submit()
      return ledger().map(({ id, answer, solvable, at, dueAt }) => ({
        id,
        answer,
        solvable,
        ms: Math.round((dueAt - at) * 1000),
      }))
    }
    const first = await run({}, 5)
    expect(await run({ faults: [{ kind: 'slow', ms: 1, rate: 0.5 }] }, 5)).toEqual(first)
    expect(await run({}, 6)).not.toEqual(first)
  })
})
