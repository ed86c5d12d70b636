import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect } from 'vitest'
import { LIMITS } from '../../functions/contract/limits.ts'
import { claimedItem } from '../stores/builders.ts'
import { contents, fleetTest, lifesign, type Run } from './scripted-fleet.ts'

const test = fleetTest.extend<{ run: (args: string[], answer?: boolean | null) => Promise<Run> }>({
  run: ({ fleet }, use) =>
    use((args, answer) => lifesign(args, { port: fleet.port, ...(answer !== undefined && { answer }) })),
})

const HOURS_AGO = Date.now() - 5 * 3_600_000
/** As the fleet dead-letters: body unchanged, with what a redrive needs. */
const letter = (taskId: string, reason: string, body: string, source = 'tasks') => ({
  body,
  attributes: {
    taskId,
    enqueuedAt: String(HOURS_AGO),
    parks: '2',
    origin: `origin-of-${taskId}`,
    reason,
    detail: '1 problem(s)',
    firstSeen: new Date(HOURS_AGO).toISOString(),
    source,
  },
})
const task = (taskId?: string) =>
  JSON.stringify({ ...(taskId && { taskId }), sitekey: 'secret-key', pageurl: 'https://a/' })
const { leaseUntil: _, ...facts } = claimedItem()
const submit = { state: 'submitted', provider: 'captchaai', captchaId: '77', submittedAt: 2 }
const poll = (taskId: string) =>
  JSON.stringify({
    ...{ item: { ...facts, ...submit, taskId }, recorded: true, body: task(taskId) },
  })

describe.concurrent('dead-letters', () => {
  test('counts by reason, with samples and without bodies, and leaves every message in place', async ({
    fleet,
    run,
  }) => {
    await fleet.deadLetters.send([
      ...Array.from({ length: 12 }, (_, i) =>
        letter(`m${i}`, 'INVALID_TASK: sitekey is required', '{"proxy":"u:pw@h"}'),
      ),
      letter('p', 'UNREADABLE_POLL: not JSON', 'x', 'polls'),
      { body: task('worn') },
    ])
    const { code, out } = await run(['dead-letters'])
    expect(code).toBe(0)
    const text = out.join('\n')
    expect(text).toMatch(
      /12 {2}INVALID_TASK\n +m0 {2}from tasks, first seen .*, parked 2 times\n +INVALID_TASK: sitekey is required/,
    )
    expect(text).toContain('and 9 more')
    expect(text).toMatch(/1 {2}RECEIVED_TOO_OFTEN\n +worn {2}from tasks/)
    expect(text).not.toMatch(/secret-key|u:pw@h|pageurl/)
    expect(await contents(fleet.deadLetters)).toHaveLength(14)
  })

  test('--json holds the same in one object', async ({ fleet, run }) => {
    await fleet.deadLetters.send([letter('a', 'INVALID_TASK: x', '{}'), { body: poll('b') }])
    const { out } = await run(['dead-letters', '--json'])
    expect(JSON.parse(out.join(''))).toMatchObject({
      total: 2,
      whole: true,
      reasons: {
        INVALID_TASK: { count: 1, samples: [{ taskId: 'a', source: 'tasks', parks: 2 }] },
        RECEIVED_TOO_OFTEN: { count: 1, samples: [{ taskId: 'b', source: 'polls' }] },
      },
    })
  })

  test('--json holds the most frequent reason first, and three samples of each', async ({ fleet, run }) => {
    const frequent = Array.from({ length: 4 }, (_, i) => letter(`b${i}`, 'B: x', '{}'))
    await fleet.deadLetters.send([letter('a', 'A: x', '{}'), ...frequent])
    const { reasons } = JSON.parse((await run(['dead-letters', '--json'])).out.join(''))
    expect(Object.entries(reasons)).toEqual([
      ['B', { count: 4, samples: expect.any(Array) }],
      ['A', { count: 1, samples: expect.any(Array) }],
    ])
    expect(reasons.B.samples).toHaveLength(3)
    expect(Object.keys(reasons.B.samples[0])).toEqual(['taskId', 'source', 'reason', 'firstSeen', 'parks'])
  })

  test('Ctrl-C ends it with exit code 130, before anything is asked, and it does not say that it saw all', async ({
    fleet,
  }) => {
    const stopped = { port: fleet.port, stop: AbortSignal.abort() }
    const part = ['not all of the queue was seen: there are more']
    expect(await lifesign(['dead-letters'], stopped)).toEqual({ code: 130, out: ['no dead letters'], err: part })
    expect(await lifesign(['redrive'], stopped)).toEqual({ code: 130, out: ['no dead letters'], err: part })
  })

  test('says how many it has seen while it looks, and wipes that before the counts', async ({ fleet }) => {
    await fleet.deadLetters.send(['a', 'b'].map((taskId) => letter(taskId, 'A: x', '{}')))
    const progress: string[] = []
    const options = { port: fleet.port, onProgress: (line: string) => progress.push(line) }
    await lifesign(['dead-letters'], options)
    expect(progress).toEqual(['2 seen', '2 seen', ''])
    progress.length = 0
    await lifesign(['redrive'], options)
    expect(progress).toEqual(['2 seen', '2 seen', ''])
    progress.length = 0
    await lifesign(['redrive', '--yes'], options)
    expect(progress).toEqual(['2 seen', '2 seen', '2 of 2 moved', ''])
  })

  test.each([
    ['dead-letters', []],
    ['redrive', []],
    ['pause', ['--reason', 'a holiday']],
    ['resume', []],
    ['send', []],
    ['test-page', ['--stage', 'prod']],
  ])('%s takes no name, and asks nobody then', async (command, options) => {
    const { code, out, err } = await lifesign([command, ...options, 'all'])
    expect({ code, out }).toEqual({ code: 2, out: [] })
    expect(err).toEqual([expect.stringMatching(/^lifesign: Unexpected argument 'all'/)])
  })

  test('an empty queue says so, and nobody is asked whether to move nothing', async ({ run }) => {
    expect((await run(['dead-letters'])).out).toEqual(['no dead letters'])
    expect(await run(['redrive'], true)).toEqual({ code: 0, out: ['no dead letters'], err: [] })
  })

  test('a reason from outside cannot move the cursor', async ({ fleet, run }) => {
    await fleet.deadLetters.send([letter('a', 'X\u0085Y: z', '{}')])
    expect((await run(['dead-letters'])).out.join()).toContain('X?Y: z')
  })
})

describe.concurrent('redrive', () => {
  test('shows what it would move, asks about that many, and moves those alone', async ({ fleet, run }) => {
    await fleet.deadLetters.send([letter('a', 'A: x', task('a')), letter('b', 'B: x', task('b'))])
    expect(await run(['redrive', '--reason', 'B'], true)).toEqual({
      code: 0,
      out: ['     1  B', expect.stringMatching(/^ +b {2}from tasks/), expect.stringMatching(/B: x$/), '1 of 1 moved'],
      err: ['Move 1 back?'],
    })
    expect((await contents(fleet.deadLetters)).map(({ attributes }) => attributes.taskId)).toEqual(['a'])
    expect(await run(['redrive', '--task-id', 'b'], true)).toEqual({ code: 0, out: ['no dead letters'], err: [] })
  })

  test('only previews where nobody can answer', async ({ fleet, run }) => {
    await fleet.deadLetters.send([letter('a', 'INVALID_TASK: x', task('a'))])
    const { code, out, err } = await run(['redrive'])
    expect(code).toBe(0)
    expect(out.join('\n')).toContain('1  INVALID_TASK')
    expect(err).toContain('nothing moved: add --yes')
    expect(await contents(fleet.deadLetters)).toHaveLength(1)
    expect(await contents(fleet.tasks)).toEqual([])
  })

  test.for([
    ['yes', true, 0, 1, 0],
    ['no', false, 1, 0, 0],
    ['Ctrl-C', null, 1, 0, 130],
  ] as const)('asks, and takes %s for an answer', async ([_word, answer, dead, redriven, exit], { fleet, run }) => {
    await fleet.deadLetters.send([letter('a', 'INVALID_TASK: x', task('a'))])
    const { code, err } = await run(['redrive'], answer)
    expect({ code, err }).toEqual({ code: exit, err: ['Move 1 back?'] })
    expect(await contents(fleet.deadLetters)).toHaveLength(dead)
    expect(await contents(fleet.tasks)).toHaveLength(redriven)
  })

  test('moves each message to the queue it came from, under its own id, age and origin, body unchanged', async ({
    fleet,
    run,
  }) => {
    await fleet.deadLetters.send([
      letter('a', 'SEND_FAILED: x', task()),
      letter('b', 'UNREADABLE: y', poll('b'), 'polls'),
    ])
    expect((await run(['redrive', '--yes'])).out).toEqual(['2 of 2 moved'])
    const [moved] = await contents(fleet.tasks)
    expect(moved?.body).toBe(task())
    expect(moved?.attributes).toEqual({
      taskId: 'a',
      enqueuedAt: String(HOURS_AGO),
      parks: '0',
      origin: 'origin-of-a',
    })
    expect((await contents(fleet.polls)).map(({ body }) => body)).toEqual([poll('b')])
    expect(await contents(fleet.deadLetters)).toEqual([])
  })

  test('what SQS itself moved: a poll message is known by its shape, a task without an id keeps its message id', async ({
    fleet,
    run,
  }) => {
    await fleet.deadLetters.send([{ body: poll('p') }, { body: task() }])
    const before = await contents(fleet.deadLetters)
    await run(['redrive', '--yes'])
    expect(await contents(fleet.polls)).toHaveLength(1)
    const [moved] = await contents(fleet.tasks)
    const original = before.find(({ body }) => body === task())
    expect(moved?.attributes).toMatchObject({
      taskId: original?.messageId,
      origin: original?.messageId,
      enqueuedAt: String(original?.sentAt),
    })
  })

  test('by reason, or one by id; the others stay and are visible at once', async ({ fleet, run }) => {
    await fleet.deadLetters.send([
      letter('a', 'INVALID_TASK: x', task('a')),
      letter('b', 'TOO_OLD: x', task('b')),
      letter('c', 'TOO_OLD: x', task('c')),
    ])
    expect((await run(['redrive', '--yes', '--task-id', 'c'])).out).toEqual(['1 of 1 moved'])
    expect((await run(['redrive', '--yes', '--reason', 'TOO_OLD'])).out).toEqual(['1 of 1 moved'])
    expect((await contents(fleet.tasks)).map(({ attributes }) => attributes.taskId).sort()).toEqual(['b', 'c'])
    expect((await contents(fleet.deadLetters)).map(({ attributes }) => attributes.taskId)).toEqual(['a'])
  })

  test('many at a time, bodies of 200 KiB among them', async ({ fleet, run }) => {
    const large = JSON.stringify({ method: 'base64', params: { body: 'x'.repeat(200_000) } })
    for (let i = 0; i < 57; i += 1)
      await fleet.deadLetters.send([letter(`t${i}`, 'X: y', i % 5 === 0 ? large : task(`t${i}`))])
    expect((await run(['redrive', '--yes'])).out).toEqual(['57 of 57 moved'])
    expect(await contents(fleet.tasks)).toHaveLength(57)
  })

  test('a queue that cannot be reached is exit code 4', async () => {
    const { code, err } = await lifesign(['redrive', '--yes'])
    expect({ code, lines: err.length }).toEqual({ code: 4, lines: 1 })
  })
})

test.concurrent('a letter that is too large to go back stays where it is and does not keep the others from being moved', async ({
  fleet,
  run,
}) => {
  const MaximumMessageSize = String(LIMITS.messageBytes - LIMITS.attributeBytes)
  const sqs = new SQSClient({
    endpoint: `http://127.0.0.1:${fleet.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: fleet.tasks.url, Attributes: { MaximumMessageSize } }))
  sqs.destroy()
  const largest = 'x'.repeat(Number(MaximumMessageSize))
  await fleet.deadLetters.send([
    letter('large', 'INVALID_TASK: the body is not JSON', largest),
    letter('small', 'FAILED_REPEATEDLY: could not be handled in 10 receives', task('small')),
  ])
  const { code, out } = await run(['redrive', '--yes'])
  expect({ code, out }).toEqual({ code: 1, out: ['1 of 2 moved'] })
  expect((await contents(fleet.tasks)).map(({ attributes }) => attributes.taskId)).toEqual(['small'])
  expect((await contents(fleet.deadLetters)).map(({ body }) => body === largest)).toEqual([true])
})
