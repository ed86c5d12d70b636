import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { named, startWorld, taskOf, totals, type World } from './world.ts'

describe('a crowd', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ simulator: { plan: { solveSeconds: 2, solveRate: 1 } } })
  })
  afterAll(() => world?.stop())

  it('30 identical messages at once: one charge, one outcome', async () => {
    await world.send(Array.from({ length: 30 }, () => taskOf('same')))
    await world.settled(['same'], 60)
    await expect.poll(() => world.count('tasks'), { timeout: 60_000, interval: 500 }).toBe(0)
    expect(world.simulator.ledger()).toHaveLength(1)
    expect(new Set(world.resultsOf('same').map((result) => JSON.stringify(result))).size).toBe(1)
    // A result is sent before the outcome item of its invocation is written.
    await expect.poll(async () => (await totals(world)).solved, { timeout: 30_000 }).toBe(1)
    expect(await world.count('dead-letters')).toBe(0)
  })

  it.each([
    ['hour', 'spendPerHour'],
    ['day', 'spendPerDay'],
  ])(
    'a spend limit per hour or day is reached (here: %s): submitting stops before the overspend; page; tasks kept (row 18)',
    (span, setting) =>
      withinOneHour(async () => {
        const few = await startWorld({
          settings: { [setting]: 5 },
          simulator: { plan: { solveSeconds: 1, solveRate: 1 } },
        })
        try {
          const ids = named('spend', 12)
          await few.send(ids.map((id) => taskOf(id, { deadlineSeconds: 3600 })))
          await expect.poll(() => few.results().length, { timeout: 60_000 }).toBe(5)
          await expect
            .poll(async () => (await few.health('/health/ready')).body.issues, { timeout: 30_000 })
            .toContain(`spend_limit=${span}`)
          expect(few.simulator.ledger()).toHaveLength(5)
          expect(await few.count('tasks')).toBe(7)
          expect(await few.count('dead-letters')).toBe(0)
        } finally {
          await few.stop()
        }
      }),
  )
})

/** A new hour permits new charges. A test that failed while the hour changed proves nothing, and begins again. */
async function withinOneHour(test: () => Promise<void>): Promise<void> {
  const hour = () => new Date().getUTCHours()
  const began = hour()
  try {
    await test()
  } catch (error) {
    if (hour() === began) throw error
    await test()
  }
}
