import { EXIT } from './exit.ts'

/**
 * A terminal's Ctrl-C reaches this process directly and once more through `lifesign.mjs`. A signal that comes later
 * than this is a second one.
 */
const SAME_SIGNAL_MS = 500

/** The part of a process that signals reach and end. */
interface Signalled {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  exit(code: number): unknown
}

/**
 * Fires with the first Ctrl-C, so that a command can print its closing lines; a second one ends the process at once.
 * `ticks`: monotonic milliseconds.
 */
export function stopOnSignals(program: Signalled, ticks: () => number): AbortSignal {
  const stop = new AbortController()
  let first: number | undefined
  const onSignal = () => {
    first ??= ticks()
    if (ticks() - first > SAME_SIGNAL_MS) program.exit(EXIT.interrupted)
    stop.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) program.on(signal, onSignal)
  return stop.signal
}
