import { expect, test } from 'vitest'
import { memoryClock } from '../../sim/memory/clock.ts'
import { memoryQueues } from '../../sim/memory/queues.ts'

const start = () => {
  const clock = memoryClock()
  return { clock, queues: memoryQueues(() => clock.now()) }
}

test('a delayed message is received when its delay has passed, not before', async () => {
  const { clock, queues } = start()
  queues.tasks.send({ body: 'a', delaySeconds: 5 })
  expect(queues.tasks.receive(10)).toEqual([])
  expect(queues.tasks.counts()).toEqual({ visible: 0, hidden: 0, delayed: 1 })
  await clock.advance(5000)
  expect(queues.tasks.receive(10).map(({ body }) => body)).toEqual(['a'])
})

test('a received message is hidden, comes back when its visibility ends, and counts its receives', async () => {
  const { clock, queues } = start()
  queues.tasks.send({ body: 'a' })
  expect(queues.tasks.receive(10)[0]?.receiveCount).toBe(1)
  expect(queues.tasks.receive(10)).toEqual([])
  expect(queues.tasks.counts()).toEqual({ visible: 0, hidden: 1, delayed: 0 })
  await clock.advance(queues.tasks.nextVisibleAt() - clock.now())
  expect(queues.tasks.receive(10)[0]?.receiveCount).toBe(2)
})

test('hiding moves the end of the visibility from now on, either way', async () => {
  const { clock, queues } = start()
  queues.polls.send({ body: 'a' })
  const [first] = queues.polls.receive(1)
  expect(queues.polls.hide(first?.receipt ?? '', 5)).toBe(true)
  await clock.advance(4999)
  expect(queues.polls.receive(1)).toEqual([])
  await clock.advance(1)
  expect(queues.polls.receive(1)).toHaveLength(1)
})

test('a stale receipt neither hides nor deletes', async () => {
  const { queues } = start()
  const { messageId } = queues.polls.send({ body: 'a' })
  const [first] = queues.polls.receive(1)
  queues.polls.reveal(messageId)
  const [second] = queues.polls.receive(1)
  expect(queues.polls.hide(first?.receipt ?? '', 5)).toBe(false)
  expect(queues.polls.remove(first?.receipt ?? '')).toBe(false)
  expect(queues.polls.remove(second?.receipt ?? '')).toBe(true)
  expect(queues.polls.held.size).toBe(0)
})

test('a message is received as often as the redrive limit says, then it is a dead letter with its id kept', async () => {
  const { clock, queues } = start()
  const { messageId } = queues.tasks.send({ body: 'a', attributes: { taskId: 't' } })
  let receives = 0
  for (; queues.tasks.held.size > 0 && receives <= 100; receives++) {
    if (queues.tasks.receive(10).length === 0) break
    await clock.advance(queues.tasks.nextVisibleAt() - clock.now())
  }
  expect(receives).toBe(10)
  expect(queues.deadLetters.receive(1)[0]).toMatchObject({ messageId, receiveCount: 1, attributes: { taskId: 't' } })
})

test('ten thousand messages with mixed delays come in the order of their times', async () => {
  const { clock, queues } = start()
  for (let n = 0; n < 10_000; n++) queues.tasks.send({ body: String((n * 7919) % 900), delaySeconds: (n * 7919) % 900 })
  await clock.advance(900_000)
  const seconds: number[] = []
  for (let got = queues.tasks.receive(100); got.length > 0; got = queues.tasks.receive(100)) {
    seconds.push(...got.map(({ body }) => Number(body)))
  }
  expect(seconds).toHaveLength(10_000)
  expect(seconds).toEqual(seconds.toSorted((a, b) => a - b))
})
