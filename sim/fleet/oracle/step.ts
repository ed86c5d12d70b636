import type { ProviderName } from '../../../functions/contract/providers.ts'
import type { Admission } from '../../../functions/core/admission/item/admission.ts'
import type { Message, QueueName } from '../../../functions/core/message/message.ts'
import type { OutcomeItem, Summary } from '../../../functions/core/outcome/summary.ts'
import type { ResultAnswer, SubmitAnswer } from '../../../functions/core/provider/answers.ts'
import type { ReadinessRecord } from '../../../functions/core/record/record.ts'
import type { TaskTransition } from '../../../functions/core/task/lifecycle.ts'
import type { Result, Task, TaskItem } from '../../../functions/core/task/task.ts'
import type { Held } from '../../memory/queue.ts'
import type { Environment } from '../fleet/environment.ts'
import type { MappingState } from '../fleet/intake-mapping.ts'
import type { Charge } from '../model/charge.ts'
import type { InvalidMessageHistory, Wanted } from './task-history.ts'

/** One thing that really happened, whatever the fleet believes of it. */
export type Step =
  /** A client sent a task. */
  | { kind: 'wanted'; taskId: string; wanted: Wanted }
  /** A client sent a message that is no task. */
  | { kind: 'invalidSent'; message: InvalidMessageHistory }
  /** A queue handed a message to Lambda. */
  | { kind: 'received'; queue: QueueName; message: Message }
  /** An environment that knows the time begins to work on a batch. */
  | { kind: 'invoked'; environment: Environment; queue: QueueName; messages: readonly Message[] }
  /** The table carried out a transition. */
  | {
      kind: 'wrote'
      transition: TaskTransition
      before: TaskItem | undefined
      after: TaskItem
      writer: Environment | null
    }
  /** The admission item was written. */
  | { kind: 'admitted'; admission: Admission }
  /** A person pauses the fleet, or resumes; the item is written next. */
  | { kind: 'commanded'; isPause: boolean }
  /** The event source mapping of the task queue came into this state. */
  | { kind: 'mappingTurned'; state: MappingState }
  /** From now on no fault strikes. */
  | { kind: 'calmed' }
  /**
   * A paid call leaves its worker. `begunAt`: since when it has waited for its key; it ends within a time-out from
   * then.
   */
  | { kind: 'submitLeft'; environment: Environment; task: Task; provider: ProviderName; begunAt: number }
  /** A paid call reaches the provider. */
  | { kind: 'submitArrived'; environment: Environment; task: Task }
  | { kind: 'charged'; environment: Environment; charge: Charge }
  /** A submit is answered with an HTTP error; `masked`: the charge that it hides. */
  | { kind: 'httpError'; task: Task; masked: Charge | null }
  /** A provider refuses a request because of its key, and does nothing else with it. */
  | { kind: 'keyRefused'; environment: Environment; provider: ProviderName; fingerprint: string }
  /** The answer to a submit has reached its worker. */
  | { kind: 'submitAnswered'; environment: Environment; task: Task; provider: ProviderName; answer: SubmitAnswer }
  /** The provider answered a poll; `charge`: null where it knows none of this id. */
  | { kind: 'polled'; environment: Environment; provider: ProviderName; charge: Charge | null; answer: ResultAnswer }
  /** The provider says of a charge that it will not be solved. */
  | { kind: 'unsolved'; charge: Charge; why: 'unsolvable' | 'lostId' }
  /** `result`: what the message says, where it is a result. */
  | { kind: 'sent'; queue: QueueName; message: Held; environment: Environment; result: Result | null }
  /** A message is larger than its queue takes. */
  | { kind: 'tooLarge'; queue: QueueName; bytes: number }
  /** A batch was received and not handed to its function. */
  | { kind: 'invocationRefused'; why: string }
  /** A sweep writes its record; another one may have been faster. */
  | { kind: 'recorded'; record: ReadinessRecord }
  /** A sweep judged the fleet. */
  | { kind: 'judged'; record: ReadinessRecord; beganAt: number }
  /** A function is done with a message, which then leaves its queue. */
  | { kind: 'acknowledged'; message: Message; environment: Environment }
  /** A message came back to its queue; `isExcused`: a fault explains it. */
  | { kind: 'returned'; message: Message; isExcused: boolean }
  /** A function left a message to its queue's redrive that it could have dead-lettered itself. */
  | { kind: 'lastReceiveFailed'; message: Message }
  /** A message is delivered to a second worker while the first one handles it. */
  | { kind: 'deliveredTwice'; message: Message }
  /** A worker that had this poll message died or was struck by a fault, or the message could not be deleted. */
  | { kind: 'pollDisturbed'; message: Message }
  /** A queue gave a message up after as many receives as it allows. */
  | { kind: 'exhausted'; messageId: string }
  /** The answer to the write of an outcome item was an error. */
  | { kind: 'outcomeUnanswered'; invocation: string }
  /** A use case threw although nothing went wrong. */
  | { kind: 'threw'; invocation: string; error: unknown }
  /** An invocation is over. */
  | { kind: 'ended'; environment: Environment; invocation: string; died: boolean }
  /** The run took longer than any run may. */
  | { kind: 'endless'; tasks: number; polls: number }
  /** Faults are over, queues empty, dead letters moved back, and one last sweep has run. */
  | {
      kind: 'atRest'
      items: ReadonlyMap<string, TaskItem>
      outcomes: readonly OutcomeItem[]
      totals: Summary | null
      pollReceives: { most: number; renewedAt: number }
    }

export type StepKind = Step['kind']
export type StepOf<Kind extends StepKind> = Extract<Step, { kind: Kind }>

export function isStep<Kind extends StepKind>(step: Step, kinds: readonly Kind[]): step is StepOf<Kind> {
  const some: readonly StepKind[] = kinds
  return some.includes(step.kind)
}
