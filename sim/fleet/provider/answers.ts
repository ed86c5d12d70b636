import type {
  BalanceAnswer,
  ResultAnswer,
  SubmitAnswer,
  ThreadsAnswer,
} from '../../../functions/core/provider/answers.ts'
import type { Task } from '../../../functions/core/task/task.ts'
import type { Environment } from '../fleet/environment.ts'

/** What a provider answers at the moment when a request arrives. */
export interface Answers {
  submit(task: Task, pingbackUrl: string | undefined, environment: Environment): SubmitAnswer
  /** `who`: the worker that asks. */
  result(captchaId: string, who: string): ResultAnswer
  balance(): BalanceAnswer
  threads(): ThreadsAnswer
  /** Milliseconds from the arrival of the last request to the arrival of this answer. */
  takes(answer: { kind: string }): number
}
