import { describe, expect, it } from 'vitest'
import { changePlan, defaultPlan } from '../../sim/provider/behaviour.ts'
import { isOpen, makeFaults, nextTurn } from '../../sim/provider/faults.ts'
import { seededRandom } from '../../sim/support/random.ts'
import { simulator } from './started-simulator.ts'

describe('faults', () => {
  const strikes = (change: object, requests: number, ms = 0) => {
    const parsed = changePlan(defaultPlan('captchaai'), { faults: [{ kind: 'empty', ...change }] })
    const faults = makeFaults('plan' in parsed ? parsed.plan.faults : [], seededRandom(1), 0)
    return Array.from({ length: requests }, () => (faults.strike('submit', ms) === null ? '.' : 'x')).join('')
  }

  it('strike by count, after some, by rate, and only what they are aimed at', () => {
    expect(strikes({ count: 2 }, 5)).toBe('xx...')
    expect(strikes({ after: 2, count: 1 }, 5)).toBe('..x..')
    expect(strikes({ rate: 0.5 }, 1000).replaceAll('.', '').length / 1000).toBeCloseTo(0.5, 1)
    expect(strikes({ on: 'result' }, 3)).toBe('...')
  })

  it.each([
    [{}, '111111'],
    [{ fromSeconds: 2 }, '001111'],
    [{ forSeconds: 2 }, '110000'],
    [{ fromSeconds: 1, forSeconds: 2 }, '011000'],
    [{ forSeconds: 1, everySeconds: 3 }, '100100'],
    [{ fromSeconds: 1, forSeconds: 1, everySeconds: 2 }, '010101'],
  ])('with the window %o are open as %s, second by second', (window, expected) => {
    const seconds = [0, 1, 2, 3, 4, 5]
    expect(seconds.map((s) => (isOpen(window, s + 0.5) ? '1' : '0')).join('')).toBe(expected)
    for (const s of seconds) {
      const turn = nextTurn(window, s + 0.5)
      if (turn === null) expect(expected.slice(s)).toMatch(/^(.)\1*$/)
      else expect(isOpen(window, s + 0.5 + turn + 0.001)).not.toBe(isOpen(window, s + 0.5))
    }
  })

  it('refuse connections and let them in again on the same port', async () => {
    const { set, ask, requests } = await simulator()
    await set({ faults: [{ kind: 'refuse' }] })
    await expect(ask({ action: 'getbalance' })).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await set({ faults: [] })
    expect((await ask({ action: 'getbalance' })).status).toBe(1)
    expect(requests()).toHaveLength(1)
  })

  it('refuse for as long as they say, by themselves', async () => {
    const { set, ask } = await simulator()
    await set({ faults: [{ kind: 'refuse', forSeconds: 0.2 }] })
    await expect(ask({ action: 'getbalance' })).rejects.toThrow()
    await expect
      .poll(() =>
        ask({ action: 'getbalance' }).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(1)
  })

  it('drop connections before a byte is read', async () => {
    const { set, ask, requests } = await simulator()
    await set({ faults: [{ kind: 'drop', count: 1 }] })
    await expect(ask({ action: 'getbalance' })).rejects.toThrow()
    expect((await ask({ action: 'getbalance' })).status).toBe(1)
    expect(requests()).toHaveLength(1)
  })
})
