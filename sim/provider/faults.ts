import type { Random } from '../support/random.ts'
import type { Fault } from './behaviour.ts'

/** What a request is about, as far as faults care. */
export type Aim = 'submit' | 'result' | 'account'
/** Faults that strike requests, one at a time. */
export type RequestFault = Exclude<Fault, { kind: 'refuse' | 'drop' }>
type Window = { fromSeconds?: number | undefined; forSeconds?: number | undefined; everySeconds?: number | undefined }

/** Whether the window is open `seconds` after the plan was set. */
export function isOpen(window: Window, seconds: number): boolean {
  const since = seconds - (window.fromSeconds ?? 0)
  if (since < 0) return false
  const into = window.everySeconds === undefined ? since : since % window.everySeconds
  return window.forSeconds === undefined || into < window.forSeconds
}

/** Seconds from now until the window next opens or shuts; null: never. */
export function nextTurn(window: Window, seconds: number): number | null {
  const since = seconds - (window.fromSeconds ?? 0)
  if (since < 0) return -since
  if (window.forSeconds === undefined) return null
  if (window.everySeconds === undefined) return since < window.forSeconds ? window.forSeconds - since : null
  const into = since % window.everySeconds
  return into < window.forSeconds ? window.forSeconds - into : window.everySeconds - into
}

/** The faults of one plan and how often each has matched and struck. */
export function makeFaults(faults: readonly Fault[], random: Random, setAt: number) {
  const tallies = new Map<Fault, { matched: number; struck: number }>()

  const strikes = (fault: Exclude<Fault, { kind: 'refuse' }>, now: number): boolean => {
    if (!isOpen(fault, (now - setAt) / 1000)) return false
    const tally = tallies.get(fault) ?? { matched: 0, struck: 0 }
    tallies.set(fault, tally)
    tally.matched += 1
    if (tally.matched <= (fault.after ?? 0)) return false
    if (tally.struck >= (fault.count ?? Number.POSITIVE_INFINITY)) return false
    if (fault.rate !== undefined && random.next() >= fault.rate) return false
    tally.struck += 1
    return true
  }

  return {
    /** The first fault that strikes this request. */
    strike(aim: Aim, now: number): RequestFault | null {
      for (const fault of faults) {
        if (fault.kind === 'refuse' || fault.kind === 'drop') continue
        if ((fault.on === 'any' || fault.on === aim) && strikes(fault, now)) return fault
      }
      return null
    },
    /** Whether this connection is dropped before a byte is read. */
    drops: (now: number): boolean => faults.some((fault) => fault.kind === 'drop' && strikes(fault, now)),
    refuses: (now: number): boolean => faults.some((f) => f.kind === 'refuse' && isOpen(f, (now - setAt) / 1000)),
    /** Seconds until the listener has to come or go. */
    nextTurn(now: number): number | null {
      const turns = faults.flatMap((f) => (f.kind === 'refuse' ? (nextTurn(f, (now - setAt) / 1000) ?? []) : []))
      return turns.length === 0 ? null : Math.min(...turns)
    },
  }
}
export type Faults = ReturnType<typeof makeFaults>
