import { describe, expect, it } from 'vitest'
import { changePlan, defaultPlan } from '../../sim/provider/behaviour.ts'
import { isOpen, makeFaults, nextTurn } from '../../sim/provider/faults.ts'
import { seededRandom } from '../../sim/support/random.ts'
import { simulator } from './started-simulator.ts'

const PLAN = defaultPlan('captchaai')
const checked = (faults: object[]) => {
  const parsed = changePlan(PLAN, { faults })
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.plan.faults
}
/** Set at 0, with a seed. */
function made(faults: object[], seed = 1) {
  const all = makeFaults(seededRandom(seed))
  all.replace(checked(faults), 0)
  return all
}

describe('faults', () => {
  const strikes = (change: object, requests: number, ms = 0) => {
    const faults = made([{ kind: 'empty', ...change }])
    const struck = () => faults.strike('submit', ms, PLAN).answer
    return Array.from({ length: requests }, () => (struck() === null ? '.' : 'x')).join('')
  }

  it('strike by count, after some, by rate, and only what they are aimed at', () => {
    expect(strikes({ count: 2 }, 5)).toBe('xx...')
    expect(strikes({ after: 2, count: 1 }, 5)).toBe('..x..')
    expect(strikes({ rate: 0.5 }, 1000).replaceAll('.', '').length / 1000).toBeCloseTo(0.5, 1)
    expect(strikes({ on: 'result' }, 3)).toBe('...')
  })

  it('of those that take the place of the answer the first strikes, and slow and override add to it', () => {
    const all = made([
      { kind: 'slow', ms: 300 },
      { kind: 'http', status: 502, count: 1 },
      { kind: 'slow', ms: 20, on: 'submit' },
      { kind: 'hang', count: 1 },
      { kind: 'override', plan: { threads: 2, price: 1 } },
      { kind: 'override', plan: { price: 0 } },
    ])
    const strike = (aim: 'submit' | 'account') => all.strike(aim, 0, PLAN)
    const plan = { ...PLAN, threads: 2, price: 0 }
    expect(strike('submit')).toMatchObject({ answer: { kind: 'http' }, delayMs: 320, plan })
    // The hang was not used up by a request that another fault had struck.
    expect(strike('account')).toMatchObject({ answer: { kind: 'hang' }, delayMs: 300, plan })
    expect(strike('account')).toEqual({ answer: null, delayMs: 300, plan, kinds: ['slow', 'override', 'override'] })
  })

  it('strike the same requests for the same seed, and other ones for another', () => {
    const run = (seed: number) => {
      const all = made(
        [
          { kind: 'empty', rate: 0.3 },
          { kind: 'slow', ms: 1, rate: 0.5 },
        ],
        seed,
      )
      return Array.from({ length: 200 }, (_, nth) => all.strike('submit', nth, PLAN).kinds.join('+'))
    }
    expect(run(3)).toEqual(run(3))
    expect(run(3)).not.toEqual(run(4))
    expect(new Set(run(3))).toEqual(new Set(['', 'empty', 'slow', 'empty+slow']))
  })

  it('with a name run beside the others, each to its own end, and begin anew when they are started again', () => {
    const all = made([{ kind: 'slow', ms: 7 }])
    const strike = (ms: number) => all.strike('submit', ms, PLAN).kinds.join('+')
    all.start('outage', checked([{ kind: 'http', status: 502 }]), { from: 0, seconds: 60 }, 0)
    all.start('few', checked([{ kind: 'override', plan: { threads: 2 } }]), { from: 1, seconds: 10 }, 0)
    expect([999, 1000, 10_999, 11_000, 59_999, 60_000].map(strike)).toEqual([
      'http+slow',
      'http+override+slow',
      'http+override+slow',
      'http+slow',
      'http+slow',
      'slow',
    ])
    expect(all.running(10_000)).toEqual([
      { name: 'outage', from: 0, until: 60_000 },
      { name: 'few', from: 1000, until: 11_000 },
    ])
    all.start('outage', checked([{ kind: 'hang' }]), { from: 0, seconds: 5 }, 50_000)
    expect([strike(54_999), strike(55_000)]).toEqual(['hang+slow', 'slow'])
    all.start('outage', checked([{ kind: 'hang' }]), { from: 0, seconds: 5 }, 60_000)
    all.replace([], 61_000)
    expect([strike(61_000), all.running(61_000)]).toEqual(['', []])
  })

  it.each([
    [{}, '111111'],
    [{ fromSeconds: 2 }, '001111'],
    [{ forSeconds: 2 }, '110000'],
    [{ fromSeconds: 1, forSeconds: 2 }, '011000'],
    [{ forSeconds: 1, everySeconds: 3 }, '100100'],
    [{ fromSeconds: 1, forSeconds: 1, everySeconds: 2 }, '010101'],
    [{ untilSeconds: 4 }, '111100'],
    [{ fromSeconds: 1, untilSeconds: 4 }, '011100'],
    [{ fromSeconds: 1, forSeconds: 1, everySeconds: 2, untilSeconds: 4 }, '010100'],
    [{ fromSeconds: 3, untilSeconds: 2 }, '000000'],
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
