import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { expect, it } from 'vitest'
import * as z from 'zod/mini'
import { makeLocalSqsClient } from '../../local/clients.ts'
import { lifesign } from '../cli/scripted-fleet.ts'
import { folder, later } from '../local/bundles.ts'
import { type FleetHere, startFleetHere, taskOf } from '../local/rights/fleet-here.ts'

const portOf = (url: string): number => Number(new URL(url).port)
const command = (fleet: FleetHere, ...args: string[]) =>
  lifesign(args, { port: portOf(fleet.sqs.url), dynamodbPort: portOf(fleet.dynamodb.url) })
const readyShape = z.object({
  issues: z.array(z.string()),
  trace: z.array(z.object({ rule: z.string(), observed: z.unknown() })),
})
const ready = async (fleet: FleetHere) => {
  const response = await fetch(`${fleet.healthUrl}/health/ready`)
  const { issues, trace } = readyShape.parse(await response.json())
  // On a busy machine the first account call may have no time: then a warning stands beside it.
  return { code: response.status, issues, observed: trace.find(({ rule }) => rule === 'paused')?.observed }
}
const sourceOf = async (fleet: FleetHere): Promise<boolean | undefined> => {
  const uuid = fleet.plan.mappings.find(({ target }) => target === 'submit')?.uuid
  const response = await fetch(`${fleet.controlUrl}/event-sources`)
  return z.record(z.string(), z.boolean()).parse(await response.json())[uuid ?? '']
}
const within = (what: string, look: () => Promise<unknown>, expected: unknown) =>
  expect.poll(look, { timeout: 30_000, interval: 100, message: what }).toEqual(expected)

it('a pause holds over a restart: nothing is paid for, tasks wait without a receive, and a resume solves them', async () => {
  const env = { LIFESIGN_DATA: folder() }
  const simulator = { plan: { solveSeconds: [1, 1] as [number, number], solveRate: 1 } }
  const first = await startFleetHere({ env, simulator })
  await first.send('tasks', taskOf('before'))
  await within('a task is solved', async () => (await first.task('before'))?.state, 'solved')
  expect(await command(first, 'pause', '--reason', 'moving house')).toMatchObject({ code: 0 })
  await within('every view says so', async () => (await ready(first)).issues, ['paused'])
  await within('the event source is off', () => sourceOf(first), false)
  await first.stop()

  const second = await startFleetHere({ env, simulator })
  expect(await sourceOf(second)).toBe(false)
  await second.send('tasks', taskOf('behind'))
  await within('it is still paused', async () => (await ready(second)).code, 503)
  const { issues, observed } = await ready(second)
  expect(issues).toEqual(['paused'])
  expect(observed).toMatch(/: moving house$/)
  const sqs = makeLocalSqsClient(second.sqs.url)
  later(() => sqs.destroy())
  const QueueUrl = `${second.sqs.url}/000000000000/lifesign-tasks`
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
  )
  expect(Attributes).toEqual({ ApproximateNumberOfMessages: '1', ApproximateNumberOfMessagesNotVisible: '0' })
  expect(second.simulator.ledger()).toEqual([])

  expect(await command(second, 'resume')).toMatchObject({ code: 0 })
  await within('the waiting task is solved', async () => (await second.task('behind'))?.state, 'solved')
  await within('all is well again', async () => (await ready(second)).code, 200)
  expect(second.simulator.ledger()).toHaveLength(1)
})
