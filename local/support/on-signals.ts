/**
 * A terminal's Ctrl-C reaches a program twice: from the terminal itself, and passed on by the program that started it
 * (npm, or `lifesign.mjs` on an older Node). A signal that comes later than this after the first is a second one.
 */
const SAME_SIGNAL_MS = 500
/** 128 and the number of SIGINT, as a shell has it. */
const INTERRUPTED = 130

/** The part of a process that signals reach and end. */
export interface Signalled {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  exit(code: number): unknown
}

/** Calls `stop` at the first SIGINT or SIGTERM. A second one ends the program at once. `ticks`: monotonic milliseconds. */
export function onSignals(program: Signalled, stop: () => void, ticks = () => performance.now()): void {
  let first: number | undefined
  const onSignal = () => {
    if (first === undefined) {
      first = ticks()
      stop()
    } else if (ticks() - first > SAME_SIGNAL_MS) program.exit(INTERRUPTED)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) program.on(signal, onSignal)
}
