import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explained, named, startWorld, taskOf, totals, type World } from './world.ts'

const WAVES = 5
const IN_A_WAVE = 20

describe('a fleet under every limit of AWS that the local runtime can show', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({
      simulator: { plan: { solveSeconds: [2, 4], solveRate: 1 } },
      between: async () => ({ LIFESIGN_AWS_LIMITS: 'recursion,window,lag,throttle,inflight=30,sizes' }),
    })
  })
  afterAll(() => world?.stop())

  it('solves every task once, pays for each once, and loses none to throttling (row 53)', async () => {
    const ids = named('limited', WAVES * IN_A_WAVE)
    for (let wave = 0; wave < WAVES; wave++) {
      const part = ids.slice(wave * IN_A_WAVE, (wave + 1) * IN_A_WAVE)
      await world.send(part.map((id) => taskOf(id, { deadlineSeconds: 600 })))
      await pause(4000)
    }
    await world.settled(ids, 180)
    expect(world.fleet().output()).toContain('throttled: the account has no concurrency left')
    expect(world.simulator.ledger()).toHaveLength(ids.length)
    for (const id of ids) expect(world.resultsOf(id)[0]).toMatchObject({ status: 'solved', attempts: 1 })
    await expect.poll(async () => (await totals(world)).solved, { timeout: 20_000 }).toBe(ids.length)
    expect(explained(await totals(world))).toBe(ids.length)
    expect(await world.count('dead-letters')).toBe(0)
  })
})
