import { expect, test } from 'vitest'
import { makeClockSync } from '../../functions/runtime/sync-clock.ts'
import { smallFleet } from '../small-fleet.ts'

const task = { taskId: 't1', sitekey: 'k', pageurl: 'https://example.com', deadlineSeconds: 60 }

test('a worker asks the table for the time once, before its first decision', async () => {
  let asked = 0
  const syncClock = makeClockSync({
    read: async () => {
      asked++
      return undefined
    },
  })
  expect([await syncClock(), await syncClock()]).toEqual([true, true])
  expect(asked).toBe(1)
})

test('a worker that the table does not answer does not know the time, and asks again the next time', async () => {
  let down = true
  const syncClock = makeClockSync({
    read: async () => {
      if (down) throw new Error('down')
      return undefined
    },
  })
  expect(await syncClock()).toBe(false)
  down = false
  expect(await syncClock()).toBe(true)
})

test('submit without the time parks every task, expires none and pays for none', async () => {
  const fleet = smallFleet()
  fleet.send(task)
  await fleet.clock.advance(120_000)
  const messages = fleet.queues.tasks.receive(10)
  expect(await fleet.submitUseCase(messages, { ...fleet.run(), clockUnknown: true })).toEqual([])
  expect([fleet.store.items.size, fleet.provider.submits.length, fleet.results().length]).toEqual([0, 0, 0])
  expect([...fleet.queues.tasks.held.values()].some(({ attributes }) => attributes.taskId === 't1')).toBe(true)
})

test('collect without the time puts a copy in the place of every poll message and asks the provider nothing', async () => {
  const fleet = smallFleet()
  fleet.send(task)
  await fleet.submit()
  await fleet.clock.advance(120_000)
  const messages = fleet.queues.polls.receive(100)
  const kept = await fleet.collectUseCase(messages, { ...fleet.run(), clockUnknown: true })
  expect(kept).toEqual([])
  for (const { receipt } of messages) fleet.queues.polls.remove(receipt)
  expect([fleet.provider.polls.length, fleet.store.items.get('t1')?.state]).toEqual([0, 'submitted'])
  await fleet.clock.advance(20_000)
  const [copy, ...others] = fleet.queues.polls.receive(100)
  expect(others).toEqual([])
  const { firstPollAt: _f, intervalSeconds: _i, ...poll } = JSON.parse(messages[0]?.body ?? '')
  expect(JSON.parse(copy?.body ?? '')).toEqual(poll)
})

test('collect without the time keeps a poll message whose copy cannot be sent', async () => {
  const fleet = smallFleet({
    sender: (real) => ({
      send: async (queue, sent) =>
        queue === 'polls' && fleet.queues.polls.held.size > 0 ? sent.map(() => false) : real.send(queue, sent),
    }),
  })
  fleet.send(task)
  await fleet.submit()
  await fleet.clock.advance(120_000)
  const messages = fleet.queues.polls.receive(100)
  const kept = await fleet.collectUseCase(messages, { ...fleet.run(), clockUnknown: true })
  expect(kept).toEqual(messages.map(({ messageId }) => messageId))
})
