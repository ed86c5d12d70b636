import { describe, expect, it } from 'vitest'
import { workerTimeoutSeconds } from '../../functions/contract/limits.ts'
import { handedOver } from '../../functions/core/task/accounting.ts'
import { isSettled, type SettledItem } from '../../functions/core/task/task.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'
import { accountingOf } from '../stores/builders.ts'

/** How long the owner of a settlement has to report it. */
const TIMEOUT_MS = 2 * workerTimeoutSeconds(10) * 1000
const settledBy = (via: 'message' | 'callback', ageMs: number) => (now: number) =>
  accountingOf('nobody', { via, since: now - ageMs })
const unsent = (now: number) => handedOver(now)

/** A message of a task that was settled so long ago: `isRedelivery`: the one that brought it, else a new one of its client. */
async function found(
  isRedelivery: boolean,
  accounting: (now: number) => SettledItem['accounting'],
  { ageMs = 0, reply = 'queue' } = {},
) {
  const fleet = smallFleet()
  const sent = recaptcha({ taskId: 'a', reply })
  fleet.send(sent)
  await fleet.submit({ keep: true })
  await fleet.clock.advance(15_000)
  await fleet.collect()
  await fleet.clock.advance(300_000)
  const item = fleet.store.items.get('a')
  if (item === undefined || !isSettled(item)) throw new Error('not settled')
  const now = fleet.clock.now()
  fleet.store.items.set('a', { ...item, settledAt: now - ageMs, accounting: accounting(now) })
  for (const { receipt } of fleet.queues.results.receive(10)) fleet.queues.results.remove(receipt)
  const [before] = fleet.queues.tasks.receive(1)
  if (before === undefined) throw new Error('the message is gone')
  if (!isRedelivery) {
    fleet.queues.tasks.remove(before.receipt)
    fleet.send(sent)
  }
  const counts = () => [fleet.total(({ duplicates }) => duplicates), fleet.total(({ solved }) => solved)]
  const [duplicates = 0, solved = 0] = counts()
  const messages = isRedelivery ? [before] : fleet.queues.tasks.receive(1)
  const run = fleet.run()
  expect(await fleet.submitUseCase(messages, run)).toEqual([])
  for (const { receipt } of messages) fleet.queues.tasks.remove(receipt)
  const [duplicatesAfter = 0, solvedAfter = 0] = counts()
  // Who counts the settlement is who the item says does.
  const owner = { invocation: run.id, via: 'message', since: now }
  if (solvedAfter > solved) expect(fleet.store.items.get('a')).toMatchObject({ accounting: owner })
  return {
    duplicates: duplicatesAfter - duplicates,
    solved: solvedAfter - solved,
    parked: [...fleet.queues.tasks.held.values()].map(({ body }) => JSON.parse(body)),
    polls: [...fleet.queues.polls.held.values()].map(({ body }) => JSON.parse(body)),
    results: fleet.results().map(({ solution, error }) => error?.code ?? typeof solution),
    sent,
    item,
  }
}
const NOTHING = { duplicates: 1, solved: 0, parked: [], polls: [], results: [] }
const NOT_KEPT = ['SOLUTION_NOT_KEPT']

describe('a message that is delivered again after its task was settled', () => {
  it('waits while a callback that settled it may still send the result, and is no duplicate yet', async () => {
    const { sent, ...done } = await found(true, settledBy('callback', 0), { ageMs: TIMEOUT_MS - 1 })
    expect(done).toMatchObject({ ...NOTHING, duplicates: 0, parked: [sent] })
  })

  it.each([
    ['a callback settled it and crashed', settledBy('callback', TIMEOUT_MS), TIMEOUT_MS],
    ['a callback could not send the result', unsent, 0],
  ])(
    'has the attempt polled again that alone knows the solution where %s, and counts the settlement',
    async (_, accounting, ageMs) => {
      const { sent, item, ...done } = await found(true, accounting, { ageMs })
      expect(done).toMatchObject({
        ...NOTHING,
        solved: 1,
        polls: [{ recorded: true, item: { attempt: item.settledBy } }],
      })
      expect(done.polls.map(({ body }) => JSON.parse(body))).toEqual([sent])
    },
  )

  it('has the attempt polled again also where another invocation has just taken the settlement over to count it', async () => {
    const taken = (now: number) => accountingOf('another', { since: now - 1000, resultMayBeUnsent: true })
    const { item, ...done } = await found(true, taken, { ageMs: TIMEOUT_MS })
    expect(done).toMatchObject({ ...NOTHING, polls: [{ recorded: true, item: { attempt: item.settledBy } }] })
  })

  it('has nobody polled where the solution is stored: it is sent again', async () => {
    expect(await found(true, unsent, { reply: 'both' })).toMatchObject({ ...NOTHING, solved: 1, results: ['string'] })
  })

  it.each([
    ['and counts it where the worker crashed that settled it by a poll', settledBy('message', TIMEOUT_MS), 1],
    ['and does not count it while that worker may still do so', settledBy('message', TIMEOUT_MS - 1), 0],
  ])('sends nothing, because the poll message sends the result, %s', async (_, accounting, solved) => {
    expect(await found(true, accounting, { ageMs: TIMEOUT_MS })).toMatchObject({ ...NOTHING, solved })
  })
})

describe('a new message of a task that is settled', () => {
  it.each([
    ['while a callback may still send the first result', settledBy('callback', 0), 0, 0],
    ['where a callback settled it and crashed', settledBy('callback', TIMEOUT_MS), TIMEOUT_MS, 1],
    ['where a callback could not send the first result', unsent, 0, 1],
  ])('is answered at once, and nobody is polled for it, %s', async (_, accounting, ageMs, solved) => {
    expect(await found(false, accounting, { ageMs })).toMatchObject({ ...NOTHING, solved, results: NOT_KEPT })
  })
})
