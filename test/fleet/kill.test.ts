import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../sim/support/random.ts'
import { explained, named, startWorld, taskOf, totals, type World } from './world.ts'

const TASKS = 300
const KILLS = 20
const SEED = 20261121

describe('kill -9 of the fleet’s process', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({
      settings: { maxInFlight: 500, providerTimeoutSeconds: 1 },
      simulator: { plan: { solveSeconds: [1, 6], solveRate: 1 } },
    })
  })
  afterAll(() => world?.stop())

  it(`at ${KILLS} random moments of a ${TASKS}-task run: every task settles, none twice, charges explained`, async () => {
    const random = seededRandom(SEED)
    const ids = named('kill', TASKS)
    for (let i = 0; i < KILLS; i += 1) {
      await world.send(
        ids.slice((i * TASKS) / KILLS, ((i + 1) * TASKS) / KILLS).map((id) => taskOf(id, { deadlineSeconds: 900 })),
      )
      await pause(random.between(50, 1500))
      await world.crash()
      await world.restart()
    }
    await world.settled(ids, 400)

    const ledger = world.simulator.ledger()
    for (const id of ids) {
      const results = world.resultsOf(id)
      expect(
        new Set(results.map(({ status, settledAt, captchaId }) => JSON.stringify([status, settledAt, captchaId]))).size,
      ).toBe(1)
      const [result] = results
      const charges = ledger.filter((charge) => charge.params.pageurl === taskOf(id).pageurl)
      expect(charges.length).toBeLessThanOrEqual(2)
      expect(result?.attempts).toBeGreaterThanOrEqual(charges.length)
      if (result?.status === 'failed') expect(result.error?.code).toBe('SUBMIT_UNKNOWN')
      else expect(result?.status).toBe('solved')
    }
    const ended = (status: string) => ids.filter((id) => world.resultsOf(id)[0]?.status === status).length
    await expect
      .poll(async () => (await totals(world)).solved, { timeout: 120_000, interval: 1000 })
      .toBe(ended('solved'))
    const sum = await totals(world)
    expect(explained(sum)).toBeGreaterThanOrEqual(ledger.length)
    console.log(
      `${KILLS} kills (seed ${SEED}): ${ended('solved')} of ${TASKS} tasks solved, ${ended('failed')} failed, ${ledger.length} charges, ${sum.unknown ?? 0} of them unknown`,
    )
  })
})
