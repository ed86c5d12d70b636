import type { OutgoingMessage, QueueName } from '../../../functions/core/message/message.ts'
import type {
  AdmissionStore,
  Ids,
  Intake,
  MessageSender,
  MetricSink,
  OutcomeStore,
  Provider,
  QueueDepths,
  RecordStore,
  TaskStore,
  VisibilityPort,
} from '../../../functions/core/ports.ts'
import type { Result } from '../../../functions/core/task/task.ts'
import type { KnownAdmission } from '../../../functions/worker/known-admission.ts'
import { memoryIds } from '../../memory/ids.ts'
import { keyedProviders } from '../provider/keyed.ts'
import { START, type World } from '../world.ts'
import { type Environment, makeCall } from './environment.ts'

/** The world as one execution environment sees it. */
export interface Ports {
  tasks: TaskStore
  outcomes: OutcomeStore
  record: RecordStore
  admission: AdmissionStore
  sender: MessageSender
  visibility: VisibilityPort
  depths: QueueDepths
  metrics: MetricSink
  /** The event source mapping, as its API answers this environment. */
  intakeOf(mapping: Intake): Intake
  /** In order of preference. */
  providers: Provider[]
  /** What this environment knows of the admission item; absent: nothing but what its use case reads. */
  known?: KnownAdmission
  clock: Environment['clock']
  ids: Ids
}

const WRITE = { refused: true, halfway: true, retried: true } as const
/** Never sent twice. */
const WRITE_ONCE = { refused: true, halfway: true } as const
const READ = { refused: true } as const

export function portsOf(world: World, environment: Environment): Ports {
  const { virtualTime, faults, oracle, queues, aws, depths, trace } = world
  const call = makeCall(environment, virtualTime, faults, trace)
  const strikes = (fault: Parameters<typeof faults.strikes>[0]): boolean => {
    const struck = faults.strikes(fault)
    if (struck) environment.faultCount++
    return struck
  }
  const { down } = world.scenario
  const isDown = (queue: QueueName): boolean => {
    const seconds = (virtualTime.now() - START) / 1000
    return queue === down.queue && seconds >= down.from && seconds < down.until
  }
  const sendOnce = (queue: QueueName, message: OutgoingMessage): void => {
    const held = queues[queue].send(message, environment.lineage)
    const result: Result | null = queue === 'results' ? JSON.parse(held.body) : null
    oracle.record({ kind: 'sent', queue, message: held, environment, result })
  }
  /** Whether the message was sent, as far as the sender knows. */
  const deliver = (queue: QueueName, message: OutgoingMessage): boolean => {
    if (isDown(queue) && strikes('queueDown')) return false
    if (strikes('sendFails')) return false
    const bytes = bytesOf(message)
    if (!aws.fits(queue, bytes)) {
      oracle.record({ kind: 'tooLarge', queue, bytes })
      return false
    }
    sendOnce(queue, message)
    if (strikes('sendTwice')) sendOnce(queue, message)
    return !strikes('sendHalfway')
  }
  const { clock } = environment
  const ids = memoryIds(faults.random.fork())
  const admission: AdmissionStore = {
    read: () => call('admission.read', READ, () => world.admission.read(), true),
    write: (change) => call('admission.write', WRITE_ONCE, () => world.admission.write(change), true),
    create: (first) => call('admission.create', WRITE, () => world.admission.create(first), true),
  }
  const accounts =
    world.scenario.trouble?.kind === 'key'
      ? keyedProviders(world, { environment, admission, clock, ids })
      : { providers: world.provider.providersOf(environment) }
  return {
    ...accounts,
    clock,
    ids,
    admission,
    tasks: {
      apply: (event, withinMs) =>
        call(
          `tasks.${event.kind}`,
          WRITE,
          () => {
            oracle.writer = environment
            return world.tasks.apply(event)
          },
          true,
          withinMs,
        ),
      read: (taskId) => call('tasks.read', READ, () => world.tasks.read(taskId), true),
    },
    outcomes: {
      write: (item) =>
        call('outcomes.write', WRITE, () => world.outcomes.write(item), true).catch((error: unknown) => {
          oracle.record({ kind: 'outcomeUnanswered', invocation: item.invocation })
          throw error
        }),
      has: (invocation, from, to) => call('outcomes.has', READ, () => world.outcomes.has(invocation, from, to), true),
      list: (shard, after, until, limit) =>
        call('outcomes.list', READ, () => world.outcomes.list(shard, after, until, limit), true),
    },
    record: {
      read: () => call('record.read', READ, () => world.record.read(), true),
      write: (record, previous) => {
        const effect = () => {
          oracle.record({ kind: 'recorded', record })
          return world.record.write(record, previous)
        }
        return call('record.write', WRITE, effect, true)
      },
    },
    sender: {
      send: (queue, messages) =>
        call(`sender.${queue}`, {}, async () =>
          messages.map((message) => {
            const known = deliver(queue, message)
            if (!known && queue === 'deadLetters') environment.letterFailed = true
            return known
          }),
        ),
    },
    visibility: {
      extend: (holds) =>
        call('visibility.hide', {}, async () =>
          holds.map(({ receipt, seconds }) => !strikes('hideFails') && queues.polls.hide(receipt, seconds)),
        ),
    },
    depths: { read: (queue) => call('depths.read', READ, () => depths.read(queue)) },
    metrics: { publish: () => call('metrics.publish', READ, async () => {}) },
    intakeOf: (mapping) => ({
      read: () => call('intake.read', READ, () => mapping.read()),
      set: (open) => call('intake.set', WRITE_ONCE, () => mapping.set(open)),
    }),
  }
}

/** As SQS counts it: the body, and the names, types and values of the attributes. */
function bytesOf({ body, attributes = {} }: OutgoingMessage): number {
  const texts = Object.entries(attributes).map(([name, value]) => `${name}String${value}`)
  return Buffer.byteLength(body) + Buffer.byteLength(texts.join(''))
}
