import type { ProviderName } from '../../../functions/contract/providers.ts'
import type { Admission } from '../../../functions/core/admission/item/admission.ts'
import type { Message } from '../../../functions/core/message/message.ts'
import type { SubmitAnswer } from '../../../functions/core/provider/answers.ts'
import type { Task } from '../../../functions/core/task/task.ts'
import type { Held } from '../../memory/queue.ts'
import type { Environment } from '../fleet/environment.ts'
import type { Charge } from '../model/charge.ts'
import type { SeedScenario } from '../model/seed-scenario.ts'
import { type GateHistory, newGateHistory } from './gate-history.ts'
import { type KeyHistory, newKeyHistory } from './key-history.ts'
import { messageTaskId } from './message-task-id.ts'
import { type InvalidMessageHistory, newHistory, type TaskHistory } from './task-history.ts'

/** A charge right after the full hour may stand on a reservation made right before it. */
const HOUR_EDGE_MS = 30_000
const HOUR_MS = 3_600_000

/** The present invocation of one environment. */
interface EnvironmentWork {
  /** The batch of its present invocation, and when that began; null before the first one. */
  batch: { messages: readonly Message[]; at: number } | null
  /** Tasks of that batch that it submitted. */
  readonly bought: Task[]
  /** The answer to the last submit of each task in this invocation. */
  readonly answers: Map<string, SubmitAnswer['kind']>
  /** Charges whose id it knows and whose poll message it has not sent, by task. */
  readonly unpolled: Map<string, string>
  /** The failure of the last submit of each task in this invocation. */
  readonly refusals: Map<string, { retryAfterSeconds: number; at: number }>
  /** Provider → it asked at `askedAt` that no invocation submits before `until`. */
  readonly backOffs: Map<ProviderName, { askedAt: number; until: number }>
}

/** The log of what really happened, folded into what the invariants ask of it. */
export interface RunLog {
  readonly scenario: SeedScenario
  now(): number
  readonly tasks: ReadonlyMap<string, TaskHistory>
  /** Of a task that is not known yet: a new history, in which nothing has happened. */
  task(taskId: string): TaskHistory
  taskOfPoll(body: string): TaskHistory | undefined
  readonly invalidMessages: ReadonlyMap<string, InvalidMessageHistory>
  readonly deadLetters: readonly Held[]
  /** Results about messages that are no task, by the id that they name. */
  readonly invalidResults: ReadonlyMap<string, number>
  /** The settled tasks by the invocation that counts them; null: no invocation does yet. */
  readonly accountedBy: ReadonlyMap<string | null, ReadonlySet<TaskHistory>>
  /** Invocations whose worker died in them, or whose outcome item was refused at least once. */
  readonly unreliable: ReadonlySet<string>
  /** Batches that were received and not handed to their function, by why. */
  readonly refusals: ReadonlyMap<string, number>
  /** Seconds from when each solution was there to its first result. */
  readonly lateness: readonly number[]
  /** How often each message came back, by whether something that went wrong explains it. */
  readonly returns: ReadonlyMap<string, { excused: number; unexcused: number }>
  /** Messages that a queue itself gave up. */
  readonly exhausted: readonly string[]
  /** The attempts that each environment claimed in its present invocation, by task. */
  readonly claimsOf: ReadonlyMap<Environment, ReadonlyMap<string, string>>
  /** The admission item as it was last written; null: never yet. */
  readonly admission: Admission | null
  /** Provider → since when its breaker in the item is in its state. */
  readonly breakerSince: ReadonlyMap<string, number>
  /** Since when the item says the same about polls. */
  readonly pollsSince: number
  /** A sweep found that tasks fail at the provider or are not solved in time. */
  readonly hasFoundFailing: boolean
  readonly keys: Readonly<KeyHistory>
  readonly gate: Readonly<GateHistory>
  /** Tasks whose item says that they are submitted and not settled. */
  readonly inFlight: ReadonlySet<string>
  workOf(environment: Environment): EnvironmentWork
  /** Charges that count against the limit of this charge's hour; null: this one cannot be counted. */
  chargesInHourOf(charge: Charge): number | null
}

/** The log as `recordStep` adds to it. */
export interface WritableRunLog extends RunLog {
  admission: Admission | null
  readonly breakerSince: Map<string, number>
  pollsSince: number
  hasFoundFailing: boolean
  readonly keys: KeyHistory
  readonly gate: GateHistory
  readonly inFlight: Set<string>
  readonly tasks: Map<string, TaskHistory>
  readonly invalidMessages: Map<string, InvalidMessageHistory>
  readonly deadLetters: Held[]
  readonly invalidResults: Map<string, number>
  readonly accountedBy: Map<string | null, Set<TaskHistory>>
  readonly unreliable: Set<string>
  readonly refusals: Map<string, number>
  readonly lateness: number[]
  readonly returns: Map<string, { excused: number; unexcused: number }>
  readonly exhausted: string[]
  readonly claimsOf: Map<Environment, Map<string, string>>
  /** The task of a message on the task queue or the poll queue. */
  taskOf(message: Message): TaskHistory | undefined
  addCharge(charge: Charge): void
}

export function makeRunLog(scenario: SeedScenario, now: () => number): WritableRunLog {
  const tasks = new Map<string, TaskHistory>()
  const chargesByHour = new Map<number, number>()
  const works = new Map<Environment, EnvironmentWork>()
  return {
    ...{ scenario, now, tasks },
    ...{ invalidMessages: new Map(), deadLetters: [], invalidResults: new Map(), accountedBy: new Map() },
    ...{
      unreliable: new Set(),
      refusals: new Map(),
      lateness: [],
      returns: new Map(),
      exhausted: [],
      claimsOf: new Map(),
      admission: null,
      breakerSince: new Map(),
      pollsSince: 0,
      hasFoundFailing: false,
      keys: newKeyHistory(),
      gate: newGateHistory(),
      inFlight: new Set(),
    },
    task: (taskId) => entryOf(tasks, taskId, () => newHistory(taskId)),
    taskOfPoll(body) {
      const taskId = /^\{(?:"item":\{)?"taskId":"([^"]+)"/.exec(body)?.[1]
      return taskId === undefined ? undefined : tasks.get(taskId)
    },
    taskOf: (message) => tasks.get(messageTaskId(message)),
    workOf: (environment) =>
      entryOf(works, environment, () => ({
        batch: null,
        bought: [],
        answers: new Map(),
        unpolled: new Map(),
        refusals: new Map(),
        backOffs: new Map(),
      })),
    addCharge(charge) {
      const hour = hourOf(charge)
      if (hour !== null) chargesByHour.set(hour, (chargesByHour.get(hour) ?? 0) + 1)
    },
    chargesInHourOf(charge) {
      const hour = hourOf(charge)
      return hour === null ? null : (chargesByHour.get(hour) ?? 0)
    },
  }
}

function hourOf({ at }: Charge): number | null {
  const hour = Math.floor(at / HOUR_MS)
  return at - hour * HOUR_MS < HOUR_EDGE_MS ? null : hour
}

export function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
