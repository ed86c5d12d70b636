import { beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../functions/core/message/message.ts'
import type { MessageSender, QueueDepths, VisibilityPort } from '../../functions/core/ports.ts'

/** The ports of one queue, as the sender's `tasks`. */
interface QueuePorts {
  sender: MessageSender
  visibility: VisibilityPort
  depths: QueueDepths
  /** At most ten messages that are visible now; each is then hidden for ten minutes. */
  receive(): Promise<Message[]>
}

export function queueContract(make: () => Promise<QueuePorts>): void {
  describe('queue', () => {
    let queue: QueuePorts
    const drain = async () => {
      const all: Message[] = []
      for (let some = await queue.receive(); some.length > 0; some = await queue.receive()) all.push(...some)
      return all
    }
    const send = (count: number) =>
      queue.sender.send(
        'tasks',
        Array.from({ length: count }, (_, n) => ({ body: `body ${n}` })),
      )
    beforeEach(async () => {
      queue = await make()
    })

    it('sends however many messages and answers for each', async () => {
      expect(await send(25)).toEqual(Array.from({ length: 25 }, () => true))
      const bodies = (await drain()).map(({ body }) => body)
      expect(bodies.sort()).toEqual(Array.from({ length: 25 }, (_, n) => `body ${n}`).sort())
      expect(await send(0)).toEqual([])
    })

    it('carries body and attributes as they are', async () => {
      const attributes = { taskId: 'a:b', enqueuedAt: '1795262400000', reason: 'INVALID_TASK: é \t\r\n "quotes"' }
      const body = '{"text":"é \\u0000 <xml> & \t"}'
      expect(await queue.sender.send('tasks', [{ body, attributes }])).toEqual([true])
      const [message] = await queue.receive()
      expect(message).toMatchObject({ body, attributes, receiveCount: 1 })
      expect(message?.messageId).not.toBe('')
      expect(message?.sentAt).toBeGreaterThan(1.7e12)
    })

    it('carries characters beyond the first plane', async () => {
      const message = { body: '{"text":"🙂"}', attributes: { reason: '🙂' } }
      expect(await queue.sender.send('tasks', [message])).toEqual([true])
      expect((await queue.receive())[0]).toMatchObject(message)
    })

    it('a delayed message is not seen before its time, and counted as delayed', async () => {
      await queue.sender.send('tasks', [{ body: 'later', delaySeconds: 900 }, { body: 'now' }])
      expect((await drain()).map(({ body }) => body)).toEqual(['now'])
      expect(await queue.depths.read('tasks')).toEqual({ visible: 0, hidden: 1, delayed: 1 })
    })

    it('counts what is visible and what is received', async () => {
      expect(await queue.depths.read('tasks')).toEqual({ visible: 0, hidden: 0, delayed: 0 })
      await send(3)
      expect(await queue.depths.read('tasks')).toEqual({ visible: 3, hidden: 0, delayed: 0 })
      await drain()
      expect(await queue.depths.read('tasks')).toEqual({ visible: 0, hidden: 3, delayed: 0 })
    })

    it('hides each message for as long as it is told, more than ten of them too', async () => {
      await send(13)
      const messages = await drain()
      const holds = messages.map(({ receipt }, n) => ({ receipt, seconds: n % 2 === 0 ? 0 : 99_999 }))
      expect(await queue.visibility.extend(holds)).toEqual(messages.map(() => true))
      expect(await queue.depths.read('tasks')).toEqual({ visible: 7, hidden: 6, delayed: 0 })
      const again = await drain()
      expect(again.map(({ receiveCount }) => receiveCount)).toEqual([2, 2, 2, 2, 2, 2, 2])
      expect(await queue.visibility.extend([])).toEqual([])
    })

    it('a receipt that means nothing is answered with false and costs its neighbours nothing', async () => {
      await send(1)
      const [message] = await drain()
      const receipt = message?.receipt ?? ''
      const holds = ['no receipt', receipt].map((receipt) => ({ receipt, seconds: 0 }))
      expect(await queue.visibility.extend(holds)).toEqual([false, true])
    })
  })
}
