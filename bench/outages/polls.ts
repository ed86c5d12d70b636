import type { Result } from '../../functions/core/task/task.ts'
import type { LedgerEntry } from '../../sim/provider/account.ts'

/** Polls per task, and how long after the solver was done the task was settled: of the solved ones of these charges. */
export function toldPolls(name: string, charges: readonly LedgerEntry[], results: readonly Result[]): string {
  const settledAt = new Map(
    results.flatMap(({ status, captchaId, settledAt }) =>
      status === 'solved' && captchaId !== undefined ? [[captchaId, Date.parse(settledAt)]] : [],
    ),
  )
  const late = charges
    .flatMap(({ id, dueAt }) => {
      const at = settledAt.get(id)
      return at === undefined ? [] : [(at - dueAt) / 1000]
    })
    .sort((a, b) => a - b)
  const polls = charges.reduce((sum, charge) => sum + charge.polls, 0)
  const at = (share: number) => `${(late[Math.floor(share * late.length)] ?? Number.NaN).toFixed(2)} s`
  const each = (polls / charges.length).toFixed(2)
  return `${name}: ${charges.length}, ${each} polls a task, result ${at(0.5)} (p50) and ${at(0.95)} (p95) after the solver`
}
