import { hash } from 'node:crypto'
import { expect, it } from 'vitest'
import { Queue, type Received } from '../../bin/commands/fleet/queue.ts'
import { said, scriptedSqs } from '../local/scripted-sqs.ts'

const URL = 'http://127.0.0.1:9/000000000000/lifesign-tasks'
const md5 = (text: string) => hash('md5', text)
const entriesIn = ({ Entries }: Record<string, unknown>): unknown[] => (Array.isArray(Entries) ? Entries : [])
/** Sends these sizes, of which the service takes all; answers how many messages each call had. */
async function callsFor(sizes: number[]): Promise<number[]> {
  const bodies = sizes.map((bytes) => 'x'.repeat(bytes))
  let taken = 0
  const { client, asked } = await scriptedSqs(({ input }) =>
    said({
      Successful: entriesIn(input).map((_, n) => ({
        ...{ Id: String(n), MessageId: 'm', MD5OfMessageBody: md5(bodies[taken++] ?? '') },
      })),
    }),
  )
  const sent = await new Queue(client, URL).send(bodies.map((body) => ({ body })))
  expect(sent).toEqual(sizes.map(() => true))
  return asked.map(({ input }) => entriesIn(input).length)
}

it.each<[string, number[], number[]]>([
  ['nothing is sent by no call', [], []],
  ['ten small messages go in one call, the eleventh in another', Array(21).fill(10), [10, 10, 1]],
  ['what adds up to 900,000 bytes goes in one call', [300_000, 300_000, 300_000], [3]],
  ['a byte more goes in another call', [300_000, 300_000, 300_001], [2, 1]],
  ['each call begins to count anew', [800_000, 200_000, 600_000, 100_000, 100_000, 100_000], [1, 3, 2]],
  ['a message that is larger alone goes alone, and costs the next ones nothing', [950_000, 400_000, 400_000], [1, 2]],
])('%s', async (_, sizes, calls) => {
  expect(await callsFor(sizes)).toEqual(calls)
})

it('receives ten at most, for the time and hidden for the time that it is told, with all that it reads of a message', async () => {
  const found = {
    MessageId: 'm',
    ReceiptHandle: 'r',
    Body: 'b',
    MD5OfBody: md5('b'),
    Attributes: { SentTimestamp: '7' },
  }
  const { client, asked } = await scriptedSqs(() => said({ Messages: [found] }))
  const received: Received = {
    ...{ messageId: 'm', receipt: 'r', body: 'b', attributes: {}, sentAt: 7, receiveCount: 1 },
  }
  expect(await new Queue(client, URL).receive(3, 44)).toEqual([received])
  expect(asked.map(({ input }) => input)).toMatchObject([
    { MaxNumberOfMessages: 10, WaitTimeSeconds: 3, VisibilityTimeout: 44, MessageAttributeNames: ['All'] },
  ])
})
