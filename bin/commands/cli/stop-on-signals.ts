import { onSignals, type Signalled } from '../../../local/support/on-signals.ts'

/**
 * Fires with the first Ctrl-C, so that a command can print its closing lines; a second one ends the process at once.
 * `ticks`: monotonic milliseconds.
 */
export function stopOnSignals(program: Signalled, ticks: () => number): AbortSignal {
  const stop = new AbortController()
  onSignals(program, () => stop.abort(), ticks)
  return stop.signal
}
