import { describe, expect, it } from 'vitest'
import { makeInFlightLimit } from '../../local/aws/in-flight-limit.ts'
import { makeLaggingCounts } from '../../local/aws/lagging-counts.ts'
import { makeLambdaFront } from '../../local/aws/lambda-front.ts'
import { makeLineageOnMessages } from '../../local/aws/lineage-on-messages.ts'
import { lineageHashOf, lineageIn, traceHeader } from '../../local/aws/trace-header.ts'
import type { Call, EngineAnswer } from '../../local/gateway/call.ts'
import type { Interceptor } from '../../local/gateway/interceptor.ts'
import type { Invoked } from '../../local/lambda/function-pool.ts'
import { caller } from './gateway/gateway-before.ts'

const urlOf = (queue: string) => `http://127.0.0.1:9/000000000000/${queue}`
const answerOf = (value: unknown, status = 200): EngineAnswer => ({
  ...{ status, headers: { 'x-own': 'kept' } },
  body: Buffer.from(JSON.stringify(value)),
})
const messagesOf = (...receipts: string[]) => ({
  Messages: receipts.map((ReceiptHandle) => ({ MessageId: `id-${ReceiptHandle}`, ReceiptHandle })),
})

/** What the function is told where the engine answers with this value, and what the engine was asked for. */
async function through(
  interceptor: Interceptor,
  operation: string,
  input: Call['input'],
  value: unknown,
  {
    service = 'sqs',
    status = 200,
    headers = {},
  }: Partial<Pick<Call, 'service' | 'headers'>> & { status?: number } = {},
): Promise<{ told: unknown; asked: unknown; whole: EngineAnswer }> {
  const body = Buffer.from(JSON.stringify(input))
  const said = await interceptor({ ...{ caller, service, operation, method: 'POST', path: '/' }, headers, body, input })
  const toldBy = (whole: EngineAnswer) => JSON.parse(whole.body.toString())
  if (said.kind === 'answer') return { told: toldBy(said.answer), asked: null, whole: said.answer }
  const answer = answerOf(value, status)
  const sent = said.kind === 'change' ? (said.body ?? body) : body
  const whole = said.kind === 'change' && said.answer !== undefined ? await said.answer(answer) : answer
  return { told: toldBy(whole), asked: JSON.parse(sent.toString()), whole }
}

describe('the limit of messages in flight', () => {
  function limited(most: number) {
    const clock = { now: 1_000_000 }
    const pauses: number[] = []
    const limit = makeInFlightLimit({
      most,
      visibilitySeconds: (queue) => (queue === 'tasks' ? 60 : 7),
      now: () => clock.now,
      pause: async (ms) => void pauses.push(ms),
    })
    /** How many the engine is asked for; null: it is not asked. It gives those. */
    const receive = async (queue: string, wanted: number | undefined, ...receipts: string[]) => {
      const input = { QueueUrl: urlOf(queue), WaitTimeSeconds: 20, ...(wanted && { MaxNumberOfMessages: wanted }) }
      const { asked, told } = await through(limit, 'ReceiveMessage', input, messagesOf(...receipts))
      if (asked !== null) expect(told).toEqual(messagesOf(...receipts))
      else expect(told).toEqual({})
      return asked
    }
    const call = (operation: string, input: Call['input']) => through(limit, operation, input, { Successful: [] })
    return { clock, pauses, receive, call }
  }
  const asking = (queue: string, MaxNumberOfMessages: number) => ({
    ...{ QueueUrl: urlOf(queue), WaitTimeSeconds: 20, MaxNumberOfMessages },
  })

  it('is of each queue by itself, each with its own time for which a message is hidden', async () => {
    const { clock, pauses, receive } = limited(3)
    expect(await receive('tasks', 10, 'a', 'b')).toEqual(asking('tasks', 3))
    expect(await receive('polls', 2, 'c', 'd')).toEqual(asking('polls', 2))
    expect(await receive('tasks', 10, 'e')).toEqual(asking('tasks', 1))
    expect([await receive('tasks', 1), pauses]).toEqual([null, [1000]])
    clock.now += 6_999
    expect(await receive('polls', 10)).toEqual(asking('polls', 1))
    clock.now += 1
    expect(await receive('polls', 10)).toEqual(asking('polls', 3))
    expect(await receive('tasks', 10)).toBeNull()
    clock.now += 53_000
    expect(await receive('tasks', 10)).toEqual(asking('tasks', 3))
  })

  it('leaves a receive that names no number at the one that SQS gives', async () => {
    const { receive } = limited(3)
    expect(await receive('tasks', undefined, 'a')).toEqual(asking('tasks', 1))
  })

  it('follows every message of a batch whose time is changed, and one that is visible again at once is in flight no more', async () => {
    const { clock, receive, call } = limited(4)
    await receive('tasks', 4, 'a', 'b', 'c', 'd')
    const change = (ReceiptHandle: string, VisibilityTimeout: number) => ({
      Id: ReceiptHandle,
      ReceiptHandle,
      VisibilityTimeout,
    })
    const QueueUrl = urlOf('tasks')
    await call('ChangeMessageVisibilityBatch', {
      QueueUrl,
      Entries: [change('a', 0), change('b', 5), change('c', 900)],
    })
    expect(await receive('tasks', 10)).toEqual(asking('tasks', 1))
    clock.now += 5_000
    expect(await receive('tasks', 10)).toEqual(asking('tasks', 2))
    clock.now += 55_000
    expect(await receive('tasks', 10)).toEqual(asking('tasks', 3))
    await call('DeleteMessageBatch', { QueueUrl: urlOf('polls'), Entries: [{ Id: '0', ReceiptHandle: 'c' }] })
    expect(await receive('tasks', 10)).toEqual(asking('tasks', 3))
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: 'c' })
    expect(await receive('tasks', 10)).toEqual(asking('tasks', 4))
  })

  it('changes nothing but receives, and no call of another service', async () => {
    const { call, receive } = limited(1)
    await receive('tasks', 1, 'a')
    const input = { QueueUrl: urlOf('tasks'), MessageBody: 'x' }
    expect(await call('SendMessage', input)).toMatchObject({ asked: input, told: { Successful: [] } })
    const interceptor = makeInFlightLimit({ most: 0, visibilitySeconds: () => 1, now: () => 0, pause: async () => {} })
    const other = await through(interceptor, 'ReceiveMessage', {}, { a: 1 }, { service: 'dynamodb' })
    expect([other.asked, other.told]).toEqual([{}, { a: 1 }])
  })
})

describe('lagging counts', () => {
  const counts = (visible: string, hidden: string) => ({
    ...{ ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: hidden, VisibilityTimeout: '66' },
  })

  it('are one of the readings of the last minute or the present one, for each count of each queue by itself', async () => {
    let now = 0
    const held: Record<string, ReturnType<typeof counts>> = { tasks: counts('1', '10'), polls: counts('90', '91') }
    const draws: number[] = []
    const lagging = makeLaggingCounts({
      queueNames: ['tasks', 'polls'],
      read: async (queue) => {
        const found = held[queue] ?? counts('', '')
        now += 500
        return found
      },
      now: () => now,
      fraction: () => draws.shift() ?? 0.999,
    })
    const told = async (queue: string, present: object, ...fractions: number[]) => {
      draws.splice(0, draws.length, ...fractions)
      const said = await through(
        lagging.interceptor,
        'GetQueueAttributes',
        { QueueUrl: urlOf(queue) },
        { Attributes: present },
      )
      return said.told
    }
    await lagging.sample()
    held.tasks = counts('2', '20')
    now = 30_000
    await lagging.sample()
    now = 60_000
    const present = counts('3', '30')
    expect(await told('tasks', present, 0, 0.34)).toEqual({ Attributes: counts('1', '20') })
    expect(await told('tasks', present, 0.67, 0.33)).toEqual({ Attributes: counts('3', '10') })
    expect(await told('polls', counts('92', '93'), 0, 0)).toEqual({ Attributes: counts('90', '91') })
    // The reading of a minute ago counts from when it was asked for, and is the last one to go.
    now = 60_001
    expect(await told('tasks', present, 0, 0.5)).toEqual({ Attributes: counts('2', '30') })
    now = 90_000
    held.tasks = counts('4', '40')
    await lagging.sample()
    expect(await told('tasks', present, 0, 0.5)).toEqual({ Attributes: counts('4', '30') })
    now = 500_000
    expect(await told('tasks', present, 0, 0)).toEqual({ Attributes: present })
  })

  it('leave a refusal, another call and a queue without readings as they are', async () => {
    const read = async () => counts('1', '1')
    const { interceptor } = makeLaggingCounts({ queueNames: [], read, now: () => 0, fraction: () => 0 })
    const input = { QueueUrl: urlOf('tasks') }
    const refused = await through(interceptor, 'GetQueueAttributes', input, { __type: 'x' }, { status: 400 })
    expect(refused.whole).toEqual(answerOf({ __type: 'x' }, 400))
    const fresh = await through(interceptor, 'GetQueueAttributes', input, { Attributes: counts('5', '6') })
    expect(fresh.told).toEqual({ Attributes: counts('5', '6') })
    const other = await through(interceptor, 'ListQueues', input, { Attributes: counts('5', '6') })
    expect(other.told).toEqual({ Attributes: counts('5', '6') })
  })
})

describe('the chain of invocations on messages', () => {
  const sent = (interceptor: Interceptor, operation: string, value: unknown, header?: string, status = 200) =>
    through(interceptor, operation, {}, value, {
      status,
      headers: header === undefined ? {} : { 'x-amzn-trace-id': header },
    })
  const received = async (interceptor: Interceptor, ...messages: object[]) => {
    const { told } = await through(interceptor, 'ReceiveMessage', {}, { Messages: messages, More: 1 })
    return told
  }

  it('is that of the call that sent each message, by one or in a batch, and is told beside what SQS tells', async () => {
    const lineage = makeLineageOnMessages()
    await sent(lineage, 'SendMessage', { MessageId: 'a' }, 'Root=1')
    await sent(
      lineage,
      'SendMessageBatch',
      { Successful: [{ MessageId: 'b' }, { MessageId: 'c' }], Failed: [{ Id: 'd' }] },
      'Root=2',
    )
    await sent(lineage, 'SendMessage', { MessageId: 'of a client' })
    await sent(lineage, 'SendMessage', { MessageId: 'refused' }, 'Root=3', 400)
    const Attributes = { ApproximateReceiveCount: '2' }
    expect(
      await received(
        lineage,
        { MessageId: 'c', Body: 'x', Attributes },
        { MessageId: 'of a client', Attributes },
        { MessageId: 'a' },
        { MessageId: 'refused' },
        { MessageId: 'b' },
      ),
    ).toEqual({
      Messages: [
        { MessageId: 'c', Body: 'x', Attributes: { ApproximateReceiveCount: '2', AWSTraceHeader: 'Root=2' } },
        { MessageId: 'of a client', Attributes },
        { MessageId: 'a', Attributes: { AWSTraceHeader: 'Root=1' } },
        { MessageId: 'refused' },
        { MessageId: 'b', Attributes: { AWSTraceHeader: 'Root=2' } },
      ],
      More: 1,
    })
    // A message that comes again has the same chain.
    expect(await received(lineage, { MessageId: 'a' })).toEqual({
      ...{ Messages: [{ MessageId: 'a', Attributes: { AWSTraceHeader: 'Root=1' } }], More: 1 },
    })
  })

  it('is forgotten of the oldest messages first, when a hundred thousand newer ones are known', async () => {
    const lineage = makeLineageOnMessages()
    const batch = (from: number, to: number) => ({
      Successful: Array.from({ length: to - from }, (_, n) => ({ MessageId: `m${from + n}` })),
    })
    await sent(lineage, 'SendMessageBatch', batch(0, 2), 'Root=old')
    await sent(lineage, 'SendMessageBatch', batch(2, 100_001), 'Root=new')
    const chain = (AWSTraceHeader: string) => ({ Attributes: { AWSTraceHeader } })
    expect(await received(lineage, ...['m0', 'm1', 'm2'].map((MessageId) => ({ MessageId })))).toEqual({
      Messages: [
        { MessageId: 'm0' },
        { MessageId: 'm1', ...chain('Root=old') },
        { MessageId: 'm2', ...chain('Root=new') },
      ],
      More: 1,
    })
  })
})

describe('the checks of Lambda before a function', () => {
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:lifesign-collect'
  const own = lineageHashOf(arn)
  const RETURNED: Invoked = { kind: 'returned', payload: '1' }
  function front(recursiveLoop: 'Allow' | 'Terminate', isThrottled = false) {
    const [invoked, said]: [[unknown, string | undefined][], string[]] = [[], []]
    const invoke = async (event: unknown, trace?: string) => {
      invoked.push([event, trace])
      return RETURNED
    }
    const ask = makeLambdaFront({
      plan: { arn, recursiveLoop },
      pool: { invoke },
      newId: () => 'request-7',
      isThrottled: () => isThrottled,
      say: (text) => said.push(text),
    })
    return { ask, invoked, said }
  }
  const event = { Records: [{ body: 'a' }] }
  const headers = [{ [own]: 3, '0000aaaa': 20 }, { [own]: 15 }, { '0000aaaa': 1 }].map((lineage) =>
    traceHeader('r', lineage),
  )

  it('pass on the event with the longest chain of each function in the batch, one longer by this invocation', async () => {
    const { ask, invoked, said } = front('Terminate')
    expect(await ask(event, headers)).toEqual(RETURNED)
    expect(invoked).toEqual([[event, traceHeader('request-7', { [own]: 16, '0000aaaa': 20 })]])
    expect(lineageIn(invoked[0]?.[1])).toEqual({ [own]: 16, '0000aaaa': 20 })
    expect(said).toEqual([])
  })

  it('refuse a chain that has invoked this very function 16 times, unless it may loop', async () => {
    const loop = [...headers, traceHeader('r', { [own]: 16 })]
    const ending = front('Terminate')
    expect(await ending.ask(event, loop)).toEqual({ kind: 'notInvoked' })
    const told = 'Lambda would refuse this: a chain of messages has invoked the function 16 times (loop detection)'
    expect([ending.invoked, ending.said]).toEqual([[], [told]])
    const looping = front('Allow')
    expect(await looping.ask(event, loop)).toEqual(RETURNED)
    expect([lineageIn(looping.invoked[0]?.[1])[own], looping.said]).toEqual([17, []])
  })

  it.each(['Allow', 'Terminate'] as const)(
    'refuse everything while the account is throttled, where loops are: %s',
    async (loops) => {
      const { ask, invoked, said } = front(loops, true)
      expect(await ask(event, [])).toEqual({ kind: 'notInvoked' })
      expect([invoked, said]).toEqual([
        [],
        ['throttled: the account has no concurrency left, and the receive is used up'],
      ])
    },
  )
})
