import { EXIT } from '../cli/exit.ts'
import { plain, type Terminal } from '../cli/terminal.ts'
import { isNotKept, type ReceivedResult, secondsOf, solutionText } from './result-message.ts'
import type { TaskStatus } from './task-status.ts'
import { outcomeExitCode, type WaitOutcome } from './wait-for-results.ts'

/** Reports the progress and the outcomes of tasks: to a person, or with `json` to a program. */
interface Report {
  onStatus(taskId: string, status: TaskStatus): void
  onNothing(taskId: string): void
  onOutcome(taskId: string, outcome: WaitOutcome): void
  /** Called about every quarter of a second. */
  tick(): void
  /** Prints the closing lines and returns the exit code. */
  close(): number
}

const TAKEN =
  'solved, but another reader of the result queue took the solution; `--reply both` keeps a copy in the table'

/** The texts for a task that is not in the table: right after it was sent, or if only its id is known. */
export const SENT = 'waiting in the task queue'
export const NOTHING_KNOWN = 'nothing is known of it: no worker has taken it, or it was never sent under this id'

export function reportOne(
  terminal: Terminal,
  json: boolean,
  waitSeconds: number,
  first: typeof SENT | typeof NOTHING_KNOWN,
  now = Date.now,
): Report {
  const began = now()
  const seconds = () => (now() - began) / 1000
  let shown: string = first
  let isHintShown = false
  let code: number = EXIT.noResult
  return {
    onStatus(_taskId, status) {
      const news = statusText(status)
      if (news !== shown && !terminal.live) terminal.err(`${seconds().toFixed(1).padStart(6)} s  ${news}`)
      shown = news
    },
    onNothing() {
      if (shown === NOTHING_KNOWN && !isHintShown && !terminal.live) terminal.err(shown)
      isHintShown = true
    },
    tick: () => terminal.status(`${seconds().toFixed(0).padStart(4)} s  ${shown}`),
    onOutcome(taskId, outcome) {
      code = outcomeExitCode(outcome)
      terminal.status('')
      if (json) terminal.out(jsonLine(taskId, outcome))
      if (outcome.kind === 'taken') terminal.err(TAKEN)
      else if (outcome.kind === 'none')
        terminal.err(
          `no result for ${taskId} in ${waitSeconds} s; ${shown === NOTHING_KNOWN ? '' : 'last seen '}${shown}`,
        )
      else printResult(terminal, outcome.result, json)
    },
    close: () => code,
  }
}

function printResult(terminal: Terminal, result: ReceivedResult, json: boolean): void {
  if (isNotKept(result)) {
    terminal.err(notKept(result))
    return
  }
  if (!json && result.status === 'solved') terminal.out(solutionText(result))
  const by = result.provider === undefined ? '' : ` by ${plain(result.provider)}`
  if (result.status !== 'solved') terminal.err(`${result.status}: ${errorText(result)}`)
  else terminal.err(`solved${by}${took(result)}${usable(result)}`)
}

function took(result: ReceivedResult): string {
  const seconds = secondsOf(result)
  return seconds === undefined ? '' : ` in ${seconds.toFixed(1)} s`
}

function usable({ usableUntil }: ReceivedResult): string {
  if (usableUntil === undefined) return ''
  const late = Date.parse(usableUntil) < Date.now()
  return late ? `, too late: it was usable until ${plain(usableUntil)}` : `, usable until ${plain(usableUntil)}`
}

const notKept = (result: ReceivedResult): string =>
  `solved before, but without its solution now: ${errorText(result)} ` +
  'Use a new --task-id, and `--reply both` to keep a copy in the table'

const errorText = ({ error }: ReceivedResult): string =>
  error === undefined ? 'no reason given' : plain(`${error.code} (${error.class}): ${error.message}`)

const statusText = ({ state, provider, result }: TaskStatus): string => {
  if (result !== undefined) return `${result.status}, its result is on the way`
  if (state === 'claimed') return 'taken by a worker'
  if (state === 'unknown') return 'waiting: the answer to its submit was lost'
  return `${state === 'submitted' ? 'being solved' : plain(state)}${provider ? ` by ${plain(provider)}` : ''}`
}

type Count = ReceivedResult['status'] | 'without a result'

export function reportMany(terminal: Terminal, json: boolean, tasks: number, now = Date.now): Report {
  const began = now()
  const counts: Record<Count, number> = { solved: 0, failed: 0, expired: 0, 'without a result': 0 }
  let worst: number = EXIT.ok
  const countsText = () =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')
  const seconds = () => ((now() - began) / 1000).toFixed(1)
  return {
    onStatus() {},
    onNothing() {},
    tick: () => terminal.status(`${seconds()} s  of ${tasks}: ${countsText()}`),
    onOutcome(taskId, outcome) {
      worst = Math.max(worst, outcomeExitCode(outcome))
      const isResult = outcome.kind === 'result' && !isNotKept(outcome.result)
      counts[isResult ? outcome.result.status : 'without a result'] += 1
      terminal.out(json ? jsonLine(taskId, outcome) : textLine(taskId, outcome))
    },
    close() {
      terminal.status('')
      terminal.err(`${tasks} tasks in ${seconds()} s: ${countsText()}`)
      return worst
    },
  }
}

const jsonLine = (taskId: string, outcome: WaitOutcome): string =>
  JSON.stringify(outcome.kind === 'result' ? outcome.result : { taskId, status: 'no_result', why: outcome.kind })

function textLine(taskId: string, outcome: WaitOutcome): string {
  if (outcome.kind !== 'result') return `${taskId}\tno result\t${outcome.kind === 'taken' ? TAKEN : 'none in time'}`
  const { result } = outcome
  if (isNotKept(result)) return `${taskId}\tno result\t${notKept(result)}`
  return `${taskId}\t${result.status}\t${result.status === 'solved' ? solutionText(result) : errorText(result)}`
}
