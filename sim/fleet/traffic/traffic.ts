import { LIMITS } from '../../../functions/contract/limits.ts'
import type { Reply } from '../../../functions/core/task/task.ts'
import type { World } from '../world.ts'

const METHODS = ['userrecaptcha', 'userrecaptcha', 'turnstile', 'hcaptcha', 'geetest', 'base64', 'brandnew'] as const
const DEADLINES = [20, 45, 90, 180, 300, 300, 300, 600] as const
const REPLIES = ['queue', 'queue', 'record', 'both'] as const
const PRIORITIES = ['low', 'normal', 'normal', 'high', 'critical'] as const

/** The clients: each sends its task once, twice, late, with an id that is taken, or something that is no task. */
export function sendTraffic(world: World): void {
  const { scenario, faults, virtualTime, random } = world
  for (let n = 0; n < scenario.tasks; n++) {
    virtualTime.after(
      random.next() * scenario.span * 1000,
      () => {
        if (faults.strikes('invalidTask')) sendInvalidTask(world, n)
        else sendTask(world, n)
      },
      true,
    )
  }
}

interface SentTask {
  sitekey: string
  reply: Reply
  priority?: string
}

function sendTask(world: World, n: number): void {
  const { faults, virtualTime, random, scenario } = world
  const taskId = random.chance(0.85) ? `t${n}` : undefined
  const deadlineSeconds = random.pick(DEADLINES)
  const task = {
    ...payloadOf(random.pick(METHODS), n, 0),
    ...(n === world.aws.largeTask ? LARGE : {}),
    deadlineSeconds,
    reply: random.pick(REPLIES),
  }
  const send = (payload: SentTask) => sendBody(world, taskId, payload, deadlineSeconds)
  const again = (payload: SentTask) => {
    virtualTime.after(random.next() ** 2 * scenario.span * 2000, () => send(payload), true)
  }
  send({ ...task, priority: random.pick(PRIORITIES) })
  if (taskId === undefined) return
  while (faults.strikes('sentTwice')) again({ ...task, priority: random.pick(PRIORITIES) })
  if (faults.strikes('reusedId')) again({ ...task, ...payloadOf('userrecaptcha', n, 1) })
}

/** Nearly as large as a body may be, and twice that where a message carries it as text. */
const LARGE = {
  params: { gt: 'a'.repeat(32), challenge: 'c', body: 'iVBORw0KGgo=', data: '"'.repeat(LIMITS.bodyBytes / 2 - 1000) },
}

function payloadOf(method: string, n: number, variant: number) {
  const site = { method, sitekey: `key-${n}-${variant}`, pageurl: 'https://example.com/login' }
  if (method === 'geetest') return { ...site, params: { gt: 'a'.repeat(32), challenge: `c${n}` } }
  return method === 'base64' ? { ...site, params: { body: 'iVBORw0KGgo=', numeric: 1 } } : site
}

function sendBody(world: World, taskId: string | undefined, task: SentTask, deadlineSeconds: number): void {
  const { faults, queues, random, oracle, trace, virtualTime } = world
  const body = JSON.stringify(taskId === undefined ? task : { taskId, ...task })
  const delaySeconds = faults.strikes('sentLate') ? random.between(1, 90) : 0
  const { messageId } = queues.tasks.send({ body, delaySeconds })
  const sentAt = virtualTime.now()
  const { sitekey: payload, reply } = task
  trace?.('client', `sends ${taskId ?? messageId} as ${messageId}: ${body}`)
  const wanted = { messageId, payload, sentAt, reply, deadlineAt: sentAt + deadlineSeconds * 1000 }
  oracle.record({ kind: 'wanted', taskId: taskId ?? messageId, wanted })
}

const INVALID_BODIES: readonly [(n: number) => string, ...((n: number) => string)[]] = [
  () => 'not JSON',
  () => '',
  () => '[]',
  () => '{"method":"userrecaptcha"}',
  (n) => `{"taskId":"m${n}","sitekey":"k","pageurl":"p","colour":"red"}`,
  (n) => `{"taskId":"m${n}","sitekey":7,"pageurl":"p","deadlineSeconds":5}`,
  (n) => `{"taskId":"m${n} ","sitekey":"k","pageurl":"p"}`,
  (n) => `{"taskId":"m${n}","sitekey":"k","pageurl":"p","params":${'['.repeat(1000)}${']'.repeat(1000)}}`,
]

function sendInvalidTask(world: World, n: number): void {
  const { queues, random, oracle, trace } = world
  const huge = random.chance(0.01) ? ' '.repeat(LIMITS.bodyBytes) : ''
  const body = random.pick(INVALID_BODIES)(n) + huge
  const { messageId } = queues.tasks.send({ body })
  const named = /^\{"taskId":"(m\d+)"/.exec(body)?.[1]
  trace?.('client', `sends an invalid task as ${messageId}: ${body.slice(0, 80)}`)
  oracle.record({ kind: 'invalidSent', message: { messageId, taskId: named ?? messageId, receives: 0 } })
}
