import { onTestFinished, vi } from 'vitest'

/**
 * The milliseconds of each timer that comes due from here to the end of the test. What code waits by itself is their sum
 * at most, however slow the machine is.
 */
export function timersDue(): number[] {
  const due: number[] = []
  const { setTimeout } = globalThis
  const timers = vi.spyOn(globalThis, 'setTimeout')
  onTestFinished(() => void timers.mockRestore())
  timers.mockImplementation((run, milliseconds = 0, ...more) =>
    setTimeout(() => {
      due.push(milliseconds)
      run(...more)
    }, milliseconds),
  )
  return due
}

export const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)
