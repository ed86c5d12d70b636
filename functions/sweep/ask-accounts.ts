import {
  type AccountAnswers,
  applyAccountCall,
  COUNTED_SECONDS,
  isDue,
  isUnanswered,
} from '../core/evidence/account-call.ts'
import { initialFacts, type ProviderFacts } from '../core/evidence/provider-facts.ts'
import type { Provider } from '../core/ports.ts'
import { countsRequests } from '../core/provider/profiles.ts'

export type AskedAccount = Pick<Provider, 'name' | 'billing' | 'balance' | 'threads'>

/**
 * The facts of every provider, in their order. Providers whose balance is old are called, all at once. If `refusals` is
 * true, workers' submits were refused because of an account since the last sweep, so every account is called. `open`:
 * providers whose breaker is open are called too.
 */
export async function askAccounts(
  accounts: readonly AskedAccount[],
  known: readonly ProviderFacts[],
  asking: { now: number; balanceSeconds: number; refusals: boolean; open: ReadonlySet<string> },
): Promise<ProviderFacts[]> {
  const { now, balanceSeconds, refusals, open } = asking
  const ask = async (account: AskedAccount): Promise<ProviderFacts> => {
    const found = known.find(({ name }) => name === account.name) ?? initialFacts(account.name, account.billing)
    const facts = { ...found, billing: account.billing }
    const isWanted = isDue(facts, now, balanceSeconds) || refusals || open.has(account.name)
    return isWanted && !isTooSoon(facts, now) ? applyAccountCall(facts, await answersOf(account), now) : facts
  }
  return Promise.all(accounts.map(ask))
}

/**
 * A provider that counts requests against captchas answers at most 1,000 account calls a day, so that a fleet without
 * tasks keeps within 1,200. While its breaker is not closed, and after a call that it did not answer, it is asked as
 * often as any other, so that the fleet recovers soon.
 */
const isTooSoon = (facts: ProviderFacts, now: number): boolean =>
  countsRequests(facts.name) &&
  facts.checkedAt !== null &&
  now - facts.checkedAt < COUNTED_SECONDS * 1000 &&
  facts.breaker.state === 'closed' &&
  !isUnanswered(facts) &&
  // Nothing is sent with a refused key, so a new one is noticed at once and for nothing.
  !facts.keyRefused

/**
 * Seconds that one account call may take. If sweeps are frequent, a provider that does not answer must not make the
 * evidence stale.
 */
export const accountSeconds = (settings: { providerTimeoutSeconds: number; sweepSeconds: number }): number =>
  Math.min(settings.providerTimeoutSeconds, settings.sweepSeconds / 2)

/** The calls run one after the other: a key that the first call finds refused must not be sent again by the second. */
async function answersOf(account: AskedAccount): Promise<AccountAnswers> {
  const balance = await account.balance()
  return { balance, threads: balance.kind === 'failed' ? balance : await account.threads() }
}
