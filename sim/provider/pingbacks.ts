import type { LedgerEntry } from './account.ts'
import type { ProviderBehaviour } from './behaviour.ts'

/** One callback that was sent, or why it was not. */
export interface SentPingback {
  at: number
  id: string
  url: string
  status: number | null
  error: string | null
}
type Call = { afterMs: number; url: string; code: string }

const TIMEOUT_MS = 15_000
const isLoopback = (host: string) => /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(host)

/** The callbacks one accepted submit leads to: pure, in milliseconds after the charge. */
export function callbacksOf(charge: LedgerEntry, plan: ProviderBehaviour): Call[] {
  const url = charge.params.pingback
  if (url === undefined || !URL.canParse(url)) return []
  const done = charge.dueAt - charge.at
  const code = charge.solvable ? spelled(charge.answer) : 'ERROR_CAPTCHA_UNSOLVABLE'
  switch (plan.pingback) {
    case 'none':
      return []
    case 'once':
      return [{ afterMs: done, url, code }]
    case 'early':
      return [{ afterMs: done / 2, url, code }]
    case 'late':
      return [{ afterMs: done + plan.pingbackLateMs, url, code }]
    case 'twice':
      return [
        { afterMs: done, url, code },
        { afterMs: done + 400, url, code },
      ]
    case 'forged':
      return [
        { afterMs: done / 2, url, code: 'forged-answer' },
        { afterMs: done / 2, url: `${url}0`, code: 'forged-answer' },
      ]
  }
}

const spelled = (answer: LedgerEntry['answer']) => (typeof answer === 'string' ? answer : JSON.stringify(answer))

/** Calls back when it is time. Only loopback addresses are ever called. */
export function makePingbacks(now: () => number) {
  const sent: SentPingback[] = []
  const timers = new Set<NodeJS.Timeout>()
  const stopped = new AbortController()

  async function call(
    charge: LedgerEntry,
    { url, code }: Call,
    method: ProviderBehaviour['pingbackMethod'],
  ): Promise<void> {
    const record: SentPingback = { at: now(), id: charge.id, url, status: null, error: null }
    sent.push(record)
    const target = new URL(url)
    if (!isLoopback(target.hostname)) {
      record.error = 'not a loopback address'
      return
    }
    const form = new URLSearchParams({ id: charge.id, code })
    if (method === 'GET') for (const [name, value] of form) target.searchParams.set(name, value)
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(TIMEOUT_MS)])
    try {
      const answer = await fetch(target, {
        method,
        signal,
        redirect: 'manual',
        ...(method === 'POST' && { body: form }),
      })
      record.status = answer.status
      await answer.body?.cancel()
    } catch (error) {
      record.error = error instanceof Error ? error.name : 'failed'
    }
  }

  return {
    sent,
    schedule(charge: LedgerEntry, plan: ProviderBehaviour): void {
      for (const due of callbacksOf(charge, plan)) {
        const timer = setTimeout(() => {
          timers.delete(timer)
          void call(charge, due, plan.pingbackMethod)
        }, due.afterMs)
        timers.add(timer)
      }
    },
    stop(): void {
      for (const timer of timers) clearTimeout(timer)
      stopped.abort()
    },
  }
}
