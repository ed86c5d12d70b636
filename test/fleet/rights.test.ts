import { expect, it } from 'vitest'
import { parseTaskItem } from '../../functions/adapters/dynamodb/task-item.ts'
import { pollMessageOf, sendOfPoll } from '../../functions/core/message/poll-message.ts'
import type { RightName } from '../../local/gateway/ledger.ts'
import { lifesign } from '../cli/scripted-fleet.ts'
import { type FleetHere, startFleetHere, taskOf } from '../local/rights/fleet-here.ts'
import { UNUSED_RIGHTS } from '../local/rights/unused.ts'

const LIMIT = 14
const settings = { pingback: true, providerTimeoutSeconds: 1, spendPerHour: LIMIT, rebuyUnknown: 1 }

const stateOf = async (fleet: FleetHere, id: string) => String((await fleet.task(id))?.state)
const reaches = (what: string, look: () => Promise<unknown>, state: unknown) =>
  expect.poll(look, { timeout: 60_000, interval: 150, message: what }).toBe(state)
const isUsed = (fleet: FleetHere, name: string, wanted: RegExp) => async () =>
  (fleet.rights().find((report) => report.function === name)?.used ?? []).some((right) => wanted.test(spell(right)))

const portOf = (url: string): number => Number(new URL(url).port)

/** `dynamodb:GetItem table/lifesign task#*`; the secret's name is made by the CDK. */
function spell({ action, resource, condition }: RightName): string {
  const keys = /"dynamodb:LeadingKeys":\["?([^\]"]+)/.exec(JSON.stringify(condition ?? {}))?.[1]
  const on = resource
    .split(':')
    .slice(5)
    .join(':')
    .replace(/^secret:.*/, 'secret')
  return [action, on, keys].filter((part) => part !== undefined && part !== '').join(' ')
}

it('every right of every function is used by a run that does everything, or has its reason', async () => {
  const fleet = await startFleetHere({
    settings,
    simulator: { plan: { solveSeconds: [1, 2], solveRate: 1, threads: 1 } },
  })
  const ids = ['a', 'b', 'c']
  for (const id of ids) await fleet.send('tasks', taskOf(id)) // one thread: the others are parked
  for (const id of ids) await reaches(`${id} is solved`, () => stateOf(fleet, id), 'solved')
  await reaches('a task was parked', isUsed(fleet, 'submit', /SendMessage lifesign-tasks/), true)

  await fleet.simulator.set({ pingback: 'none', threads: null, solveRate: 0 })
  await fleet.send('tasks', taskOf('hard'))
  await reaches('a hard one is given up after it was bought again', () => stateOf(fleet, 'hard'), 'failed')

  await fleet.simulator.set({ solveRate: 1, solveSeconds: [5, 5] })
  await fleet.send('tasks', taskOf('old'))
  await reaches('it is in flight', () => stateOf(fleet, 'old'), 'submitted')
  const item = parseTaskItem((await fleet.task('old')) ?? {})
  await fleet.simulator.set({ faults: [{ kind: 'http', status: 502, on: 'result', forSeconds: 2 }] })
  await reaches('it is solved after an outage of looks', () => stateOf(fleet, 'old'), 'solved')
  await fleet.simulator.set({ faults: [], solveSeconds: [1, 2] })

  const ports = { port: portOf(fleet.sqs.url), dynamodbPort: portOf(fleet.dynamodb.url) }
  expect(await lifesign(['pause', '--reason', 'a test'], ports)).toMatchObject({ code: 0 })
  await reaches('the sweep shuts the gate', isUsed(fleet, 'sweep', /UpdateEventSourceMapping/), true)
  expect(await lifesign(['resume'], ports)).toMatchObject({ code: 0 })

  await fleet.send('polls', 'no poll message')
  await fleet.send('tasks', { taskId: 'bad', unknown: 'key' })
  for (const path of ['/health/ready', '/health/dependencies', '/status']) await fetch(`${fleet.healthUrl}${path}`)
  const deep = await fetch(`${fleet.healthUrl}/health/deep`, { method: 'POST' })
  expect(await deep.json()).toMatchObject({ paid: false, checks: { table: { status: 'ok' } } })
  await reaches('collect refuses a letter', isUsed(fleet, 'collect', /lifesign-dead-letters/), true)
  await reaches('submit refuses a letter', isUsed(fleet, 'submit', /lifesign-dead-letters/), true)

  // Settled so long ago that whoever settled it either counted it or died: the next that meets it looks.
  const submit = fleet.plan.functions.find(({ name }) => name === 'submit')
  await new Promise((resolve) => setTimeout(resolve, 2000 * (submit?.timeoutSeconds ?? 9) + 2000))
  await fleet.send('tasks', taskOf('a'))
  if (item?.state !== 'submitted') throw new Error('it was in flight')
  await fleet.send('polls', sendOfPoll(pollMessageOf(item, '', true)).message.body)
  for (const name of ['submit', 'collect'])
    await reaches(`${name} looks for an outcome`, isUsed(fleet, name, /dynamodb:Query/), true)

  for (let n = 0; n < LIMIT; n += 1) await fleet.send('tasks', taskOf(`flood-${n}`))
  await reaches('the spend limit is met', isUsed(fleet, 'submit', /dynamodb:GetItem .* fleet/), true)

  const reports = fleet.rights()
  const counts = reports.map(({ function: name, used, unused }) => `${name} ${used.length} + ${unused.length}`)
  console.log(`rights used + unused: ${counts.join(', ')}`)
  const unused = reports.flatMap((report) => report.unused.map((right) => `${report.function}: ${spell(right)}`))
  expect(unused.toSorted()).toEqual(UNUSED_RIGHTS.map(({ function: name, right }) => `${name}: ${right}`).toSorted())
  expect(fleet.lines.filter((line) => line.includes('lacks the right'))).toEqual([])
})
