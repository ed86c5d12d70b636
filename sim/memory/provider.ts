import type { Provider } from '../../functions/core/ports.ts'
import type { BalanceAnswer, ResultAnswer, SubmitAnswer, ThreadsAnswer } from '../../functions/core/provider/answers.ts'
import type { Task } from '../../functions/core/task/task.ts'

/** One paid submit: the truth that everything else is compared with. */
interface Charge {
  captchaId: string
  task: Task
  at: number
  pingbackUrl: string | undefined
  /** What the provider answers once it is ready. */
  answer: Exclude<ResultAnswer, { kind: 'pending' }>
  readyAt: number
}

/**
 * What becomes of a submit. `accept`, `loseCharged` and `httpErrorCharged` are charged; missing parts have defaults.
 */
export type SubmitFate =
  | { kind: 'accept'; afterSeconds?: number; answer?: Charge['answer'] }
  | { kind: 'loseCharged'; afterSeconds?: number; answer?: Charge['answer'] }
  | { kind: 'lose' }
  | { kind: 'httpErrorCharged' }
  | Extract<SubmitAnswer, { kind: 'refused' | 'httpError' }>

/** What the n-th submit (from 0) and the n-th poll of a result come to. `null` from `result`: as the charge says. */
export interface ScriptedAnswers {
  submit?: (task: Task, n: number) => SubmitFate
  result?: (captchaId: string, charge: Charge | undefined, n: number) => ResultAnswer | null
  balance?: () => BalanceAnswer
  threads?: () => ThreadsAnswer
}

interface MemoryProvider extends Provider {
  readonly ledger: Charge[]
  readonly submits: Task[]
  readonly polls: string[]
}

/** Ids count up from this one, so that an id says where its charge stands in the ledger. */
const FIRST_ID = 7_000_000_000

export function memoryProvider(
  now: () => number,
  script: ScriptedAnswers = {},
  { name = 'captchaai', billing = 'threads' }: { name?: string; billing?: 'balance' | 'threads' } = {},
): MemoryProvider {
  const ledger: Charge[] = []
  const submits: Task[] = []
  const polls: string[] = []
  const charge = (task: Task, fate: { afterSeconds?: number; answer?: Charge['answer'] }, pingbackUrl?: string) => {
    const captchaId = String(FIRST_ID + ledger.length)
    const answer = fate.answer ?? { kind: 'solved', solution: `solution of ${captchaId}` }
    const at = now()
    ledger.push({ captchaId, task, at, pingbackUrl, answer, readyAt: at + (fate.afterSeconds ?? 12) * 1000 })
    return captchaId
  }
  return {
    name,
    billing,
    ledger,
    submits,
    polls,
    async submit(task, pingbackUrl) {
      const fate = script.submit?.(task, submits.length) ?? { kind: 'accept' }
      submits.push(task)
      if (fate.kind === 'refused' || fate.kind === 'httpError') return fate
      if (fate.kind === 'accept') return { kind: 'accepted', captchaId: charge(task, fate, pingbackUrl) }
      if (fate.kind === 'httpErrorCharged') {
        charge(task, {}, pingbackUrl)
        return { kind: 'httpError', failure: { class: 'transient', code: 'HTTP_502', message: 'bad gateway' } }
      }
      if (fate.kind === 'loseCharged') charge(task, fate, pingbackUrl)
      return { kind: 'lost', failure: { class: 'uncertain', code: 'TIMEOUT', message: 'no answer came in time' } }
    },
    async result(captchaId) {
      const found = ledger[Number(captchaId) - FIRST_ID]
      const scripted = script.result?.(captchaId, found, polls.length) ?? null
      polls.push(captchaId)
      if (scripted !== null) return scripted
      if (found === undefined) {
        const failure = { class: 'unsolvable', code: 'ERROR_WRONG_CAPTCHA_ID', message: 'no such id', lostId: true }
        return { kind: 'failed', failure: { ...failure, class: 'unsolvable' } }
      }
      return now() >= found.readyAt ? found.answer : { kind: 'pending' }
    },
    async balance() {
      return script.balance?.() ?? { kind: 'balance', value: 25, ms: 40 }
    },
    async threads() {
      return script.threads?.() ?? (billing === 'threads' ? { kind: 'threads', total: 10, free: 8 } : { kind: 'none' })
    },
  }
}
