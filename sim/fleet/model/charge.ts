import type { ProviderName } from '../../../functions/contract/providers.ts'
import type { Solution } from '../../../functions/core/provider/answers.ts'
import type { Task } from '../../../functions/core/task/task.ts'

/** One paid submit on the provider's ledger. */
export interface Charge {
  captchaId: string
  provider: ProviderName
  task: Task
  at: number
  /** The answer to polls once it is ready; `never`: pending for ever. */
  fate: 'solved' | 'unsolvable' | 'lostId' | 'taskFault' | 'unknownCode' | 'never'
  solution: Solution
  readyAt: number
  /** When it was last polled and answered to be pending. */
  pendingAt: number
  pingbackUrl: string | undefined
  /** The callback about it is delayed, or comes twice. */
  calledLate: boolean
}
