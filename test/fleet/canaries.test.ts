import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { expect, it } from 'vitest'
import { readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import { VIEWS } from '../../functions/health/views.ts'
import { startFleetHere, taskOf } from '../local/rights/fleet-here.ts'

const KEY = 'canary0key0of0thirty0two0letters'
const HEALTH_TOKEN = 'canary-health-token'
const SECRETS = { proxy: 'canary-user:canary-password@proxy.example.test:8080', proxytype: 'HTTP' }
const COOKIES = 'session=canary-cookie'
const secretive = (id: string, more: Record<string, unknown> = {}) =>
  taskOf(id, { ...SECRETS, params: { cookies: COOKIES }, reply: 'both', ...more })

it('logs, metrics, views and outcome items after a full failing run, with canary values for key, proxy password, solution, tokens: none of them appears (row 56)', async () => {
  const fleet = await startFleetHere({
    settings: { pingback: true, rebuyUnknown: 1, providerTimeoutSeconds: 1, keyRetrySeconds: 1 },
    simulator: { key: KEY, plan: { solveSeconds: [1, 1], solveRate: 1 } },
    env: { LIFESIGN_HEALTH_TOKEN: HEALTH_TOKEN },
  })
  const ends = (id: string, state: string) =>
    expect.poll(async () => (await fleet.task(id))?.state, { timeout: 60_000, interval: 150, message: id }).toBe(state)
  const says = (message: string) =>
    expect.poll(() => fleet.lines.some((line) => line.includes(message)), { timeout: 20_000, message }).toBe(true)
  const broken = async (id: string, plan: Parameters<typeof fleet.simulator.set>[0], state: string) => {
    await fleet.simulator.set(plan)
    // A task that is to fail has the time for all its tries, also on a slow machine.
    await fleet.send('tasks', secretive(id, { deadlineSeconds: state === 'expired' ? 10 : 120 }))
    await ends(id, state)
    await fleet.simulator.set({ faults: [], solveRate: 1 })
  }

  await fleet.send('tasks', secretive('solved'))
  await ends('solved', 'solved')
  await broken('unsolvable', { solveRate: 0 }, 'failed')
  await broken('outage', { faults: [{ kind: 'http', status: 502, on: 'submit' }] }, 'expired')
  await broken('garbage', { faults: [{ kind: 'garbage', on: 'any' }] }, 'failed')
  await fleet.simulator.set({ keyCode: 'ERROR_KEY_DOES_NOT_EXIST' })
  await fleet.send('tasks', secretive('refused'))
  await says('key refused')
  await fleet.send('tasks', { ...secretive('invalid'), proxytype: 'canary-type', unknown: 'canary-value' })
  await fleet.send('polls', `not a poll message, canary-body`)
  const authorization = `Bearer ${HEALTH_TOKEN}`
  const views: string[] = []
  const asks = async (path: string, method: string, headers: Record<string, string>) => {
    const answer = await fetch(`${fleet.healthUrl}${path}`, { method, headers })
    views.push(`${JSON.stringify([...answer.headers])} ${await answer.text()}`)
  }
  await asks('/health/deep', 'POST', { authorization })
  for (const path of Object.keys(VIEWS).map((view) => view.replace('*', 'captchaaiApi')))
    for (const token of [authorization, `${authorization}-wrong`])
      for (const accept of ['application/json', 'application/health+json', 'text/plain'])
        await asks(path, 'GET', { authorization: token, accept })
  const pingbacks = fleet.simulator.ledger().flatMap(({ params }) => params.pingback ?? [])
  for (const url of pingbacks) await fetch(`${url}?id=1`)
  await says('invalid task')

  const solution = String(Object((await fleet.task('solved'))?.result).solution)
  const secrets = pingbacks.flatMap((url) => readPingbackPath(new URL(url).pathname)?.token ?? [])
  const metrics = await (await fetch(`${fleet.controlUrl}/metrics-received`)).text()
  const table = new DynamoDBClient({ endpoint: fleet.dynamodb.url })
  const { Items = [] } = await table.send(new ScanCommand({ TableName: 'lifesign' }))
  table.destroy()
  const outcomes = Items.map((item) => unmarshall(item)).filter(({ pk }) => String(pk).startsWith('outcome#'))

  expect(fleet.lines.length).toBeGreaterThan(20)
  expect(views.filter((view) => view.includes('ERROR_KEY_DOES_NOT_EXIST')).length).toBeGreaterThan(0)
  expect([metrics.length > 100, outcomes.length > 5, pingbacks.length > 2, solution.length > 10]).not.toContain(false)
  const written = [...fleet.lines, ...views, metrics, ...outcomes.map((item) => JSON.stringify(item))]
  expect(secrets.length).toBeGreaterThan(2)
  for (const canary of [KEY, HEALTH_TOKEN, 'canary', solution, ...secrets])
    expect(
      written.filter((text) => text.includes(canary)),
      canary,
    ).toEqual([])
})
