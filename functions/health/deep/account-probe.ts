import { applyAccountCall } from '../../core/evidence/account-call.ts'
import { hasNoThreads, initialFacts, isLow } from '../../core/evidence/provider-facts.ts'
import type { Provider } from '../../core/ports.ts'
import type { ThreadsAnswer } from '../../core/provider/answers.ts'
import type { ErrorClass, ProviderFailure } from '../../core/provider/error-class.ts'
import { type Found, OK } from './probe.ts'

/** Answers that say: not now. The account and its key are good. */
const NOT_NOW: readonly ErrorClass[] = ['rate', 'capacity', 'pending', 'ignore']

/** Asks for balance and threads, which is free. The key is tried, also one that the fleet holds for refused. */
export async function probeAccount(
  account: Pick<Provider, 'name' | 'billing' | 'balance' | 'threads'>,
  minBalance: number | null,
): Promise<Found> {
  const balance = await account.balance()
  if (balance.kind === 'failed') return failed(balance.failure)
  const threads: ThreadsAnswer = await account.threads()
  if (threads.kind === 'failed') return { ...failed(threads.failure), status: 'degraded' }
  const facts = applyAccountCall(initialFacts(account.name, account.billing), { balance, threads }, 0)
  if (hasNoThreads(facts)) return { status: 'down', error: 'no_threads', reason: 'The plan has no threads.' }
  if (isLow(facts, minBalance))
    return { status: 'degraded', error: 'low_balance', reason: 'The balance is below minBalance.' }
  return OK
}

export const failed = ({ class: kind, code, message }: ProviderFailure): Found => ({
  status: NOT_NOW.includes(kind) ? 'degraded' : 'down',
  error: code,
  reason: message,
})
