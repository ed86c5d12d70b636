import type { Random } from '../support/random.ts'
import type { ProviderBehaviour } from './behaviour.ts'
import type { Fault } from './fault-kinds.ts'

/** What a request is about, as far as faults care. */
type Aim = 'submit' | 'result' | 'account'
type ConnectionFault = Extract<Fault, { kind: 'refuse' | 'drop' }>
type AddedFault = Extract<Fault, { kind: 'slow' | 'override' }>
/** Faults that take the place of the answer; one of them at most strikes a request. */
export type AnswerFault = Exclude<Fault, ConnectionFault | AddedFault>
interface Window {
  fromSeconds?: number | undefined
  forSeconds?: number | undefined
  everySeconds?: number | undefined
  untilSeconds?: number | undefined
}

/** What an action of the protocol is about. */
export const aimOf = (action: string): Aim => (action === 'submit' ? 'submit' : action === 'get' ? 'result' : 'account')

/** Everything that goes wrong with one request. */
export interface Struck {
  answer: AnswerFault | null
  delayMs: number
  /** The plan under which the provider treats it. */
  plan: ProviderBehaviour
  kinds: Fault['kind'][]
}

/** Whether the window is open `seconds` after the fault was set. */
export function isOpen(window: Window, seconds: number): boolean {
  const since = seconds - (window.fromSeconds ?? 0)
  if (since < 0 || seconds >= (window.untilSeconds ?? Number.POSITIVE_INFINITY)) return false
  const into = window.everySeconds === undefined ? since : since % window.everySeconds
  return window.forSeconds === undefined || into < window.forSeconds
}

/** Seconds from now until the window next opens or closes; null: never. */
export function nextTurn(window: Window, seconds: number): number | null {
  const left = (window.untilSeconds ?? Number.POSITIVE_INFINITY) - seconds
  const edge = nextEdge(window, seconds - (window.fromSeconds ?? 0))
  const turn = isOpen(window, seconds) ? Math.min(left, edge) : edge < left ? edge : Number.POSITIVE_INFINITY
  return turn === Number.POSITIVE_INFINITY ? null : turn
}

function nextEdge({ forSeconds, everySeconds }: Window, since: number): number {
  if (since < 0) return -since
  if (forSeconds === undefined) return Number.POSITIVE_INFINITY
  if (everySeconds === undefined) return since < forSeconds ? forSeconds - since : Number.POSITIVE_INFINITY
  const into = since % everySeconds
  return into < forSeconds ? forSeconds - into : everySeconds - into
}

interface ArmedFault {
  fault: Fault
  setAt: number
  matched: number
  struck: number
}
const arm = (faults: readonly Fault[], setAt: number): ArmedFault[] =>
  faults.map((fault) => ({ fault, setAt, matched: 0, struck: 0 }))

/** Seconds: until it begins, and how long it runs then. */
interface Span {
  from: number
  seconds: number
}

/** A named fault that runs; the simulator ends it at `until` (ms since 1970), whoever started it. */
export interface RunningFault {
  name: string
  /** It may be in the future. */
  from: number
  until: number
}

/** The faults that are set, how often each has matched and struck, and when each ends. */
export function makeFaults(random: Random) {
  let planned: ArmedFault[] = []
  let named: (RunningFault & { armed: ArmedFault[] })[] = []

  const running = (now: number) => named.filter(({ until }) => now < until)
  const active = (now: number) => [...running(now).flatMap(({ armed }) => armed), ...planned]

  function strikes(armed: ArmedFault, now: number): boolean {
    const { fault } = armed
    if (!isOpen(fault, (now - armed.setAt) / 1000)) return false
    if (fault.kind === 'refuse') return true
    armed.matched += 1
    if (armed.matched <= (fault.after ?? 0)) return false
    if (armed.struck >= (fault.count ?? Number.POSITIVE_INFINITY)) return false
    if (fault.rate !== undefined && random.next() >= fault.rate) return false
    armed.struck += 1
    return true
  }

  function add(struck: Struck, fault: AnswerFault | AddedFault): void {
    if (fault.kind === 'slow') struck.delayMs += fault.ms
    else if (fault.kind === 'override') struck.plan = { ...struck.plan, ...defined(fault.plan) }
    else struck.answer = fault
    struck.kinds.push(fault.kind)
  }

  return {
    /** Replaces every fault, those with a name too; they begin to count anew. */
    replace(faults: readonly Fault[], now: number): void {
      planned = arm(faults, now)
      named = []
    },
    /** Adds a named fault that runs `seconds`, in place of a running one of the same name. */
    start(name: string, faults: readonly Fault[], { from, seconds }: Span, now: number): RunningFault {
      const entry = { name, from: now + from * 1000, until: now + (from + seconds) * 1000 }
      named = [...running(now).filter((other) => other.name !== name), { ...entry, armed: arm(faults, entry.from) }]
      return entry
    },
    running: (now: number): RunningFault[] => running(now).map(({ name, from, until }) => ({ name, from, until })),
    /**
     * All that goes wrong with this request: the first fault that takes the place of the answer, and what adds to it.
     */
    strike(aim: Aim, now: number, plan: ProviderBehaviour): Struck {
      const struck: Struck = { answer: null, delayMs: 0, plan, kinds: [] }
      for (const armed of active(now)) {
        const { fault } = armed
        if (fault.kind === 'refuse' || fault.kind === 'drop') continue
        if (fault.on !== 'any' && fault.on !== aim) continue
        const adds = fault.kind === 'slow' || fault.kind === 'override'
        if ((adds || struck.answer === null) && strikes(armed, now)) add(struck, fault)
      }
      return struck
    },
    /** Whether this connection is dropped before a byte is read. */
    drops: (now: number): boolean => active(now).some((armed) => armed.fault.kind === 'drop' && strikes(armed, now)),
    refuses: (now: number): boolean =>
      active(now).some((armed) => armed.fault.kind === 'refuse' && strikes(armed, now)),
    /** Seconds until the listener has to come or go. */
    nextTurn(now: number): number | null {
      const turns = active(now).flatMap(({ fault, setAt }) =>
        fault.kind === 'refuse' ? (nextTurn(fault, (now - setAt) / 1000) ?? []) : [],
      )
      return turns.length === 0 ? null : Math.min(...turns)
    },
  }
}
export type Faults = ReturnType<typeof makeFaults>

/** Without the fields that are undefined: those change nothing. */
function defined<T extends object>(fields: { [K in keyof T]?: T[K] | undefined }): Partial<T> {
  const kept: Partial<T> = {}
  for (const name in fields) if (fields[name] !== undefined) kept[name] = fields[name]
  return kept
}
