/** Runs a function later; returns a function that cancels it. */
export type After = (milliseconds: number, run: () => void) => () => void

export const realAfter: After = (milliseconds, run) => {
  const timer = setTimeout(run, milliseconds).unref()
  return () => clearTimeout(timer)
}

const QUIET_MS = 2000

/**
 * Shows the first line of a kind at once. The lines of the same kind that follow within two seconds are only counted.
 * After the two seconds their number is shown, with the kind and without a task.
 */
export function makeRepeats(print: (text: string) => void, after: After) {
  const quiet = new Map<string, { more: number; callOff: () => void }>()

  function begin(kind: string): void {
    quiet.set(kind, { more: 0, callOff: after(QUIET_MS, () => end(kind)) })
  }

  function end(kind: string): void {
    const { more = 0 } = quiet.get(kind) ?? {}
    quiet.delete(kind)
    if (more === 0) return
    printRepeats(kind, more)
    begin(kind)
  }

  const printRepeats = (kind: string, more: number) =>
    print(`${kind}: ${more} more like this in the last ${QUIET_MS / 1000} s`)

  return {
    show(kind: string, text: string): void {
      const same = quiet.get(kind)
      if (same !== undefined) {
        same.more += 1
        return
      }
      print(text)
      begin(kind)
    },
    /** Prints the counts that were not printed yet. */
    close(): void {
      for (const [kind, { more, callOff }] of quiet) {
        callOff()
        if (more > 0) printRepeats(kind, more)
      }
      quiet.clear()
    },
  }
}
