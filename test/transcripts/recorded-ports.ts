import type { Admission } from '../../functions/core/admission/item/admission.ts'
import type { OutcomeItem } from '../../functions/core/outcome/summary.ts'
import type {
  AdmissionStore,
  HistoryStore,
  Intake,
  MessageSender,
  Provider,
  TaskStore,
  VisibilityPort,
  WorkerPorts,
} from '../../functions/core/ports.ts'
import type { SweepPorts } from '../../functions/sweep/sweep.ts'
import type { MemoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryDepths } from '../../sim/memory/depths.ts'
import { memoryOutbox } from '../../sim/memory/outbox.ts'
import type { MemoryOutcomeStore } from '../../sim/memory/outcome-store.ts'
import type { MemoryQueues } from '../../sim/memory/queues.ts'
import type { MemoryRecordStore } from '../../sim/memory/record-store.ts'
import type { MemoryTaskStore } from '../../sim/memory/task-store.ts'
import { memoryVisibility } from '../../sim/memory/visibility.ts'
import { differences } from './as-text.ts'
import type { Environment, Recorder } from './recorder.ts'

/** What all environments share. */
export interface Stores {
  tasks: MemoryTaskStore
  outcomes: MemoryOutcomeStore
  admission: MemoryAdmissionStore
  record: MemoryRecordStore
  history: Pick<HistoryStore, 'save'>
  intake: Intake
  queues: MemoryQueues
  providers: readonly Provider[]
}

type AsText = (value: unknown) => string

/** The ports of one environment; each of their calls is written down. */
export function recordedPorts(
  stores: Stores,
  by: Environment,
  recorder: Recorder,
  asText: AsText,
): Omit<WorkerPorts & SweepPorts, 'clock' | 'known' | 'providers'> & {
  visibility: VisibilityPort
  providers: Provider[]
} {
  const told = async <T>(work: Promise<T>, tell: (answer: T) => string) => {
    const answer = await work
    return { answer, told: tell(answer) }
  }
  const call = <T>(name: string, work: () => Promise<T>, tell: (answer: T) => string = asText) =>
    recorder.call(by, name, () => told(work(), tell))
  const { queues, admission } = stores
  const depths = memoryDepths(queues)
  const asAdmission = () => {
    const reading = admission.stored()
    return reading.kind === 'admission' ? reading.admission : null
  }

  const tasks: TaskStore = {
    apply: (transition) => {
      const { kind } = transition
      const taskId = 'item' in transition ? transition.item.taskId : transition.taskId
      return recorder.call(by, `tasks.${kind}`, async () => {
        const before = stores.tasks.items.get(taskId)
        const answer = await stores.tasks.apply(transition)
        const after = stores.tasks.items.get(taskId)
        return {
          answer,
          told: `${taskId} ${answer.kind === 'applied' ? differences(before, after, asText) : `does not fit: ${asText(answer)}`}`,
        }
      })
    },
    read: (taskId) =>
      call(
        'tasks.read',
        () => stores.tasks.read(taskId),
        (item) => `${taskId} ${item?.state ?? 'absent'}`,
      ),
  }
  const changed = async <T extends { applied: boolean }>(work: () => Promise<T>) => {
    const before: Admission | null = asAdmission()
    const answer = await work()
    return { answer, told: answer.applied ? differences(before, asAdmission(), asText) : 'does not fit' }
  }
  const recordedAdmission: AdmissionStore = {
    read: () =>
      call(
        'admission.read',
        () => admission.read(),
        () => '',
      ),
    write: (change) => recorder.call(by, 'admission.write', () => changed(() => admission.write(change))),
    create: (item) => recorder.call(by, 'admission.create', () => changed(() => admission.create(item))),
  }
  const outbox = memoryOutbox(queues)
  const sender: MessageSender = {
    send: (queue, messages) =>
      recorder.call(
        by,
        `send.${queue}`,
        () =>
          told(outbox.send(queue, messages), () =>
            messages.map((message) => asText({ ...message, body: bodyOf(message.body) })).join(' | '),
          ),
        () => messages.map(() => false),
      ),
  }
  const visibility = memoryVisibility(queues.polls)
  return {
    tasks,
    admission: recordedAdmission,
    sender,
    outcomes: {
      write: (item) =>
        call(
          'outcomes.write',
          () => stores.outcomes.write(item),
          () => asText(withoutZeros(item)),
        ),
      has: (...asked) =>
        call(
          'outcomes.has',
          () => stores.outcomes.has(...asked),
          (found) => `${asText(asked)} → ${found}`,
        ),
      // every shard is asked; what is found shows in the record
      list: (...asked) => stores.outcomes.list(...asked),
    },
    visibility: {
      extend: (holds) => {
        if (holds.length === 0) return Promise.resolve([])
        const extended = () => told(visibility.extend(holds), (answer) => `${asText(holds)} → ${asText(answer)}`)
        return recorder.call(by, 'extend', extended, () => holds.map(() => false))
      },
    },
    providers: stores.providers.map((provider) => ({
      ...provider,
      submit: (task, url) =>
        call(
          'provider.submit',
          () => provider.submit(task, url),
          (answer) => `${provider.name} ${asText({ task, url })} → ${asText(answer)}`,
        ),
      result: (id) =>
        call(
          'provider.result',
          () => provider.result(id),
          (answer) => `${provider.name} ${id} → ${asText(answer)}`,
        ),
      balance: () =>
        call(
          'provider.balance',
          () => provider.balance(),
          (answer) => `${provider.name} ${asText(answer)}`,
        ),
      threads: () =>
        call(
          'provider.threads',
          () => provider.threads(),
          (answer) => `${provider.name} ${asText(answer)}`,
        ),
    })),
    log: (level, message, fields = {}) => recorder.tell(by.name, `logs ${level}: ${message} ${asText(fields)}`),
    record: {
      read: () =>
        call(
          'record.read',
          () => stores.record.read(),
          () => '',
        ),
      write: (record, previous) =>
        recorder.call(by, 'record.write', async () => {
          const before = stores.record.stored()
          const answer = await stores.record.write(record, previous)
          return { answer, told: answer ? differences(before, record, asText) : 'does not fit' }
        }),
    },
    history: {
      save: (bucket) =>
        call(
          'history.save',
          () => stores.history.save(bucket),
          () => asText(bucket),
        ),
    },
    depths: {
      read: (queue) =>
        call(
          'depths',
          () => depths.read(queue),
          (answer) => `${queue} ${asText(answer)}`,
        ),
    },
    intake: {
      read: () => call('intake.read', () => stores.intake.read()),
      set: (open) =>
        call(
          'intake.set',
          () => stores.intake.set(open),
          (answer) => `${open} → ${answer}`,
        ),
    },
    metrics: {
      publish: (metrics) =>
        call(
          'metrics',
          async () => {},
          () => metrics.map(({ name, ...rest }) => `${name} ${asText(rest)}`).join(', '),
        ),
    },
  }
}

/** A body is shown as what it says, without the fields that are the same in every task. */
function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** What an outcome item counts, without what it does not count. */
const withoutZeros = (item: OutcomeItem): unknown =>
  Object.fromEntries(
    Object.entries(item).filter(
      ([, value]) => value !== 0 && value !== null && JSON.stringify(value) !== '[]' && JSON.stringify(value) !== '{}',
    ),
  )
