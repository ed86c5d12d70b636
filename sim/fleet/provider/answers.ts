import type { ProviderName } from '../../../functions/contract/providers.ts'
import type {
  BalanceAnswer,
  ResultAnswer,
  SubmitAnswer,
  ThreadsAnswer,
} from '../../../functions/core/provider/answers.ts'
import type { Task } from '../../../functions/core/task/task.ts'
import type { Environment } from '../fleet/environment.ts'

/** A paid call as it arrives. */
export interface SubmitAsk {
  task: Task
  pingbackUrl: string | undefined
  environment: Environment
  provider: ProviderName
}

/** What a provider answers at the moment when a request arrives. */
export interface Answers {
  submit(ask: SubmitAsk): SubmitAnswer
  /** `who`: the worker that asks. */
  result(captchaId: string, who: string, provider: ProviderName): ResultAnswer
  balance(provider: ProviderName): BalanceAnswer
  threads(provider: ProviderName): ThreadsAnswer
  /** Milliseconds from the arrival of the last request to the arrival of this answer. */
  takes(answer: { kind: string }): number
}
