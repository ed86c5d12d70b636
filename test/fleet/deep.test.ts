import { expect, it } from 'vitest'
import { startFleetHere } from '../local/rights/fleet-here.ts'

it('the deep view of a fleet on this machine: free probes cost nothing, a paid one is exactly one charge', async () => {
  const simulator = { plan: { solveSeconds: [1, 1] as [number, number], solveRate: 1 } }
  const settings = { providerTimeoutSeconds: 10, sweepSeconds: 5 }
  const fleet = await startFleetHere({ simulator, settings, env: { LIFESIGN_HEALTH_TOKEN: 'let-me-in' } })
  const deep = async (method: string, token: string | null, body?: string) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
    const answer = await fetch(`${fleet.healthUrl}/health/deep`, { method, headers, ...(body && { body }) })
    return { status: answer.status, json: Object(JSON.parse((await answer.text()) || '{}')) }
  }

  expect(await deep('GET', null)).toMatchObject({ status: 401 })
  expect(await deep('POST', 'wrong', '{"paid":true}')).toMatchObject({ status: 403 })
  expect(await deep('GET', 'let-me-in')).toMatchObject({ status: 503, json: { status: 'unknown', ranAt: null } })

  const isSwept = async () => (await fetch(`${fleet.healthUrl}/health/ready`)).status
  await expect.poll(isSwept, { timeout: 30_000, interval: 200 }).toBe(200)
  const free = await deep('POST', 'let-me-in')
  expect(free.json.checks).toMatchObject({
    captchaaiApi: { status: 'ok', criticality: 'hard' },
    table: { status: 'ok' },
    taskQueue: { status: 'ok' },
    secret: { status: 'ok' },
    sweep: { status: 'ok' },
  })
  expect(free).toMatchObject({ status: 200, json: { status: 'ok', ranBy: expect.stringContaining('127.0.0.1') } })
  expect(fleet.simulator.ledger()).toEqual([])

  const [paid, other] = await Promise.all([
    deep('POST', 'let-me-in', '{"paid":true}'),
    new Promise((resolve) => setTimeout(resolve, 1_500)).then(() => deep('POST', 'let-me-in', '{"paid":true}')),
  ])
  expect(other).toMatchObject({ status: 409, json: { error: 'already_running' } })
  expect(paid).toMatchObject({ status: 200, json: { paid: true, checks: { paidTask: { status: 'ok' } } } })
  expect(fleet.simulator.ledger()).toHaveLength(1)
  expect((await deep('GET', 'let-me-in')).json).toMatchObject({ status: 'ok', paid: true, ranAt: paid.json.ranAt })
})
