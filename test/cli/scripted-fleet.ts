import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { test } from 'vitest'
import { Queue, type Received } from '../../bin/commands/fleet/queue.ts'
import { main } from '../../bin/lifesign.ts'
import { fauxqsEngine } from '../engines/fauxqs.ts'

/** The four queues on a real SQS engine, with a scripted worker in the fleet's place. */
export interface Fleet {
  port: number
  tasks: Queue
  results: Queue
  deadLetters: Queue
  polls: Queue
  /** Answers each task message as `script` says; undefined: no answer. */
  serve(script: (task: Task) => object | undefined): void
  close(): Promise<void>
}
export type Task = { taskId: string } & Record<string, unknown>

/** `maxReceiveCount`: of the task queue, after which SQS itself moves a message to the dead letters. */
export async function startFleet({ maxReceiveCount }: { maxReceiveCount?: number } = {}): Promise<Fleet> {
  const engine = await fauxqsEngine.start()
  const { endpoint } = engine
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials, useQueueUrlAsEndpoint: false })
  const create = async (QueueName: string, Attributes: Record<string, string> = {}) => {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
    return new Queue(sqs, QueueUrl)
  }
  const deadLetters = await create('lifesign-dead-letters')
  const redrive = { deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:lifesign-dead-letters', maxReceiveCount }
  const tasks = await create('lifesign-tasks', maxReceiveCount ? { RedrivePolicy: JSON.stringify(redrive) } : {})
  const results = await create('lifesign-results')
  const stop = new AbortController()
  let serving = Promise.resolve()
  return {
    port: Number(new URL(endpoint).port),
    tasks,
    results,
    deadLetters,
    polls: await create('lifesign-polls'),
    serve: (script) => {
      serving = serve(tasks, results, script, stop.signal)
    },
    close: async () => {
      stop.abort()
      await serving
      sqs.destroy()
      await engine.stop()
    },
  }
}

/** A test that has a fleet of its own, so that tests that wait can wait side by side. */
export const fleetTest = test.extend<{ fleet: Fleet }>({
  fleet: async ({ task: _ }, use) => {
    const fleet = await startFleet()
    await use(fleet)
    await fleet.close()
  },
})

async function serve(tasks: Queue, results: Queue, script: (task: Task) => object | undefined, stop: AbortSignal) {
  while (!stop.aborted) {
    const messages = await tasks.receive(1, 30, stop).catch(() => [])
    const answers = messages.flatMap(({ body }) => script(JSON.parse(body)) ?? [])
    await results.send(answers.map((answer) => ({ body: JSON.stringify(answer) })))
    await tasks.delete(messages)
  }
}

export const solved = ({ taskId }: Task) => ({
  taskId,
  status: 'solved',
  solution: `token-of-${taskId}`,
  provider: 'captchaai',
  captchaId: '1',
  attempts: 1,
  enqueuedAt: '2026-11-21T08:00:00.000Z',
  submittedAt: '2026-11-21T08:00:01.000Z',
  settledAt: '2026-11-21T08:00:09.000Z',
})
export const failed = (task: Task, code = 'ERROR_CAPTCHA_UNSOLVABLE') => ({
  ...solved(task),
  solution: undefined,
  status: 'failed',
  error: { code, class: 'unsolvable', message: 'nobody could solve it' },
})
export const expired = (task: Task) => ({
  ...solved(task),
  solution: undefined,
  status: 'expired',
  error: { code: 'DEADLINE_EXCEEDED', class: 'deadline', message: 'the deadline passed' },
})

export interface Run {
  code: number
  out: string[]
  err: string[]
}

/** The command as a person types it, its words kept. `answer`, `typed`: what a person says; absent: nobody is there. */
export async function lifesign(
  args: string[],
  options: {
    port?: number
    dynamodbPort?: number
    answer?: boolean | null
    stop?: AbortSignal
    live?: boolean
    coloured?: boolean
    input?: Buffer | string
    typed?: string | null
    env?: Record<string, string>
    /** Receives each line of progress. */
    onProgress?: (line: string) => void
  } = {},
): Promise<Run> {
  const run: Run = { code: -1, out: [], err: [] }
  run.code = await main(args, {
    env: {
      /** Nothing listens on port 9. */
      LIFESIGN_SQS_PORT: String(options.port ?? 9),
      LIFESIGN_DYNAMODB_PORT: String(options.dynamodbPort ?? 9),
      ...options.env,
    },
    stop: options.stop ?? new AbortController().signal,
    input: async () => Buffer.from(options.input ?? ''),
    terminal: {
      live: options.live ?? false,
      coloured: options.coloured ?? false,
      out: (line) => run.out.push(line),
      err: (line) => run.err.push(line),
      status: options.onProgress ?? (() => {}),
      secret: (question) => {
        if (options.typed === undefined) return null
        run.err.push(question)
        return Promise.resolve(options.typed)
      },
      confirm: (question) => {
        if (options.answer === undefined) return null
        run.err.push(question)
        return Promise.resolve(options.answer)
      },
    },
  })
  return run
}

/** Everything on a queue, seen once and given back. */
export async function contents(queue: Queue): Promise<Received[]> {
  const seen: Received[] = []
  for (;;) {
    const messages = await queue.receive(0, 30)
    if (messages.length === 0) break
    seen.push(...messages)
  }
  await queue.giveBack(seen)
  return seen
}
